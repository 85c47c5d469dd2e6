"""No two kinds of errors have the same name: logs, metrics and journals tell them apart by it.

That a name is well-formed, and that a code is one of the kinds, the compiler sees to (libs/base, result.hpp). Tests may
make kinds of their own.
"""

import re
from collections.abc import Iterator

from tree import Finding, Tree

COMMENT = re.compile(r'//[^\n]*')
KIND = re.compile(r'\bErrorKind\s+\w+\s*\{\s*"([^"]*)"')


def check(tree: Tree) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for path in tree.of_kind('cpp', 'hpp'):
        if not path.startswith(('libs/', 'services/')) or '/tests/' in path:
            continue
        text = COMMENT.sub('', tree.text(path))
        for kind in KIND.finditer(text):
            line = text.count('\n', 0, kind.start()) + 1
            if kind[1] in first:
                yield Finding(
                    path, line, 'error-name', kind[1],
                    f'declares the error {kind[1]}, which stands at {first[kind[1]]} already; use that one, or choose another name',
                )  # fmt: skip
            first.setdefault(kind[1], f'{path}:{line}')
