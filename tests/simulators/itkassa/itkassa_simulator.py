#!/usr/bin/python3
"""The itkassa cloud: see README.md and itkassa.md."""

from __future__ import annotations

import json
import pathlib
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from common.faults import Fault
from common.http_server import HANG_UP, Answer, Request, json_answer
from common.simulator import RegisterSimulator, main
from itkassa.callbacks import Callbacks
from itkassa.cloud import Cloud, iso, organization_of
from itkassa.documents import Refused, command_of

API = '/open/api/v1'
SAMPLE_REGISTER = '5a6b7c8d-0000-4000-8000-00000000de30'
ID_LENGTH = 36
# Of the conversation; the others hit the cloud or stand.
TALK_FAULTS: dict[str, dict[str, Any]] = {
    'lose_answer': {'reset': False},
    'swallow_request': {'reset': False},
    'late': {'delay_s': None},
    'slow_answer': {'delay_s': 1.0},
    'http_status': {'status': 500, 'process': True},
    'malformed_body': {},
    'cut_body': {'bytes': 20},
    'wrong_token': {},
    'refusal': {'status': 409, 'code': 12, 'message': 'Не удалось обработать запрос, попробуйте позже'},
    'kept_alive_close': {},
}
FAULTS: dict[str, dict[str, Any]] = TALK_FAULTS | {
    'callback_before_answer': {'queued': False},
    'duplicate_answer': {'answer': 'error'},
    'slow_execution': {'delay_s': 1.0},
    'stuck': {'printed': False},
    'shift_expired': {'creErrorId': '68'},
    'shift_closed': {'creErrorId': '73'},
    'fn_full': {'creErrorId': '137', 'creErrorText': 'Архив ФН переполнен'},
    'offline': {},
    'dead': {},
    'no_callback': {},
    'critical_error': {
        'creErrorId': '44',
        'creErrorText': 'Нет бумаги',
        'fiscal': False,
        'attributes_after': 0,
    },
    'answer': {'body': '', 'fiscal': True, 'attributes_after': None},
}
CALLBACK_WITHIN_S = 20.0


