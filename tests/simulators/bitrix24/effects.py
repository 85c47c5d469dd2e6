"""What an answer of PRINT_URL or CHECK_URL does to a check: the tables of bitrix24.md §6 and §7. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from bitrix24.portal_client import Reply

ATTRIBUTES = (
    'REG_NUMBER_KKT',
    'FISCAL_DOC_ATTR',
    'FISCAL_DOC_NUMBER',
    'FISCAL_RECEIPT_NUMBER',
    'FN_NUMBER',
    'SHIFT_NUMBER',
    'PRINT_END_TIME',
)


class PortalTypeError(Exception):
    """A PHP TypeError: the run dies, the check stays as it is."""


@dataclass(frozen=True)
class Effect:
    state: str  # N, P, Y, E; '' = unchanged
    uuid: str | None = None  # None = the stored one stays
    error: str = ''
    malfunction: bool = False  # Y although nobody said DONE
    attributes: dict[str, Any] = field(default_factory=dict)


def _decoded(reply: Reply) -> dict[str, Any] | None:
    """The answer's object with upper-case keys; {} for a status other than 200; None when it cannot be decoded."""
    if reply.status != 200:
        return {}
    try:
        value = json.loads(reply.body.decode('utf-8'))  # a leading BOM is an error, as in PHP
    except ValueError:
        return None
    if isinstance(value, list):
        return {str(index): each for index, each in enumerate(value)}
    if not isinstance(value, dict):
        raise PortalTypeError(f'{value!r} where an object was expected')
    return {key.upper(): each for key, each in value.items()}


def of_print(reply: Reply | None, problem: str) -> Effect:
    """`reply` None: the transport failed with `problem`."""
    if reply is None:
        return Effect('E', error=problem)
    answer = _decoded(reply)
    if answer is None:
        return Effect('E', error='Response decoding error')
    errors = answer.get('ERRORS')
    if isinstance(errors, dict):
        errors = list(errors.values())
    if isinstance(errors, list) and errors:
        return Effect('E', error='\n'.join(str(each) for each in errors))
    if answer.get('UUID') is not None:
        return Effect('P', uuid=str(answer['UUID'])[:100])
    return Effect(
        'P', uuid='' if answer else None
    )  # hangs in P; a non-empty answer overwrites an earlier UUID (§14, 16)


def of_check(reply: Reply | None) -> Effect:
    answer = _decoded(reply) if reply is not None else None
    if not answer:
        return Effect('Y', malfunction=True, attributes=dict.fromkeys(ATTRIBUTES))
    status = answer.get('STATUS')
    if status == 'WAIT':
        return Effect('P')
    if status == 'ERROR':
        return Effect('E', error=str(answer.get('ERROR', '')))
    return Effect('Y', malfunction=status != 'DONE', attributes=attributes_of(answer))


def attributes_of(answer: dict[str, Any]) -> dict[str, Any]:
    attributes = {name: answer.get(name) for name in ATTRIBUTES}
    moment = attributes['PRINT_END_TIME']
    try:
        attributes['PRINT_END_TIME'] = 0 if moment is None else int(float(moment))
    except ValueError as error:
        raise PortalTypeError('PRINT_END_TIME is not numeric') from error
    return attributes
