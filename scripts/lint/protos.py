"""What protoc lets pass in .proto files: names, comments, and changes that an older reader or an older record would not survive.

The base of a comparison is where this branch left main; on main itself the commit before. Records of months stay in Kafka and in the
journal, and services of two versions run side by side, so a field's number keeps its type and its meaning for ever.

A break that is meant is named in proto/allowed-breaks.txt, `NAME why` a line; NAME is that of the finding or of what holds it:
kassaflow.v1.Register.protocol, kassaflow.v1.Register. Once the base has it, too, the line goes.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from changed import base, git
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorSet
from tree import Finding, Tree

FOLDER = 'proto'
ALLOWED = 'proto/allowed-breaks.txt'
CAMEL = re.compile(r'([A-Z][a-z0-9]*)+')
SNAKE = re.compile(r'[a-z][a-z0-9]*(_[a-z0-9]+)*')
UPPER = re.compile(r'[A-Z][A-Z0-9]*(_[A-Z0-9]+)*')


@dataclass
class Part:
    """A message, field, enum, value, service or method, under its full name."""

    kind: str
    said: Any  # its descriptor
    file: str
    line: int
    commented: bool
    parts: dict[str, 'Part'] = field(default_factory=dict)


class Schema:
    """All parts of the files below a folder, by full name."""

    def __init__(self, folder: Path) -> None:
        self.parts: dict[str, Part] = {}
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob('*.proto'))
        with tempfile.NamedTemporaryFile() as out:
            if files:
                subprocess.run(
                    ['protoc', '-I', str(folder), '--include_source_info', '-o', out.name, *files], check=True
                )
            described = FileDescriptorSet.FromString(Path(out.name).read_bytes())
        for file in described.file:
            self._places = {tuple(place.path): place for place in file.source_code_info.location}
            self._file = f'{FOLDER}/{file.name}'
            for number, message in enumerate(file.message_type):
                self._message(file.package, message, (4, number))
            for number, enum in enumerate(file.enum_type):
                self._enum(file.package, enum, (5, number))
            for number, service in enumerate(file.service):
                name = self._add(file.package, 'service', service, (6, number))
                for at, method in enumerate(service.method):
                    self._add(name, 'method', method, (6, number, 2, at))

    def _add(self, owner: str, kind: str, said: Any, path: tuple[int, ...]) -> str:
        name = f'{owner}.{said.name}'
        place = self._places.get(path)
        line = place.span[0] + 1 if place else 1
        commented = bool(place and (place.leading_comments.strip() or place.trailing_comments.strip()))
        part = Part(kind, said, self._file, line, commented)
        self.parts[name] = part
        if owner in self.parts:
            self.parts[owner].parts[name] = part
        return name

    def _message(self, owner: str, message: Any, path: tuple[int, ...]) -> None:
        name = self._add(owner, 'message', message, path)
        for number, field_ in enumerate(message.field):
            self._add(name, 'field', field_, (*path, 2, number))
        for number, nested in enumerate(message.nested_type):
            if not nested.options.map_entry:
                self._message(name, nested, (*path, 3, number))
        for number, enum in enumerate(message.enum_type):
            self._enum(name, enum, (*path, 4, number))

    def _enum(self, owner: str, enum: Any, path: tuple[int, ...]) -> None:
        name = self._add(owner, 'enum', enum, path)
        for number, value in enumerate(enum.value):
            self._add(name, 'value', value, (*path, 2, number))


CASES = {
    'message': (CAMEL, 'CamelCase'), 'enum': (CAMEL, 'CamelCase'), 'service': (CAMEL, 'CamelCase'), 'method': (CAMEL, 'CamelCase'),
    'field': (SNAKE, 'snake_case'), 'value': (UPPER, 'UPPER_CASE'),
}  # fmt: skip


def style(schema: Schema) -> Iterator[Finding]:
    for name, part in schema.parts.items():
        pattern, words = CASES[part.kind]
        if not pattern.fullmatch(part.said.name):
            yield Finding(part.file, part.line, 'proto', name, f'the {part.kind} {name} is not written in {words}; rename it')
        # What a method is given and answers is explained by the method.
        is_call = part.kind == 'message' and part.said.name.endswith(('Request', 'Response'))
        if part.kind in ('message', 'enum') and not is_call and not part.commented:
            yield Finding(
                part.file, part.line, 'proto', name,
                f'the {part.kind} {name} has no comment; say above it what it is for and in which units',
            )  # fmt: skip
        if part.kind == 'enum' and not part.said.value[0].name.endswith('_UNSPECIFIED'):
            yield Finding(
                part.file, part.line, 'proto', name,
                f'the first value of {name} is {part.said.value[0].name}; an omitted field reads as it, so name it …_UNSPECIFIED',
            )  # fmt: skip


def form(said: Any) -> tuple[object, ...]:
    """What the bytes of a field depend on. A proto3 `optional` makes a oneof of its own, which changes no byte."""
    own = said.HasField('oneof_index') and not said.proto3_optional
    return said.type, said.type_name, said.label == FieldDescriptorProto.LABEL_REPEATED, own


def numbers(part: Part) -> dict[int, tuple[str, Part]]:
    return {each.said.number: (name, each) for name, each in part.parts.items() if each.kind in ('field', 'value')}


def reserved(part: Part) -> set[int]:
    last = 0 if part.kind == 'message' else 1  # the end of a range is exclusive in messages, inclusive in enums
    ranges: Iterable[Any] = part.said.reserved_range
    return {number for each in ranges for number in range(each.start, min(each.end + last, each.start + 10_000))}


def breaks(old: Schema, new: Schema) -> Iterator[tuple[str, str, int, str]]:
    """Full name of what breaks, file, line, and what is wrong."""
    for name, before in old.parts.items():
        after = new.parts.get(name)
        if before.kind in ('message', 'enum', 'service', 'method'):
            if after is None or after.kind != before.kind:
                if name.rpartition('.')[0] in new.parts or name.rpartition('.')[0] not in old.parts:
                    yield name, before.file, 1, f'the {before.kind} {name} is gone; keep it'
            elif before.kind in ('message', 'enum'):
                yield from breaks_within(name, before, after)
            elif before.kind == 'method' and signature(before) != signature(after):
                yield name, after.file, after.line, f'{name} takes or answers something else; add a method instead'


def signature(method: Part) -> tuple[object, ...]:
    said = method.said
    return said.input_type, said.output_type, said.client_streaming, said.server_streaming


def breaks_within(name: str, before: Part, after: Part) -> Iterator[tuple[str, str, int, str]]:
    now, kept = numbers(after), reserved(after)
    for number, (old_name, old) in numbers(before).items():
        if number not in now:
            if number not in kept:
                yield old_name, after.file, after.line, f'number {number} of {old_name} is free again; write `reserved {number};` in {name}'
            continue
        new_name, new = now[number]
        if new_name != old_name:
            yield new_name, new.file, new.line, f'number {number} was {old_name}; take a new number and reserve {number}'
        elif old.kind == 'field' and form(old.said) != form(new.said):
            yield new_name, new.file, new.line, f'{new_name} changed its type; add a field with a new number and reserve {number}'
    for number in reserved(before) - kept:
        what = f'is taken by {now[number][0]}' if number in now else 'is no longer reserved'
        yield name, after.file, after.line, f'number {number} of {name} {what}; it was reserved, for old records may hold it'


def schema_of(tree: Tree, commit: str) -> Schema | None:
    """None when there is no such commit here, or it had no .proto files."""
    files = [name for name in git(tree, 'ls-tree', '-r', '--name-only', commit, FOLDER) if name.endswith('.proto')]
    with tempfile.TemporaryDirectory() as folder:
        for name in files:
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).write_text('\n'.join(git(tree, 'show', f'{commit}:{name}')) + '\n', encoding='utf-8')
        return Schema(Path(folder) / FOLDER) if files else None


def allowed(tree: Tree) -> dict[str, int]:
    lines = tree.text(ALLOWED).splitlines() if (tree.root / ALLOWED).exists() else []
    return {line.split()[0]: number for number, line in enumerate(lines, 1) if line.strip() and not line.startswith('#')}


def unreasoned(tree: Tree, names: dict[str, int]) -> Iterator[Finding]:
    lines = tree.text(ALLOWED).splitlines() if names else []
    for name, number in names.items():
        if len(lines[number - 1].split()) < 2:
            yield Finding(ALLOWED, number, 'proto', name, f'{name} may break, but the line does not say why')


def check(tree: Tree) -> Iterator[Finding]:
    if not (tree.root / FOLDER).is_dir():
        return
    new = Schema(tree.root / FOLDER)
    yield from style(new)
    names = allowed(tree)
    yield from unreasoned(tree, names)
    used: set[str] = set()
    old = schema_of(tree, base(tree))
    for name, file, line, message in breaks(old, new) if old else ():
        cover = {known for known in names if name == known or name.startswith(known + '.')}
        used |= cover
        if not cover:
            yield Finding(file, line, 'proto', name, f'{message}; or allow it in {ALLOWED} and say why')
    for name in names.keys() - used:
        yield Finding(ALLOWED, names[name], 'proto', name, f'{name} breaks nothing any more: take this line out')