class ItkassaSimulator(RegisterSimulator):
    def __init__(self, state_dir: pathlib.Path, address: str = '127.0.0.1') -> None:
        settings = {'exec_delay_s': 0.05, 'callback_attempts': 5, 'callback_pause_s': 0.2}
        super().__init__(
            state_dir,
            address,
            FAULTS,
            ('register', 'key', 'type', 'operation'),
            settings,
            [{'register': SAMPLE_REGISTER}],
        )
        self._callbacks = Callbacks(self.ledger, self.settings)
        self._cloud = Cloud(self, self._callbacks.deliver)
        self._held: list[Callable[[], Any]] = []
        self._register_of_key = {row['key']: row['register'] for row in self.ledger.rows(event='request')}
        add = self.routes.add
        add('POST', f'{API}/print-documents', self._print)
        add('GET', f'{API}/print-documents/(?P<task_id>[^/]+)', self._show_by_id)
        add('GET', f'{API}/print-documents/(?P<key>[^/]+)/idempotent', self._show_by_key)
        add('GET', f'{API}/cre/items/', self._show_registers)
        add('POST', f'{API}/organization/settings', self._set_organization)
        add('POST', '/_sim/callback', self._set_callback)
        add('POST', '/_sim/release', self._release)

    def faults_changed(self) -> None:
        self._cloud.faults_changed()

    def handle(self, request: Request) -> Answer:
        if request.path.startswith(API + '/') and not _is_good(request.headers.get('x-api-key', '')):
            return json_answer({'code': 401, 'message': 'Неверный ключ API'}, 401)
        return super().handle(request)

    # --- print-documents ---

    def _print(self, request: Request) -> Answer:
        api_key = request.headers['x-api-key']
        try:
            document = json.loads(request.body, parse_float=str)  # money may come as numbers (§3.1)
            register, key = str(document['creItemId']), str(document.get('idempKey') or '')
            command = command_of(document)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            text = (
                str(error)
                if isinstance(error, Refused)
                else 'Недопустимый запрос: не указано поле creItemId или это не JSON'
            )
            return json_answer({'code': 400, 'message': text}, 400)
        subject = {'register': register, 'key': key, 'type': command.get('type'), 'operation': 'print'}
        self._register_of_key[key] = register  # a question for what was swallowed can be matched too
        fault = self._talk_fault(subject, request)
        is_dead = self.faults.holds('dead', subject)
        self.ledger.append(
            'request',
            register=register,
            key=key,
            type=command.get('type'),
            fault=fault.name if fault else '',
            connection_request=request.number,
            request=request.body.decode('utf-8', 'replace'),
        )
        if is_dead:
            return Answer(hang=True)
        if (fault and fault.name == 'wrong_token') or self.declared.get(register, {}).get('api_key', api_key) != api_key:
            return json_answer({'code': 401, 'message': 'Нет доступа к кассе'}, 401)
        if len(register) != ID_LENGTH:
            return json_answer({'code': 404, 'message': f'Касса не найдена: {register}'}, 404)
        return self._accept(fault, subject, organization_of(api_key), document)

    def _talk_fault(self, subject: dict[str, Any], request: Request) -> Fault | None:
        names = set(TALK_FAULTS) - ({'kept_alive_close'} if request.number == 1 else set())
        return self.faults.take(names, subject)

    def _accept(
        self, fault: Fault | None, subject: dict[str, Any], organization: str, document: dict[str, Any]
    ) -> Answer:
        name, parameters = (fault.name, fault.parameters) if fault else ('', {})
        if name == 'swallow_request':
            return Answer(nothing=True, reset=parameters['reset'])
        if name == 'late':
            self._accept_later(parameters['delay_s'], lambda: self._cloud.accept(organization, document))
            return HANG_UP
        if name == 'http_status' and not parameters['process']:
            return _proxy_page(parameters['status'])
        if name == 'refusal':
            return json_answer({'code': parameters['code'], 'message': parameters['message']}, parameters['status'])
        task, is_new = self._cloud.accept(organization, document)
        shown = task.as_json()
        if fault := self.faults.take(['callback_before_answer'], subject):
            task.delivered.wait(CALLBACK_WITHIN_S)
            shown = shown if fault.parameters['queued'] else task.as_json()
        answer = json_answer({'code': 0, 'object': shown})
        if not is_new and (repeat := self.faults.take(['duplicate_answer'], subject)):
            empty = repeat.parameters['answer'] == 'empty'
            answer = json_answer(
                {'code': 0, 'object': None}
                if empty
                else {'code': 12, 'message': 'Задание с таким idempKey уже принято'}
            )
        return _spoilt(answer, name, parameters)

    def _accept_later(self, delay_s: float | None, accept: Callable[[], Any]) -> None:
        if delay_s is None:
            self._held.append(accept)
            return
        timer = threading.Timer(delay_s, accept)
        timer.daemon = True
        timer.start()

    def _release(self, _: Request) -> Answer:
        held, self._held = self._held, []
        for accept in held:
            accept()
        return json_answer({'released': len(held) + self._cloud.release()})

    # --- questions ---

    def _show_by_id(self, request: Request, task_id: str) -> Answer:
        return self._show('query', request, self._cloud.by_id(_organization(request), task_id))

    def _show_by_key(self, request: Request, key: str) -> Answer:
        return self._show('query_by_key', request, self._cloud.by_key(_organization(request), key), key)

    def _show(self, operation: str, request: Request, task: Any, key: str = '') -> Answer:
        key = task.key if task else key
        subject = {
            'operation': operation,
            'register': self._register_of_key.get(key, ''),
            'key': key,
            'type': task.type if task else '',
        }
        answer = json_answer(
            {'code': 0, 'object': task.as_json()} if task else {'code': 404, 'message': 'Документ не найден'},
            200 if task else 404,
        )
        if task:
            task.asked()
        answer = self._spoilt_question(answer, subject, request)
        self.ledger.append('question', **subject, status=0 if answer.nothing or answer.hang else answer.status)
        return answer

    def _spoilt_question(self, answer: Answer, subject: dict[str, Any], request: Request) -> Answer:
        """A fault hits a question only when its match names the operation; a dead register answers none."""
        if self.faults.holds('dead', subject):
            return Answer(hang=True)
        armed = any(fault['match'].get('operation') == subject['operation'] for fault in self.faults.armed())
        fault = self._talk_fault(subject, request) if armed else None
        if not fault:
            return answer
        if fault.name == 'wrong_token':
            return json_answer({'code': 401, 'message': 'Неверный ключ API'}, 401)
        return _spoilt(answer, fault.name, fault.parameters)

    def _show_registers(self, request: Request) -> Answer:
        api_key = request.headers['x-api-key']
        own = [
            register for register in list(self.storages) if self.declared.get(register, {}).get('api_key') == api_key
        ]
        shown = [self._register_json(register) for register in own or self._of_nobody()]
        subject = {'operation': 'registers', 'register': shown[-1]['id'] if shown else ''}
        return self._spoilt_question(json_answer({'code': 0, 'list': shown, 'related': {'node': {}}}), subject, request)

    def _of_nobody(self) -> list[str]:
        return [register for register in list(self.storages) if 'api_key' not in self.declared.get(register, {})]

    def _register_json(self, register: str) -> dict[str, Any]:
        storage = self.storage(register)
        online = not self.faults.holds('offline', {'register': register})
        state = {
            'isOnline': int(online),
            'lastErrorId': '0' if online else '255',
            'lastErrorText': '' if online else 'Нет связи с ККТ',
            'sessionNumber': str(storage.shift),
            'sessionState': storage.shift_state(),
            'ofdUnsentNumber': 0,
            'ofdFirstUnsentNumber': '0',
            'ofdFirstUnsentDate': '1970-01-01T00:00:00.000',
            'lastExchangeAt': iso(time.time()),
            'creItemId': register,
        }
        return {
            'id': register,
            'title': f'Касса {storage.fn}',
            'productNumber': storage.fn[-8:],
            'location': None,
            'fiscalizationNumber': None if storage.test else storage.registration_number,
            'fsNumber': storage.fn,
            'defaultPpr': None,
            'defaultPsr': None,
            'defaultSno': None,
            'defaultTax': None,
            'noCashier': False,
            'cashier': None,
            'nodeStatus': 'ready',
            'status': 'active',
            'isFiscalized': not storage.test,
            'isPrintable': True,
            'licenseExpireAtDate': iso(time.time() + 300 * 86400),
            'fsExpireAt': iso(time.time() + 300 * 86400)[:10],
            'state': state,
        }

    # --- callbacks' addresses ---

    def _set_organization(self, request: Request) -> Answer:
        wanted = request.json()
        key = wanted.get('callbackApiKey', '')
        if len(key) > ID_LENGTH:
            return json_answer({'code': 400, 'message': 'Недопустимое поле callbackApiKey'}, 400)
        self._callbacks.configure(_organization(request), wanted.get('printResultUrl', ''), key)
        return json_answer({'code': 0, 'object': wanted})

    def _set_callback(self, request: Request) -> Answer:
        wanted = request.json()
        api_key = wanted.get('api_key')
        self._callbacks.configure(organization_of(api_key) if api_key else '', wanted['url'], wanted.get('key', ''))
        return json_answer({'organization': organization_of(api_key) if api_key else None})


def _organization(request: Request) -> str:
    return organization_of(request.headers['x-api-key'])


def _is_good(api_key: str) -> bool:
    return bool(api_key) and not api_key.startswith('wrong')


def _proxy_page(status: int) -> Answer:
    return Answer(status, f'<html><body>{status}</body></html>'.encode(), 'text/html')


def _spoilt(answer: Answer, name: str, parameters: dict[str, Any]) -> Answer:
    if name in ('lose_answer', 'swallow_request', 'late', 'kept_alive_close'):
        return Answer(nothing=True, reset=parameters.get('reset', False))
    if name == 'http_status':
        return _proxy_page(parameters['status'])
    if name == 'malformed_body':
        return Answer(200, b'{"code": 0, "object": {"id"')
    if name == 'cut_body':
        return Answer(answer.status, answer.body, cut_at=parameters['bytes'])
    if name == 'slow_answer':
        return Answer(answer.status, answer.body, delay_s=parameters['delay_s'])
    return answer


if __name__ == '__main__':
    main(ItkassaSimulator, __doc__)
