#!/usr/bin/python3
"""Bitrix24 portals: see README.md and bitrix24.md."""

from __future__ import annotations

import pathlib
import sys
import threading
import time
from dataclasses import asdict
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from bitrix24 import form, rest
from bitrix24.store import Check, Refused, Store
from common.faults import Fault
from common.http_server import HANG_UP, Answer, Request, json_answer
from common.simulator import Simulator, main

FAULTS: dict[str, dict[str, Any]] = {
    'http_status': {'status': 500, 'body': ''},
    'slow': {'delay_s': 1.0},
    'redirect': {'location': None},
    'offline': {},
    'operation_time_limit': {},
    'drop_after_apply': {},
    'access_denied': {},
    'expired_token': {},
}


class PortalSimulator(Simulator):
    def __init__(self, state_dir: pathlib.Path, address: str = '127.0.0.1') -> None:
        super().__init__(state_dir, address, FAULTS, ('portal', 'method', 'uuid'), {})
        self._store = Store(self.ledger)
        self._bucket = rest.LeakyBucket()
        self._agent_stop = threading.Event()
        add = self.routes.add
        one = '/_sim/checks/(?P<portal>[^/]+)/(?P<unique_id>[^/]+)'
        add('GET', '/_sim/checks', lambda request: json_answer([asdict(check) for check in self._store.all()]))
        add('POST', '/_sim/checks', self._create)
        add('GET', one, lambda request, portal, unique_id: json_answer(asdict(self._store.get(portal, unique_id))))
        add('POST', f'{one}/print-again', self._print_again)
        add(
            'POST',
            f'{one}/post-again',
            lambda request, portal, unique_id: json_answer(self._store.post_again(portal, unique_id)),
        )
        add('POST', '/_sim/poll', self._poll)
        add('POST', '/_sim/agent', self._set_agent)
        add('POST', '/rest/[0-9]+/(?P<portal>[^/]+)/(?P<method>[a-z.]+?)(?:[.]json)?', self._rest)
        add('GET', '/rest/[0-9]+/(?P<portal>[^/]+)/(?P<method>[a-z.]+?)(?:[.]json)?', self._rest)

    def handle(self, request: Request) -> Answer:
        try:
            return super().handle(request)
        except Refused as refused:
            return json_answer({'error': str(refused)}, 409)

    # --- checks ---

    def _create(self, request: Request) -> Answer:
        wanted = request.json()
        raw = 'body' in wanted
        body = wanted['body'].encode('latin-1') if raw else form.fixture(wanted['fixture'])
        print_url = wanted['print_url']
        check_url = wanted.get('check_url') or print_url.removesuffix('/print') + '/check'
        return _shown(
            self._store.create(wanted['portal'], print_url, check_url, body, wanted.get('overrides', {}), raw)
        )

    def _print_again(self, request: Request, portal: str, unique_id: str) -> Answer:
        wanted = request.json()
        body = wanted['body'].encode('latin-1') if 'body' in wanted else None
        return _shown(self._store.print_again(portal, unique_id, wanted.get('overrides', {}), body))

    def _poll(self, request: Request) -> Answer:
        wanted = request.json()
        return json_answer(self._store.poll(wanted.get('portal'), wanted.get('unique_id')))

    def _set_agent(self, request: Request) -> Answer:
        interval_s = request.json()['interval_s']
        self._agent_stop.set()
        if interval_s is not None:
            self._agent_stop = threading.Event()
            threading.Thread(target=self._run_agent, args=(float(interval_s), self._agent_stop), daemon=True).start()
        return json_answer({'interval_s': interval_s})

    def _run_agent(self, interval_s: float, stop: threading.Event) -> None:
        while not stop.wait(interval_s):
            self._store.poll(None, None)

    # --- REST ---

    def _rest(self, request: Request, portal: str, method: str) -> Answer:
        try:
            parameters = rest.parameters_of(request)
        except ValueError as error:
            return rest.rest_error(400, 'INVALID_REQUEST', str(error))
        subject = {'portal': portal, 'method': method, 'uuid': parameters.get('UUID', '')}
        fault = self.faults.take(set(FAULTS), subject)
        answer = self._spoilt(fault, portal, method, parameters, request)
        self.ledger.append(
            'rest', **subject, fault=fault.name if fault else '', parameters=parameters, status=answer.status
        )
        return answer

    def _spoilt(
        self, fault: Fault | None, portal: str, method: str, parameters: dict[str, Any], request: Request
    ) -> Answer:
        if fault is None:
            return self._called(portal, method, parameters, request)
        match fault.name:
            case 'offline':
                return HANG_UP
            case 'http_status':
                return Answer(fault.parameters['status'], fault.parameters['body'].encode(), 'text/html')
            case 'redirect':
                return Answer(
                    302,
                    headers=(('Location', fault.parameters['location'] or f'http://renamed.invalid{request.target}'),),
                )
            case 'operation_time_limit':
                return rest.rest_error(429, 'OPERATION_TIME_LIMIT', 'Method is blocked due to operation time limit')
            case 'access_denied':
                return rest.rest_error(403, 'ACCESS_DENIED', 'Access denied!')
            case 'expired_token':
                return rest.rest_error(401, 'expired_token', 'The access token provided has expired')
        answer = self._called(portal, method, parameters, request)
        if fault.name == 'slow':
            return Answer(answer.status, answer.body, delay_s=fault.parameters['delay_s'])
        return HANG_UP  # drop_after_apply

    def _called(self, portal: str, method: str, parameters: dict[str, Any], request: Request) -> Answer:
        if not self._bucket.take(portal, request.peer, time.monotonic()):
            return rest.rest_error(503, 'QUERY_LIMIT_EXCEEDED', 'Too many requests')
        if method == 'sale.cashbox.check.apply':
            return rest.check_apply(self._store, portal, parameters)
        if method == 'catalog.vat.list':
            return rest.vat_list()
        return rest.rest_error(404, 'ERROR_METHOD_NOT_FOUND', 'Method not found!')


def _shown(check: Check) -> Answer:
    return json_answer(asdict(check), 201)


if __name__ == '__main__':
    main(PortalSimulator, __doc__)
