#!/usr/bin/python3
"""The BIT driver: see README.md and bit-driver.md."""

from __future__ import annotations

import pathlib
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from bit_driver import answers
from bit_driver.packets import COMMANDS, DataError, read_receipt
from common.faults import Fault
from common.fiscal_storage import ShiftError
from common.http_server import HANG_UP, Answer, Request, json_answer
from common.money import exact_json
from common.simulator import RegisterSimulator, main

SAMPLE = {'register': '0123456789abcdef0123456789abcdef', 'registration_number': '0000000002095104'}
FAULTS: dict[str, dict[str, Any]] = {
    'lose_answer': {'reset': False},
    'swallow': {'reset': False},
    'late_print': {'delay_s': None},
    'hang': {'print': True},
    'slow_answer': {'delay_s': 1.0},
    'http_status': {'status': 502, 'process': True},
    'malformed': {},
    'cut_body': {'bytes': 20},
    'kept_alive_close': {},
    'error': {'text': 'Нет бумаги', 'printed': False},
    'result_false': {'text': 'Неверный формат запроса'},
    'neither': {},
    'answer': {'body': '', 'printed': True, 'status': 200},
    'shape': {'shape': 'array'},
    'names_foreign_fn': {'fn': '', 'fd': 0},
}
SHIFT_ERRORS = {'closed': 'Смена закрыта', 'open': 'Смена уже открыта', 'expired': 'Смена превысила 24 часа'}
Packet = list[dict[str, Any]]


class BitDriverSimulator(RegisterSimulator):
    def __init__(self, state_dir: pathlib.Path, address: str = '127.0.0.1') -> None:
        settings = {'exec_delay_s': 0.05, 'deduplication': False, 'shape': 'array'}
        super().__init__(state_dir, address, FAULTS, ('register', 'key', 'type', 'total'), settings, [SAMPLE])
        self._held: list[Callable[[], Any]] = []
        self._done: dict[tuple[str, str], list[answers.Entry]] = {
            (row['register'], row['key']): row['entries'] for row in self.ledger.rows(event='result')
        }
        add = self.routes.add
        add('POST', '/', self._take_packet)
        add('POST', '/_sim/release', self._release)
        add(
            'POST',
            '/_sim/ports',
            lambda request: json_answer({'port': self.server.listen(int(request.json()['port']))}, 201),
        )
        add('DELETE', '/_sim/ports/(?P<port>[0-9]+)', self._stop_listening)

    # --- one packet ---

    def _take_packet(self, request: Request) -> Answer:
        token, key = request.headers.get('bit_kkt_token', ''), request.headers.get('bit_order_id', '')
        try:
            packet = _read_packet(request, token, key)
        except ValueError as error:
            self.ledger.append('refused', register=token, key=key, text=str(error))
            return answers.packet_refused(str(error))
        subject = {'register': token, 'key': key, 'type': packet[0]['type'], 'total': _total_of(packet[0])}
        fault = self.faults.take(set(FAULTS) - ({'kept_alive_close'} if request.number == 1 else set()), subject)
        self.ledger.append(
            'request',
            **subject,
            fault=fault.name if fault else '',
            connection_request=request.number,
            request=request.body.decode('utf-8', 'replace'),
        )
        return self._act(fault, packet, token, key, request.body.decode('utf-8', 'replace'))

    def _act(self, fault: Fault | None, packet: Packet, token: str, key: str, raw: str) -> Answer:
        name, parameters = (fault.name, fault.parameters) if fault else ('', {})
        if name == 'swallow':
            return Answer(nothing=True, reset=parameters['reset'])
        if name == 'late_print':
            self._run_later(parameters['delay_s'], lambda: self._run(packet, token, key, raw, late=True))
            return HANG_UP
        if name == 'result_false':
            return answers.packet_refused(parameters['text'])
        if name == 'error' and not parameters['printed']:
            return self._say([answers.failure(packet[0]['name'], parameters['text'])])
        if name == 'http_status' and not parameters['process']:
            return _proxy_page(parameters['status'])
        if name == 'hang' and not parameters['print']:
            return Answer(hang=True)
        if name == 'answer':
            return self._tell(parameters, packet, token, key, raw)
        named = parameters if name == 'names_foreign_fn' else None
        entries = self._run(packet, token, key, raw, shape=parameters.get('shape'), named=named)
        if name == 'error':
            entries = [answers.failure(packet[0]['name'], parameters['text'])]
        if name == 'neither':
            entries = [{'name': packet[0]['name']}]
        return _spoilt(self._say(entries, parameters.get('shape')), name, parameters)

    def _tell(self, parameters: dict[str, Any], packet: Packet, token: str, key: str, raw: str) -> Answer:
        """What it says has nothing to do with what it did."""
        if parameters['printed']:
            self._run(packet, token, key, raw)
        names = {'KEY': key, 'DOCUMENT': key, 'REGISTER': self.storage(token).registration_number}
        return answers.as_told(parameters['body'], names, parameters['status'])

    def _say(self, entries: list[answers.Entry], shape: str | None = None) -> Answer:
        return answers.packet_done(entries, shape or self.settings['shape'])

    def _run(
        self,
        packet: Packet,
        token: str,
        key: str,
        raw: str,
        late: bool = False,
        shape: str | None = None,
        named: dict[str, Any] | None = None,
    ) -> list[answers.Entry]:
        """`shape` None: that of the settings. `named`: what it says of the document instead of what is so."""
        storage = self.storage(token)
        with storage.lock:  # a register does one thing at a time
            if self.settings['deduplication'] and (token, key) in self._done:
                return self._done[token, key]
            time.sleep(self.settings['exec_delay_s'])
            entries: list[answers.Entry] = []
            for command in packet:
                try:
                    document = self._command(command, token, {'key': key, 'late': late, 'request': raw})
                except (DataError, ShiftError) as error:
                    entries.append(
                        answers.failure(
                            command['name'], SHIFT_ERRORS[error.code] if isinstance(error, ShiftError) else str(error)
                        )
                    )
                    break  # the following ones are not executed (§4)
                told = _renamed(document, **named) if named else document
                entries.append(answers.success(command['name'], told, shape or self.settings['shape']))
            self.ledger.append('result', register=token, key=key, entries=entries)
            self._done[token, key] = entries
            return entries

    def _command(self, command: dict[str, Any], token: str, marks: dict[str, Any]) -> dict[str, Any]:
        storage = self.storage(token)
        if command['type'] == 'kktOpenShift':
            return storage.open_shift(**marks)
        if command['type'] == 'kktCloseShift':
            return storage.close_shift(**marks)
        return storage.print_receipt(read_receipt(command.get('data')), **marks)

    # --- control ---

    def _run_later(self, delay_s: float | None, run: Callable[[], Any]) -> None:
        if delay_s is None:
            self._held.append(run)
            return
        timer = threading.Timer(delay_s, run)
        timer.daemon = True
        timer.start()

    def _release(self, _: Request) -> Answer:
        held, self._held = self._held, []
        for run in held:
            run()
        return json_answer({'released': len(held)})

    def _stop_listening(self, _: Request, port: str) -> Answer:
        self.server.stop_listening(int(port))
        return json_answer({'port': int(port)})


