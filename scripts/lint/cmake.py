"""What CMakeLists.txt files say: targets, the folders they stand in, what they link."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tree import Tree

COMMAND = re.compile(r'(\w+)\s*\(')
TOKEN = re.compile(r'"[^"]*"|[()]|[^\s()"]+')
KEYWORDS = {'SOURCES', 'DEPENDS', 'LIBS', 'LABEL', 'PURE', 'PUBLIC', 'PRIVATE', 'INTERFACE', 'STATIC'}


@dataclass
class Target:
    name: str
    folder: str
    file: str
    line: int
    kind: str  # library, service, test or other
    pure: bool = False
    links: dict[str, int] = field(default_factory=dict)  # name -> line of the CMake file
    private_links: set[str] = field(default_factory=set)


def commands(text: str) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """Each command with its arguments, and the line of each argument."""
    text = re.sub(r'#[^\n]*', '', text)
    position = 0
    while found := COMMAND.search(text, position):
        depth, arguments = 1, []
        position = found.end()
        while depth:
            token = TOKEN.search(text, position)
            if token is None:
                return
            position = token.end()
            depth += {'(': 1, ')': -1}.get(token[0], 0)
            if token[0] not in '()':
                arguments.append((token[0].strip('"'), text.count('\n', 0, token.start()) + 1))
        yield found[1], arguments


def path_of(folder: str, word: str) -> str:
    root = '${CMAKE_SOURCE_DIR}/'
    return word.removeprefix(root) if word.startswith(root) else f'{folder}/{word}'


def canonical(name: str) -> str:
    return name.replace('kassaflow::', 'kassaflow_')


class Graph:
    """All targets of the tree by canonical name ("kassaflow_fiscal", "ingress_objs")."""

    def __init__(self, tree: Tree) -> None:
        self.targets: dict[str, Target] = {}
        self.sources: set[str] = set()  # source files that some target names
        for file in tree.files:
            if PurePosixPath(file).name == 'CMakeLists.txt' or file.endswith('.cmake'):
                self._read(file, tree.text(file))

    def _read(self, file: str, text: str) -> None:
        folder = str(PurePosixPath(file).parent)
        for command, arguments in commands(text):
            if not arguments:
                continue
            (name, line), rest = arguments[0], arguments[1:]
            self.sources |= {path_of(folder, word) for word, _ in rest if word.endswith('.cpp')}
            if command == 'kassaflow_library':
                self._add(Target(canonical(f'kassaflow::{name}'), folder, file, line, 'library'), rest)
            elif command == 'kassaflow_service':
                self._add(Target(f'{name}_objs', folder, file, line, 'service'), rest)
                self._add(Target(name, folder, file, line, 'service', links={f'{name}_objs': line}), [])
                self.sources.add(f'{folder}/main.cpp')
            elif command == 'kassaflow_test':
                self._add(Target(name, folder, file, line, 'test'), rest)
            elif command in ('add_library', 'add_executable') and not any(word == 'ALIAS' for word, _ in rest):
                self._add(Target(name, folder, file, line, 'other'), [])
            elif command == 'target_link_libraries' and canonical(name) in self.targets:
                self._link(self.targets[canonical(name)], rest, 'PUBLIC')

    def _add(self, target: Target, rest: list[tuple[str, int]]) -> None:
        target.pure = any(word == 'PURE' for word, _ in rest)
        self.targets[target.name] = target
        self._link(target, rest, '')

    @staticmethod
    def _link(target: Target, words: list[tuple[str, int]], part: str) -> None:
        for word, line in words:
            if word in KEYWORDS:
                part = word
            elif part in ('DEPENDS', 'LIBS', 'PUBLIC', 'PRIVATE', 'INTERFACE'):
                target.links[canonical(word)] = line
                if part == 'PRIVATE':
                    target.private_links.add(canonical(word))

    def closure(self, name: str) -> set[str]:
        """What a target links, and what that links; without the target itself unless there is a cycle."""
        seen: set[str] = set()
        waiting = list(self.targets[name].links) if name in self.targets else []
        while waiting:
            link = waiting.pop()
            if link not in seen:
                seen.add(link)
                waiting += self.targets[link].links if link in self.targets else []
        return seen

    def way(self, start: str, end: str) -> list[str]:
        """The shortest chain of links from one target to another; [] when there is none."""
        ways = [[start]]
        seen = {start}
        for way in ways:
            links = self.targets[way[-1]].links if way[-1] in self.targets else {}
            for link in links:
                if link == end:
                    return [*way, link]
                if link not in seen:
                    seen.add(link)
                    ways.append([*way, link])
        return []

    def in_folder(self, folder: str) -> list[Target]:
        return [target for target in self.targets.values() if target.folder == folder]
