"""A protocol's name stands in its own folder and in the list of protocols; no other production code says it.

The names are the folders of libs/registers/src but `common`. A name counts as a word of an identifier or of a string:
`itkassa_poll`, `ItkassaRegister`, "bit.kktToken". Comments may say it. Tests, the proto, CMake, docs, deploy and scripts may as well.
"""

import re
from collections.abc import Iterator

from tree import Finding, Tree

DRIVERS = 'libs/registers/src/'
LIST_OF_PROTOCOLS = ('libs/registers/src/protocols.cpp', 'libs/registers/src/protocols.hpp')
NO_PROTOCOL = {'common'}

TOKEN = re.compile(
    r'(?P<comment>//[^\n]*|/\*.*?\*/)'
    r'|(?P<standard>\bstd::\w+|#include <\w+>|\bvirtual\b)'  # words of C++ itself: std::bit_ceil, virtual
    r'|(?P<text>R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'|<[\w./-]+\.(?:hpp|h)>)'
    r'|(?P<name>[A-Za-z_]\w*)',
    re.S,
)
WORD = re.compile(r'[A-Z]+(?![a-z])|[A-Z]?[a-z]+')


def protocols(tree: Tree) -> set[str]:
    return {path.removeprefix(DRIVERS).split('/')[0] for path in tree.files if re.match(rf'{DRIVERS}\w+/', path)} - NO_PROTOCOL


def said(text: str, names: set[str]) -> Iterator[tuple[str, int]]:
    """Each protocol name in code and strings, with its line."""
    for token in TOKEN.finditer(text):
        if token['comment'] or token['standard']:
            continue
        for word in {found.lower() for found in WORD.findall(token[0])} & names:
            yield word, text.count('\n', 0, token.start()) + 1


def check(tree: Tree) -> Iterator[Finding]:
    names = protocols(tree)
    for path in tree.of_kind('cpp', 'hpp'):
        if not path.startswith(('libs/', 'services/')) or '/tests/' in path or path in LIST_OF_PROTOCOLS:
            continue
        folder = path.removeprefix(DRIVERS).split('/')[0] if path.startswith(DRIVERS) else ''
        for name, line in said(tree.text(path), names - {folder}):
            yield Finding(
                path, line, 'protocol-name', name,
                f'names the protocol {name} outside of {DRIVERS}{name}/; ask its description for what is special about it',
            )  # fmt: skip
