#!/usr/bin/python3
"""What the finished binaries link, and what the objects of pure libraries were compiled from (what_links.py BUILD_DIR).

layers.py reads the CMake files; this reads what the build made of them: the NEEDED entries of an executable, the archives on its
command line, the headers behind each object. A library marked PURE is linked alone into a program of its own, build/*/links/NAME.
Faults that expected.txt names are let pass, as in main.py; check `links`.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cmake import Graph
from layers import SERVICE_WITHOUT, short
from main import ROOT, less_expected
from tree import Finding, Tree


@dataclass(frozen=True)
class Wire:
    shared: str = '$^'  # patterns; $^ is never found
    archive: str = '$^'
    header: str = '$^'


WIRES = {
    'gRPC': Wire(r'^libgrpc', r'libkassaflow_(grpc|rpc)\.a$', r'/include/(grpc|grpcpp)/'),
    'Kafka': Wire(r'^librdkafka', r'libkassaflow_kafka\.a$', r'/include/librdkafka/'),
    'PostgreSQL': Wire(r'^libpq', r'libkassaflow_postgres\.a$', r'/include/(pqxx|postgresql)/'),
    'Asio': Wire(header=r'/include/boost/asio/'),
    'HTTP': Wire(archive=r'libkassaflow_http\.a$', header=r'/include/boost/beast/'),
    'drivers': Wire(archive=r'libkassaflow_registers\.a$'),
    'the watcher': Wire(archive=r'libkassaflow_configuration\.a$'),
}
PURE_WITHOUT = ('gRPC', 'Kafka', 'PostgreSQL', 'Asio', 'HTTP')


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class Build:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def shared(self, program: str) -> list[str]:
        return re.findall(r'\(NEEDED\).*\[(.+)\]', run('readelf', '-d', str(self.folder / program)))

    def archives(self, program: str) -> list[str]:
        inputs = run('ninja', '-C', str(self.folder), '-t', 'inputs', program).splitlines()
        return [line.strip() for line in inputs if line.strip().endswith('.a')]

    def headers(self, target: str) -> dict[str, str]:
        """Header -> an object that was compiled with it, over all objects of a target."""
        found: dict[str, str] = {}
        name = ''
        for line in run('ninja', '-C', str(self.folder), '-t', 'deps').splitlines():
            if not line.startswith(' '):
                name = line.split(':')[0]
            elif f'/{target}.dir/' in name:
                found.setdefault(line.strip(), name)
        return found


def program(build: Build, name: str, without: tuple[str, ...], hint: str) -> Iterator[Finding]:
    shared, archives = build.shared(name), build.archives(name)
    for wire in without:
        guilty = [file for file in shared if re.search(WIRES[wire].shared, file)]
        guilty += [file for file in archives if re.search(WIRES[wire].archive, file)]
        if guilty:
            yield Finding(name, 1, 'links', wire, f'links {wire} ({", ".join(guilty)}); {hint}')


def pure(build: Build, target: str) -> Iterator[Finding]:
    name = f'links/{short(target)}'
    yield from program(build, name, PURE_WITHOUT, f'kassaflow::{short(target)} is marked PURE')
    headers = build.headers(target)
    if not headers:
        yield Finding(name, 1, 'links', 'objects', f'the build knows no object of {target}; build all of it first')
    for wire in PURE_WITHOUT:
        guilty = next((header for header in headers if re.search(WIRES[wire].header, header)), None)
        if guilty:
            yield Finding(name, 1, 'links', wire, f'{headers[guilty]} was compiled with {guilty} of {wire}; it is marked PURE')


def main(folder: str) -> int:
    tree, build = Tree(ROOT), Build(Path(folder))
    graph = Graph(tree)
    found: list[Finding] = []
    for service, links in SERVICE_WITHOUT.items():
        found += program(build, f'bin/{service}', tuple(dict.fromkeys(links.values())), 'ARCHITECTURE.md says without')
    for target in graph.targets.values():
        if target.pure:
            found += pure(build, target.name)
    left = sorted(set(less_expected(tree, found, {'links'})))
    for finding in left:
        print(finding)
    return 1 if left else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
