"""Each mutant of tests/mutants still applies: a protection that moved takes its mutant with it (`./dev mutants`)."""

import subprocess
from collections.abc import Iterator

from tree import Finding, Tree


def check(tree: Tree) -> Iterator[Finding]:
    for path in tree.files:
        if not path.startswith('tests/mutants/') or not path.endswith('.patch'):
            continue
        done = subprocess.run(
            ['git', 'apply', '--check', path], cwd=tree.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode != 0:
            yield Finding(path, 1, 'mutant', 'applies', f'no longer applies; make it anew: {done.stdout.splitlines()[0]}')