def _renamed(document: dict[str, Any], fn: str, fd: int) -> dict[str, Any]:
    qr = document['qr'].replace(f'&fn={document["fn"]}&i={document["fd"]}&', f'&fn={fn}&i={fd}&')
    return document | {'fn': fn, 'fd': fd, 'qr': qr}


def _read_packet(request: Request, token: str, key: str) -> Packet:
    """Raises ValueError with the driver's text."""
    if request.headers.get('action') != 'command_list':
        raise ValueError('Неизвестное значение заголовка Action')
    if not token or token.startswith('wrong'):
        raise ValueError('Неверный токен ККТ (BIT_KKT_TOKEN)')
    if not key or not all(c.isascii() and (c.isalnum() or c in '_-') for c in key):
        raise ValueError('Неверный формат заголовка BIT_ORDER_ID')
    try:
        packet = exact_json(request.body)
    except ValueError as error:
        raise ValueError('Неверный формат json') from error
    if not isinstance(packet, list) or not packet:
        raise ValueError('Неверный формат json: ожидается массив команд')
    for command in packet:
        if not isinstance(command, dict) or not command.get('name') or command.get('type') not in COMMANDS:
            raise ValueError('Неверный формат json: неизвестная команда')
    return packet


def _total_of(command: dict[str, Any]) -> int:
    try:
        return read_receipt(command.get('data')).total
    except DataError:
        return 0


def _proxy_page(status: int) -> Answer:
    return Answer(status, f'<html><body>{status}</body></html>'.encode(), 'text/html')


def _spoilt(answer: Answer, name: str, parameters: dict[str, Any]) -> Answer:
    if name in ('lose_answer', 'kept_alive_close'):
        return Answer(nothing=True, reset=parameters.get('reset', False))
    if name == 'hang':
        return Answer(hang=True)
    if name == 'slow_answer':
        return Answer(answer.status, answer.body, answer.content_type, delay_s=parameters['delay_s'])
    if name == 'http_status':
        return _proxy_page(parameters['status'])
    if name == 'malformed':
        return Answer(200, b'[{"name": "receipt", "succ')
    if name == 'cut_body':
        return Answer(answer.status, answer.body, answer.content_type, cut_at=parameters['bytes'])
    return answer


if __name__ == '__main__':
    main(BitDriverSimulator, __doc__)
