"""What every simulator has: a ledger, faults, settings, the /_sim requests and a command line."""

from __future__ import annotations

import argparse
import pathlib
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from common.faults import BadFault, Faults
from common.fiscal_storage import FiscalStorage, Receipt, ShiftError
from common.http_server import Answer, HttpServer, Request, Routes, json_answer
from common.ledger import Ledger


class Simulator:
    def __init__(
        self,
        state_dir: pathlib.Path,
        address: str,
        fault_kinds: Mapping[str, Mapping[str, Any]],
        match_keys: Iterable[str],
        settings: Mapping[str, Any],
    ) -> None:
        self.ledger = Ledger(state_dir / 'ledger.jsonl')
        self.faults = Faults(fault_kinds, match_keys)
        self.settings = dict(settings)
        self.routes = Routes()
        self.server = HttpServer(self.handle, address, traceback.print_exception)
        for row in self.ledger.rows(event='settings'):
            self.settings.update(row['values'])
        add = self.routes.add
        add('GET', '/_sim/healthz', lambda request: json_answer({'ok': True}))
        add('GET', '/_sim/ledger', self._show_ledger)
        add('GET', '/_sim/faults', lambda request: json_answer(self.faults.armed()))
        add('POST', '/_sim/faults', self._arm)
        add('DELETE', '/_sim/faults', self._disarm)
        add('POST', '/_sim/settings', self._set)

    def handle(self, request: Request) -> Answer:
        if not request.path.startswith('/_sim/'):
            return self.routes(request)
        try:
            return self.routes(request)
        except (BadFault, ShiftError, ValueError, KeyError, TypeError) as error:
            return json_answer({'error': f'{type(error).__name__}: {error}'}, 400)

    def faults_changed(self) -> None:
        """A standing fault was armed or all were disarmed."""

    def _show_ledger(self, request: Request) -> Answer:
        wanted = request.query
        return json_answer(
            [row for row in self.ledger.rows() if all(str(row.get(name)) == value for name, value in wanted.items())]
        )

    def _arm(self, request: Request) -> Answer:
        fault = self.faults.arm(request.json())
        self.faults_changed()
        return json_answer(fault.as_json(), 201)

    def _disarm(self, _: Request) -> Answer:
        self.faults.disarm()
        self.faults_changed()
        return json_answer([])

    def _set(self, request: Request) -> Answer:
        values = request.json()
        if not set(values) <= set(self.settings):
            raise ValueError(f'settings are: {", ".join(self.settings)}')
        self.ledger.append('settings', values=values)
        self.settings.update(values)
        return json_answer(self.settings)


class RegisterSimulator(Simulator):
    """A simulator of fiscal registers; `built_in` are there from the start."""

    def __init__(
        self,
        state_dir: pathlib.Path,
        address: str,
        fault_kinds: Mapping[str, Mapping[str, Any]],
        match_keys: Iterable[str],
        settings: Mapping[str, Any],
        built_in: Iterable[dict[str, Any]],
    ) -> None:
        super().__init__(state_dir, address, fault_kinds, match_keys, settings)
        self._registers_lock = threading.Lock()
        self.declared: dict[str, dict[str, Any]] = {each['register']: each for each in built_in}
        self.declared |= {row['register']: row for row in self.ledger.rows(event='register')}
        self.storages: dict[str, FiscalStorage] = {}
        for register in [*self.declared, *(row['register'] for row in self.ledger.rows(event='document'))]:
            self.storage(register)
        add = self.routes.add
        one = '/_sim/registers/(?P<register>[^/]+)'
        add(
            'GET',
            '/_sim/registers',
            lambda request: json_answer([each.as_json() for each in list(self.storages.values())]),
        )
        add('POST', '/_sim/registers', self._declare)
        add('POST', f'{one}/foreign', self._print_foreign)
        add('POST', f'{one}/shift', self._change_shift)
        add('POST', f'{one}/storage', self._replace_storage)

    def storage(self, register: str) -> FiscalStorage:
        with self._registers_lock:
            if register not in self.storages:
                known = self.declared.get(register, {})
                self.storages[register] = FiscalStorage(
                    self.ledger,
                    register,
                    known.get('fn', ''),
                    known.get('registration_number', ''),
                    known.get('test', False),
                )
            return self.storages[register]

    def _declare(self, request: Request) -> Answer:
        wanted = request.json()
        if not set(wanted) <= {'register', 'fn', 'registration_number', 'api_key', 'test'}:
            raise ValueError('a register has register, fn, registration_number, api_key, test')
        wanted = {name: bool(value) if name == 'test' else str(value) for name, value in wanted.items()}
        register = wanted['register']
        if register in self.storages and self.storages[register].last_fd:
            raise ValueError(f'{register} has printed already')
        self.ledger.append('register', **wanted)
        self.declared[register] = wanted
        self.storages.pop(register, None)
        return json_answer(self.storage(register).as_json(), 201)

    def _print_foreign(self, request: Request, register: str) -> Answer:
        total = int(request.json().get('total', 10000))
        storage = self.storage(register)
        with storage.lock:
            if storage.shift_state() == 'closed':
                storage.open_shift(foreign=True)
            return json_answer(storage.print_receipt(Receipt(1, total, payments={'1031': total}), foreign=True), 201)

    def _change_shift(self, request: Request, register: str) -> Answer:
        wanted, storage = request.json(), self.storage(register)
        if 'age_hours' in wanted:
            storage.make_shift_old(float(wanted['age_hours']))
        elif wanted['open']:
            storage.open_shift(foreign=True)
        else:
            storage.close_shift(foreign=True)
        return json_answer(storage.as_json())

    def _replace_storage(self, _: Request, register: str) -> Answer:
        self.storage(register).replace()
        return json_answer(self.storage(register).as_json())


def main(create: Callable[[pathlib.Path, str], Simulator], description: str) -> None:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('--port', type=int, required=True, help='0 takes a free one')
    parser.add_argument('--state-dir', type=pathlib.Path, required=True, help='where the ledger is kept')
    parser.add_argument('--address', default='127.0.0.1')
    options = parser.parse_args()
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # before there are threads: they inherit it
    simulator = create(options.state_dir, options.address)
    port = simulator.server.listen(options.port)
    print(f'listening on http://{options.address}:{port}', flush=True)
    signal.sigwait(signals)
    simulator.server.close()
    simulator.ledger.close()
    sys.exit(0)
