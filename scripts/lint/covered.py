"""No source escapes its linter.

Formatters and linters take their files from `main.py list KIND`, so a file of a known kind is always read by its own. What could
escape: a kind nobody knows, a .cpp that no CMake file names (clang-tidy and the warnings of the compiler never see it), a header
that nobody includes, a part of a shell script that nobody sources, and a switch that turns a tool off without a reason.
"""

import re
from collections.abc import Iterator

from cmake import Graph
from layers import INCLUDE
from tree import Finding, Tree

OTHER_SOURCES = re.compile(r'\.(c|cc|cxx|c\+\+|h|hh|hxx|ipp|inl|bash|zsh|pyi|pyx|pl|js|ts|go|rs)$')
SWITCHES = re.compile(
    r'clang-format off|\bNOLINT\w*|shellcheck disable'
    r'|#\s*(?:type:\s*ignore|noqa|fmt:\s*off|mypy:\s*ignore-errors|ruff:\s*noqa)'
)
# A reason stands behind the switch, after what it names: "NOLINT(check): why", "noqa: E402  # why"; or on the line before.
REASON = re.compile(r'(?:NOLINT\w*\([\w.,*-]+\)\s*:\s*\S|(?:ignore|noqa|disable|off)\S*[^#]*#\s*\S|off:\s*\S)')


def switches(tree: Tree, path: str) -> Iterator[Finding]:
    lines = tree.text(path).splitlines()
    for number, text in enumerate(lines, 1):
        if not (found := SWITCHES.search(text)) or REASON.search(text[found.start() :]):
            continue
        yield Finding(
            path, number, 'covered', found[0],
            f'`{found[0]}` turns a linter off without a reason; mend the code, or say why behind it',
        )  # fmt: skip


def check(tree: Tree) -> Iterator[Finding]:
    compiled = Graph(tree).sources
    included = {
        name.split('/')[-1]
        for path in tree.of_kind('cpp', 'hpp')
        for line in tree.text(path).splitlines()
        for name in INCLUDE.findall(line)
    }
    sourced = ' '.join(line for path in tree.of_kind('shell') for line in re.findall(r'^source (.+)$', tree.text(path), re.M))
    for path in tree.files:
        kind = tree.kind(path)
        if kind is None and OTHER_SOURCES.search(path):
            yield Finding(path, 1, 'covered', 'kind', 'no linter reads this kind of file; write it in one that has a linter')
        if kind == 'cpp' and path not in compiled and not glob_compiled(path):
            yield Finding(
                path, 1, 'covered', 'compiled',
                'no CMakeLists.txt names this file, so no compiler and no clang-tidy reads it; add it to SOURCES or delete it',
            )  # fmt: skip
        if kind == 'hpp' and path.split('/')[-1] not in included:
            yield Finding(path, 1, 'covered', 'included', 'nobody includes this header, so clang-tidy never reads it; delete it')
        if kind == 'shell' and not tree.text(path).startswith('#!') and path not in sourced:
            yield Finding(
                path, 1, 'covered', 'sourced',
                'no script sources this part, so shellcheck never reads it; source it, or give it a first line `#!`',
            )  # fmt: skip
        if kind and not path.startswith(('scripts/lint/', 'tests/lint/')):
            yield from switches(tree, path)


def glob_compiled(path: str) -> bool:
    return path.startswith('tests/fuzz/targets/')  # its CMakeLists.txt makes the names from its list of fuzz targets
