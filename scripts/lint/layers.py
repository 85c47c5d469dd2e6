"""Who may include and link whom. The layers are what DEPENDS in the CMake files says; there is no other list.

* No cycle among targets.
* A library includes and links no service (tests may); a service no other service; nobody reaches into another folder's private files.
* A file of a library's include/ or src/ includes another library's header only with a direct DEPENDS entry.
* A library marked PURE in CMake links and includes no wire (PURE_WITHOUT), nor a library that is not PURE.
* A service links no wire it must not know (SERVICE_WITHOUT): see what_links.py, which looks at the finished binaries.
"""

import posixpath
import re
from collections.abc import Iterator

from cmake import Graph, Target
from tree import Finding, Tree

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
OURS = re.compile(r'kassaflow/(\w+)/(.+)')

# Links and headers of a wire. The messages of Protocol Buffers are no wire.
PURE_WITHOUT_LINKS = {
    'PkgConfig::GRPC': 'gRPC', 'kassaflow_grpc': 'gRPC', 'PkgConfig::RDKAFKA': 'Kafka', 'PkgConfig::PQ': 'PostgreSQL',
    'PkgConfig::PQXX': 'PostgreSQL', 'kassaflow_http': 'http',
}  # fmt: skip
PURE_WITHOUT_HEADERS = {
    'boost/asio': 'Asio', 'boost/beast': 'http', 'grpc': 'gRPC', 'grpcpp': 'gRPC', 'librdkafka': 'Kafka',
    'libpq': 'PostgreSQL', 'pqxx': 'PostgreSQL',
}  # fmt: skip
# What the journal's and the drivers' absence is worth: ingress must go on without a database, kassactl is a tool.
SERVICE_WITHOUT = {
    'ingress': {'PkgConfig::PQ': 'PostgreSQL', 'PkgConfig::PQXX': 'PostgreSQL', 'kassaflow_postgres': 'PostgreSQL'},
    'kassactl': {'kassaflow_registers': 'drivers', 'kassaflow_configuration': 'the watcher', 'kassaflow_http': 'HTTP'},
}


def short(name: str) -> str:
    return name.removeprefix('kassaflow_')


def owner(path: str) -> str | None:
    """The folder a file belongs to: libs/fiscal, services/ingress; None outside of both."""
    parts = path.split('/')
    return '/'.join(parts[:2]) if len(parts) > 2 and parts[0] in ('libs', 'services') else None


def cycles(graph: Graph) -> Iterator[Finding]:
    told: set[frozenset[str]] = set()
    for target in graph.targets.values():
        way = graph.way(target.name, target.name)
        if way and frozenset(way) not in told:
            told.add(frozenset(way))
            circle = ' > '.join(short(name) for name in way)
            yield Finding(
                target.file, target.links[way[1]], 'layers', circle.replace(' ', ''),
                f'the libraries link each other in a circle: {circle}; move what both need into one below them',
            )  # fmt: skip


def links(graph: Graph) -> Iterator[Finding]:
    for target in graph.targets.values():
        if target.kind == 'test' or target.folder.startswith('tests/'):
            continue
        for name, line in target.links.items():
            to = graph.targets.get(name)
            if to is None or to.folder == target.folder or not to.folder.startswith('services/'):
                continue
            yield Finding(
                target.file, line, 'layers', f'{short(target.name)}>{name}',
                f'{target.folder} links {name} of {to.folder}: services stand above all and know no other service; '
                'move what is needed into a library',
            )  # fmt: skip


