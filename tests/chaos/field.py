"""What faults act upon: the processes of a stack, and links that can be cut. It knows no receipt."""

from __future__ import annotations

import os
import pathlib
import random
import re
import signal
import subprocess
import urllib.parse
from collections.abc import Sequence

from harness.registers import Till
from harness.stack import Stack, stat_fields
from harness.waiting import eventually
from links import Link, Links

WORKERS = ('fiscalizer', 'fiscalizer-2', 'fiscalizer-3')
STORES = ('postgres', 'kafka')
READY_WITHIN_S = 180.0
ENDS_WITHIN_S = 180.0  # shutdown_deadline and some
SERVICES = ('registry', 'ingress', 'status')


class Field:
    """Three workers that reach PostgreSQL and Kafka, and registers that are reached, by links of their own."""

    def __init__(self, stack: Stack, chance: random.Random) -> None:
        self.stack, self.random = stack, chance
        self._links = Links()
        self.to_store: dict[tuple[str, str], Link] = {}  # (worker, store)
        self.to_till: dict[str, Link] = {}  # by the register's id
        self.tills: list[Till] = []
        stack.up(len(WORKERS))
        for name in (*STORES, *SERVICES):
            stack.remember(name)
        self._lay_detours()

    def _lay_detours(self) -> None:
        """A worker asks for its broker's address and goes there: the broker has a listener for each."""
        properties = self.stack.state_dir / 'run' / 'server.properties'
        text = properties.read_text()
        postgres_port = urllib.parse.urlsplit(self.stack.env['POSTGRES']).port or 0
        for worker in WORKERS:
            listener, inner_port = worker.replace('-', '').upper(), self._free_port()
            link = self.to_store[worker, 'kafka'] = self._links.open(inner_port)
            for key, value in {
                'listeners': f'{listener}://127.0.0.1:{inner_port}',
                'advertised.listeners': f'{listener}://127.0.0.1:{link.port}',
                'listener.security.protocol.map': f'{listener}:SASL_SSL',
            }.items():
                text = re.sub(rf'(?m)^({re.escape(key)}=.*)$', rf'\1,{value}', text)
            self.to_store[worker, 'postgres'] = self._links.open(postgres_port)
        for worker in WORKERS:
            self.stack.kill(worker)
        self.stack.kill('kafka')
        properties.write_text(text)
        self.stack.start_again('kafka')
        for worker in WORKERS:
            uri, detour = self.stack.setting(worker, 'postgres'), self.to_store[worker, 'postgres'].port
            kafka = f'127.0.0.1:{self.to_store[worker, "kafka"].port}'
            self.stack.start(worker, postgres=uri.replace(f':{postgres_port}/', f':{detour}/'), kafka=kafka)
        for name in (*SERVICES, *WORKERS):
            eventually(lambda: self.stack.is_ready(name), f'{name} is ready', READY_WITHIN_S)

    def _free_port(self) -> int:
        taken = self.stack.state_dir / 'ports'
        script = pathlib.Path(__file__).resolve().parents[2] / 'scripts' / 'free_port.py'
        port = int(subprocess.check_output([script, taken], text=True))
        with open(taken, 'a') as file:
            file.write(f'detour_{port}={port}\n')
        return port

    def detour(self, till: Till) -> None:
        """The register's address becomes that of a link."""
        inner = re.sub(r'^http://127\.0\.0\.1:(\d+).*$', r'\1', till.endpoint)
        link = self.to_till[till.id] = self._links.open(int(inner))
        till.endpoint = till.endpoint.replace(f':{inner}', f':{link.port}', 1)
        self.tills.append(till)

    def close(self) -> None:
        """What stands on the links ends with them; the next `./dev up` starts it without."""
        self.kill(*(name for name in (*WORKERS, 'kafka') if self.stack.runs(name)))

    # --- processes ---

    def family(self, name: str) -> list[int]:
        """The process and its children: PostgreSQL has one for each connection, in sessions of their own."""
        root = self.stack.pid(name)
        children = []
        for folder in pathlib.Path('/proc').iterdir():
            try:
                if folder.name.isdigit() and int(stat_fields(folder.name)[1]) == root:
                    children.append(int(folder.name))
            except (OSError, IndexError):
                continue  # gone meanwhile
        return [root, *children]

    def send(self, number: signal.Signals, pids: Sequence[int]) -> None:
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def kill(self, *names: str) -> None:
        """kill -9, with children."""
        pids = [pid for name in names for pid in self.family(name)]
        self.send(signal.SIGKILL, pids)
        eventually(lambda: not any(is_alive(pid) for pid in pids), f'{names} are gone')

    def pause(self, name: str) -> None:
        pids = self.family(name)
        self.send(signal.SIGSTOP, pids)
        eventually(lambda: all(not is_alive(pid) or stat_fields(pid)[0] in 'Tt' for pid in pids), f'{name} stands still')

    def resume(self, name: str) -> None:
        """A worker may have been ended by its own timer meanwhile: it is started again."""
        if self.stack.runs(name):
            self.send(signal.SIGCONT, self.family(name))
        self.start(name)

    def ask_to_end(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        self.send(number, [self.stack.pid(name)])

    def start_when_ended(self, name: str) -> None:
        eventually(lambda: not self.stack.runs(name), f'{name} has ended', ENDS_WITHIN_S)
        self.start(name)

    def start(self, *names: str) -> list[str]:
        """Those of them that do not run."""
        ended = [name for name in names if not self.stack.runs(name)]
        for name in ended:
            if name == 'postgres':
                self._drop_lock_of_a_zombie()
            self.stack.start_again(name)
        return ended

    def _drop_lock_of_a_zombie(self) -> None:
        lock = pathlib.Path((self.stack.state_dir / 'postgres_home').read_text().strip()) / 'data' / 'postmaster.pid'
        if lock.exists() and not is_alive(int(lock.read_text().split('\n', 1)[0])):
            lock.unlink()


def is_alive(pid: int) -> bool:
    try:
        return stat_fields(pid)[0] not in 'ZX'
    except OSError:
        return False
