#!/usr/bin/python3
"""./dev mutants [NAME...]: takes one protection away after the other and shows which seed or test misses it.

Each of tests/mutants/*.patch is applied to a copy of the last commit, built, and run: seeds of the simulation first, then the tests of
the heart. A mutant that nothing notices is a survivor: exit code 1.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATCHES = ROOT / 'tests/mutants'
TREE = ROOT / 'build/mutants'
SEEDS = ('--seed', '1', '--seeds', '120', '--receipts', '200')
TESTS = (('receipts_test',), ('fiscalizer_test',), ('journal_test', '--gtest_filter=*memory*'))
RUN_LIMIT_S = 300


def run(*command: str, limit_s: int | None = None) -> tuple[int, str]:
    try:
        done = subprocess.run(command, cwd=TREE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired as late:
        return 1, (late.stdout or b'').decode(errors='replace')
    return done.returncode, done.stdout.decode(errors='replace')


def must(*command: str) -> None:
    code, output = run(*command)
    if code != 0:
        sys.exit(f'{" ".join(command)}:\n{output[-4000:]}')


def build(target: str) -> str:
    """What the compiler refused; empty when it was built."""
    code, output = run('cmake', '--build', '--preset', 'release', '--target', target)
    return '' if code == 0 else next((line for line in output.splitlines() if 'error:' in line), output[-300:])


def who_misses_it() -> str:
    if refused := build('simulate'):
        return f'the compiler: {refused}'
    code, output = run('build/release/tests/simulate', *SEEDS, limit_s=RUN_LIMIT_S)
    if code != 0:
        seeds = re.findall(r'^seed (\d+): (.*)', output, re.M)
        if not seeds:
            return 'the simulation'
        return f'{output.count(" went wrong: ")} of {SEEDS[3]} seeds, e.g. {seeds[0][0]}: {seeds[0][1][:70]}'
    for test in TESTS:
        if refused := build(test[0]):
            return f'the compiler: {refused}'
        code, output = run(f'build/release/tests/{test[0]}', *test[1:], '--gtest_brief=1', limit_s=RUN_LIMIT_S)
        if code != 0:
            failed = re.findall(r'^\[  FAILED  \] (\S+)', output, re.M)
            return f'{test[0]} {failed[0].rstrip(",")}' if failed else f'{test[0]} ends or hangs'
    return ''


def main(names: list[str]) -> int:
    patches = [patch for patch in sorted(PATCHES.glob('*.patch')) if not names or patch.stem in names]
    if not patches:
        sys.exit(f'no such mutant in {PATCHES.relative_to(ROOT)}')
    if TREE.exists():
        commit = subprocess.check_output(['git', 'rev-parse', 'HEAD'], cwd=ROOT, text=True).strip()
        must('git', 'checkout', '-q', '--force', '--detach', commit)
    else:
        subprocess.run(['git', 'worktree', 'prune'], cwd=ROOT, check=True)
        subprocess.run(['git', 'worktree', 'add', '-q', '--force', '--detach', str(TREE)], cwd=ROOT, check=True)
    must('cmake', '--preset', 'release')
    if noticed := who_misses_it():
        sys.exit(f'the unchanged tree fails already: {noticed}')
    survivors = 0
    for patch in patches:
        rule = patch.read_text().split('.')[0]
        must('git', 'apply', str(patch))
        noticed = who_misses_it()
        must('git', 'checkout', '-q', '--force', '.')
        survivors += not noticed
        print(f'{patch.stem:26} {rule:8} {noticed or "SURVIVES"}', flush=True)
    print(f'{len(patches)} mutants, {survivors} survive')
    return 1 if survivors else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
