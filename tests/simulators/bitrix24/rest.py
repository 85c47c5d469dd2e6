"""The REST methods of a portal that a gateway calls (bitrix24.md §8, §11)."""

from __future__ import annotations

import json
import threading
import time
import urllib.parse
from typing import Any

from bitrix24.effects import Effect, PortalTypeError, attributes_of
from bitrix24.store import Store
from common.http_server import Answer, Request, json_answer

VATS = (
    {'id': 1, 'name': 'Без НДС', 'active': 'Y', 'rate': None, 'sort': 100},
    {'id': 2, 'name': 'НДС 10%', 'active': 'Y', 'rate': 10, 'sort': 200},
    {'id': 3, 'name': 'НДС 22%', 'active': 'Y', 'rate': 22, 'sort': 300},
    {'id': 4, 'name': 'НДС 0%', 'active': 'Y', 'rate': 0, 'sort': 400},
)


class LeakyBucket:
    """Each request fills by one, drains `per_s`, is refused above `size` (§11.2)."""

    def __init__(self, size: float = 50, per_s: float = 2) -> None:
        self._size, self._per_s = size, per_s
        self._lock = threading.Lock()
        self._levels: dict[tuple[str, str], tuple[float, float]] = {}  # (portal, address) -> level, when

    def take(self, portal: str, address: str, now: float) -> bool:
        with self._lock:
            level, since = self._levels.get((portal, address), (0.0, now))
            level = max(0.0, level - (now - since) * self._per_s)
            taken = level + 1 <= self._size
            self._levels[portal, address] = (level + taken, now)
            return taken


def rest_error(status: int, code: str, text: str) -> Answer:
    return json_answer({'error': code, 'error_description': text}, status)


def rest_result(value: Any, **more: Any) -> Answer:
    now = time.time()
    return json_answer(
        {
            'result': value,
            **more,
            'time': {'start': now, 'finish': now, 'duration': 0.01, 'processing': 0.01, 'operating': 0},
        }
    )


def parameters_of(request: Request) -> dict[str, Any]:
    """Query and body, JSON or form; keys in upper case, at every level. Raises ValueError."""
    given: dict[str, Any] = dict(request.query)
    if 'json' in request.headers.get('content-type', ''):
        body = request.json()
        if not isinstance(body, dict):
            raise ValueError('the body is not an object')
        given |= body
    else:
        given |= dict(urllib.parse.parse_qsl(request.body.decode('utf-8'), keep_blank_values=True))
    parameters = _upper(given)
    parameters.pop('AUTH', None)  # a token is nothing for the ledger
    return parameters


def _upper(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.upper(): _upper(each) for key, each in value.items()}
    return [_upper(each) for each in value] if isinstance(value, list) else value


def vat_list() -> Answer:
    return rest_result({'vats': list(VATS)}, total=len(VATS))


def check_apply(store: Store, portal: str, parameters: dict[str, Any]) -> Answer:
    uuid = parameters.get('UUID')
    if not uuid:
        return rest_error(400, 'ERROR_CHECK_FAILURE', 'Parameter UUID is not defined')
    check = store.find(portal, str(uuid))
    if check is None:
        return rest_error(400, 'ERROR_CHECK_NOT_FOUND', 'Check not found')
    if parameters.get('STATUS') == 'ERROR':
        text = str(parameters.get('ERROR', ''))
        was_printed = check.state == 'Y'
        store.push(check, Effect('E', error=text))
        if was_printed:
            return rest_result(True)
        # The error reply is the success sign here.
        return rest_error(400, 'ERROR_CHECK_APPLY', f'Error while applying the check #{check.unique_id}: {text}')
    try:
        store.push(check, Effect('Y', attributes=attributes_of(parameters)))
    except PortalTypeError as error:
        return rest_error(500, 'INTERNAL_SERVER_ERROR', json.dumps(str(error)))
    return rest_result(True)