class Includes:
    def __init__(self, tree: Tree, graph: Graph) -> None:
        self.tree = tree
        self.graph = graph
        self.files = set(tree.files)
        self.libraries = {
            found[2]: found[1] for path in tree.files if (found := re.match(r'(libs/\w+)/include/kassaflow/(\w+)/', path))
        }

    def run(self) -> Iterator[Finding]:
        for path in self.tree.of_kind('cpp', 'hpp'):
            folder = owner(path)
            if folder is None:
                continue
            for number, text in enumerate(self.tree.text(path).splitlines(), 1):
                if found := INCLUDE.match(text):
                    yield from self.include(path, folder, number, found[1])

    def include(self, path: str, folder: str, line: int, name: str) -> Iterator[Finding]:
        if ours := OURS.fullmatch(name):
            to = self.library(ours[1], ours[2])
            if to is not None:
                yield from self.library_header(path, folder, line, to)
        elif other := self.foreign(path, folder, name):
            yield Finding(
                path, line, 'layers', f'{folder}>{other}',
                f'{folder} includes {name} of {other}: '
                + ('a service is nobody\'s library' if other.startswith('services/') else 'a private file of a library')
                + '; move it into a public header of a library below',
            )  # fmt: skip

    def library(self, part: str, rest: str) -> str | None:
        if part == 'v1':
            return 'kassaflow_grpc' if rest.endswith('.grpc.pb.h') else 'kassaflow_proto'
        folder = self.libraries.get(part)
        return next((target.name for target in self.graph.in_folder(folder) if target.kind == 'library'), None) if folder else None

    def library_header(self, path: str, folder: str, line: int, to: str) -> Iterator[Finding]:
        targets = self.graph.in_folder(folder)
        own = [target for target in targets if target.kind == 'library']
        if any(target.name == to for target in own):
            return
        within = path.removeprefix(folder + '/').split('/')[0]
        if folder.startswith('libs/') and within in ('include', 'src'):
            yield from self.of_library(path, folder, line, to, own, within)
            return
        reach = set().union(*(self.graph.closure(target.name) | {target.name} for target in targets)) if targets else set()
        if to not in reach:
            yield self.missing(path, folder, line, to)

    def of_library(
        self, path: str, folder: str, line: int, to: str, own: list[Target], within: str
    ) -> Iterator[Finding]:
        if not any(to in target.links or self.brings(target, to) for target in own):
            above = any(target.name in self.graph.closure(to) for target in own)
            yield self.above(path, folder, line, to) if above else self.missing(path, folder, line, to)
        elif within == 'include' and all(to in target.private_links for target in own):
            yield Finding(
                path, line, 'layers', f'{folder}>{short(to)}',
                f'a public header of {folder} includes {short(to)}, which is linked PRIVATE; name it in DEPENDS',
            )  # fmt: skip

    @staticmethod
    def above(path: str, folder: str, line: int, to: str) -> Finding:
        return Finding(
            path, line, 'layers', f'{folder}>{short(to)}',
            f'{folder} includes {short(to)}, which stands above it (it links {folder}); turn the call around, '
            'or move what both need below',
        )  # fmt: skip

    @staticmethod
    def brings(target: Target, to: str) -> bool:
        return to == 'kassaflow_proto' and 'kassaflow_grpc' in target.links  # the stubs and their messages are one

    @staticmethod
    def missing(path: str, folder: str, line: int, to: str) -> Finding:
        return Finding(
            path, line, 'layers', f'{folder}>{short(to)}',
            f'{folder} includes {short(to)} without linking it; add {to.replace("_", "::", 1)} to DEPENDS in '
            f'{folder}/CMakeLists.txt if it may know it',
        )  # fmt: skip

    def foreign(self, path: str, folder: str, name: str) -> str | None:
        """The other folder of libs/ or services/ that an include leads into; None for own files and the system's."""
        near = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        if near in self.files:
            return owner(near) if owner(near) != folder else None
        if any(f'{folder}/{root}{name}' in self.files for root in ('', 'src/', 'include/', 'testing/', 'tests/')):
            return None
        ends = [file for file in self.files if file == name or file.endswith(f'/{name}')]
        testing = [file for file in ends if '/testing/' in file]  # helpers for the tests of others, linked by name
        others = {owner(file) for file in ends if owner(file)} if not testing else set()
        return min((other for other in others if other and other != folder), default=None) if folder not in others else None


def purity(tree: Tree, graph: Graph) -> Iterator[Finding]:
    for target in graph.targets.values():
        if not target.pure:
            continue
        for name, wire in PURE_WITHOUT_LINKS.items():
            if way := graph.way(target.name, name):
                yield Finding(
                    target.file, target.links[way[1]], 'pure', f'{short(target.name)}>{name}',
                    f'{short(target.name)} is PURE and links {wire} by {" > ".join(map(short, way))}; take that out, or '
                    'the mark if the library is an edge',
                )  # fmt: skip
        for name, line in target.links.items():
            to = graph.targets.get(name)
            if to is not None and to.kind == 'library' and not to.pure:
                yield Finding(
                    target.file, line, 'pure', f'{short(target.name)}>{short(name)}',
                    f'{short(target.name)} is PURE and links {short(name)}, which is not; mark that one too, or do without it',
                )  # fmt: skip
        for path in tree.of_kind('cpp', 'hpp'):
            if owner(path) == target.folder and '/tests/' not in path:
                yield from pure_file(tree, path, target)


def pure_file(tree: Tree, path: str, target: Target) -> Iterator[Finding]:
    for number, text in enumerate(tree.text(path).splitlines(), 1):
        found = INCLUDE.match(text)
        for header, wire in PURE_WITHOUT_HEADERS.items():
            if found and re.match(rf'{header}[./]', found[1]):
                yield Finding(
                    path, number, 'pure', f'{short(target.name)}>{wire}',
                    f'{short(target.name)} is PURE and includes {found[1]} of {wire}; hand in what it needs as values',
                )  # fmt: skip


def services(graph: Graph) -> Iterator[Finding]:
    for service, without in SERVICE_WITHOUT.items():
        for name, wire in without.items():
            if way := graph.way(f'{service}_objs', name):
                target = graph.targets[way[0]]
                yield Finding(
                    target.file, target.links[way[1]], 'layers', f'{service}>{wire.replace(" ", "-")}',
                    f'{service} must do without {wire} and links it by {" > ".join(map(short, way))}; cut that chain',
                )  # fmt: skip


def check(tree: Tree) -> Iterator[Finding]:
    graph = Graph(tree)
    yield from cycles(graph)
    yield from links(graph)
    yield from Includes(tree, graph).run()
    yield from purity(tree, graph)
    yield from services(graph)
