"""Which .cpp files clang-tidy must read after a change: those that changed, and one that includes each header that did."""

import subprocess
from pathlib import PurePosixPath

from layers import INCLUDE
from tree import Tree


def git(tree: Tree, *arguments: str) -> list[str]:
    done = subprocess.run(['git', *arguments], cwd=tree.root, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def base(tree: Tree) -> str:
    """Where this branch left main; on main itself, and where there is no main, the commit before the last."""
    head = git(tree, 'rev-parse', 'HEAD')
    for main in ('main', 'origin/main'):
        found = git(tree, 'merge-base', main, 'HEAD')
        if found and found != head:
            return found[0]
    return 'HEAD~1'


def changed(tree: Tree) -> set[str]:
    return {*git(tree, 'diff', '--name-only', base(tree)), *git(tree, 'ls-files', '--others', '--exclude-standard')}


def included(tree: Tree, source: str) -> set[str]:
    return {found[1].split('/')[-1] for line in tree.text(source).splitlines() if (found := INCLUDE.match(line))}


def to_tidy(tree: Tree) -> list[str]:
    names = changed(tree)
    sources = tree.of_kind('cpp')
    wanted = names & set(sources)
    readers = {source: included(tree, source) for source in sources}
    for header in names & set(tree.of_kind('hpp')):
        name = PurePosixPath(header).name
        including = [source for source, includes in readers.items() if name in includes]
        own = [source for source in including if PurePosixPath(source).stem == PurePosixPath(header).stem]
        wanted |= set((own or including)[:1])
    return sorted(wanted)
