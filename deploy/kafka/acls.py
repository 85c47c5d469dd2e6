#!/usr/bin/python3
"""Gives the users that acls.txt names the rights that stand there, and takes all others away from them. Exit code 1 when the
brokers refuse, or do not answer in time. Debian's confluent_kafka knows no ACLs, so this calls librdkafka itself."""

import argparse
import ctypes
import pathlib
import sys
import time
from typing import Any, NamedTuple

from properties import read

# rdkafka.h
KINDS = {'topic': 2, 'group': 3}
OPERATIONS = {'read': 3, 'write': 4, 'describe_configs': 10}
ANY, LITERAL, PREFIXED, ALLOW = 1, 3, 4, 3
PRODUCER = 0
REQUEST_MS = 10_000

Pointer, Int, Text, Count = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t
BINDING = (Int, Text, Int, Text, Text, Int, Int, Text, Count)  # kind, name, pattern, principal, host, operation, permission, why
FUNCTIONS: dict[str, tuple[Any, ...]] = {  # result, arguments
    'conf_new': (Pointer,),
    'conf_set': (Int, Pointer, Text, Text, Text, Count),
    'new': (Pointer, Int, Pointer, Text, Count),
    'queue_new': (Pointer, Pointer),
    'queue_poll': (Pointer, Pointer, Int),
    'event_error_string': (Text, Pointer),
    'event_error': (Int, Pointer),
    'event_destroy': (None, Pointer),
    'AclBinding_new': (Pointer, *BINDING),
    'AclBindingFilter_new': (Pointer, *BINDING),
    'CreateAcls': (None, Pointer, ctypes.POINTER(Pointer), Count, Pointer, Pointer),
    'DeleteAcls': (None, Pointer, ctypes.POINTER(Pointer), Count, Pointer, Pointer),
    'DescribeAcls': (None, Pointer, Pointer, Pointer, Pointer),
    'event_DescribeAcls_result': (Pointer, Pointer),
    'DescribeAcls_result_acls': (ctypes.POINTER(Pointer), Pointer, ctypes.POINTER(Count)),
    'AclBinding_restype': (Int, Pointer),
    'AclBinding_name': (Text, Pointer),
    'AclBinding_resource_pattern_type': (Int, Pointer),
    'AclBinding_principal': (Text, Pointer),
    'AclBinding_host': (Text, Pointer),
    'AclBinding_operation': (Int, Pointer),
    'AclBinding_permission_type': (Int, Pointer),
}


class Right(NamedTuple):
    kind: int
    name: bytes
    pattern: int
    principal: bytes
    host: bytes
    operation: int
    permission: int


def written(path: pathlib.Path) -> set[Right]:
    rights = set()
    for line in path.read_text().splitlines():
        if not line or line.startswith('#'):
            continue
        user, operations, kind, name = line.split()
        pattern = PREFIXED if name.endswith('*') else LITERAL
        for operation in operations.split(','):
            rights.add(
                Right(
                    KINDS[kind], name.removesuffix('*').encode(), pattern, f'User:{user}'.encode(), b'*',
                    OPERATIONS[operation], ALLOW,
                )
            )  # fmt: skip
    return rights


class Brokers:
    def __init__(self, properties: dict[str, str]) -> None:
        library = ctypes.CDLL('librdkafka.so.1')
        self._call: dict[str, Any] = {}
        for name, (result, *arguments) in FUNCTIONS.items():
            function = self._call[name] = library[f'rd_kafka_{name}']
            function.restype, function.argtypes = result, arguments
        why = ctypes.create_string_buffer(512)
        conf = self._call['conf_new']()
        for name, value in {**properties, 'log_level': '0'}.items():
            if self._call['conf_set'](conf, name.encode(), value.encode(), why, len(why)):
                sys.exit(f'{name}: librdkafka does not take it')  # its own words may quote a password
        self._kafka = self._call['new'](PRODUCER, conf, why, len(why))
        if not self._kafka:
            sys.exit(why.value.decode())
        self._queue = self._call['queue_new'](self._kafka)

    def rights(self) -> set[Right]:
        everything = self._call['AclBindingFilter_new'](ANY, None, ANY, None, None, ANY, ANY, None, 0)
        self._call['DescribeAcls'](self._kafka, everything, None, self._queue)
        event, count = self._answer(), Count()
        result = self._call['event_DescribeAcls_result'](event)
        acls = self._call['DescribeAcls_result_acls'](result, ctypes.byref(count))
        fields = ('restype', 'name', 'resource_pattern_type', 'principal', 'host', 'operation', 'permission_type')
        found = {Right(*(self._call[f'AclBinding_{each}'](acls[i]) for each in fields)) for i in range(count.value)}
        self._call['event_destroy'](event)
        return found

    def give(self, rights: set[Right]) -> None:
        self._change('CreateAcls', 'AclBinding_new', rights)

    def take(self, rights: set[Right]) -> None:
        self._change('DeleteAcls', 'AclBindingFilter_new', rights)

    def _change(self, request: str, make: str, rights: set[Right]) -> None:
        if not rights:
            return
        list_of = (Pointer * len(rights))(*(self._call[make](*right, None, 0) for right in rights))
        self._call[request](self._kafka, list_of, len(rights), None, self._queue)
        self._call['event_destroy'](self._answer())

    def _answer(self) -> int:
        event = self._call['queue_poll'](self._queue, REQUEST_MS)
        if not event:
            sys.exit('the brokers do not answer')
        if self._call['event_error'](event):
            sys.exit(self._call['event_error_string'](event).decode())
        return event


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--config', required=True, help="file of librdkafka's properties, of an administrator")
    arguments.add_argument('--timeout', type=float, default=60, help='seconds')
    options = arguments.parse_args()
    wanted = written(pathlib.Path(__file__).with_name('acls.txt'))
    users = {right.principal for right in wanted}
    brokers, deadline = Brokers(read(options.config)), time.monotonic() + options.timeout
    while (present := {right for right in brokers.rights() if right.principal in users}) != wanted:
        if time.monotonic() > deadline:
            sys.exit('the brokers did not take the rights')
        brokers.give(wanted - present)
        brokers.take(present - wanted)


if __name__ == '__main__':
    main()
