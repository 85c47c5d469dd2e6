"""docker-compose.yml at work, as the functional tests' harness sees a stack: where things answer, kassactl, containers that can be
killed. Addresses are the containers' names: within their networks as everywhere, from here by asking the engine."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
from typing import Any

from harness.command import output_of
from harness.stack import ROOT, Stack
from harness.waiting import eventually

PROJECT = 'kassaflow-test'
KASSACTL = 'kassactl'
UP_WITHIN_S = 900.0
COMMAND_WITHIN_S = 120.0
URLS = {
    'EDGE': 'http://edge:8080',
    'SIM_ITKASSA': 'http://sim-itkassa:8100',
    'SIM_BIT': 'http://sim-bit:8100',
    'SIM_PORTAL': 'http://sim-portal:8100',
}
ONE_SHOT = ('secrets', 'roles', 'topics', 'token', 'synchronous', 'migrate-registry', 'migrate-status', 'migrate-fiscalizer', 'demo')
SIMULATORS = ('sim-itkassa', 'sim-bit', 'sim-portal')

Row = dict[str, Any]


class Composed(Stack):
    """`size`: small or full."""

    def __init__(self, size: str, state_dir: pathlib.Path) -> None:
        super().__init__(state_dir)
        self.size = size
        state_dir.mkdir(parents=True, exist_ok=True)
        # Free ones, so that it disturbs nobody; the names are used, not these.
        listen = {name: f'127.0.0.1:{_free_port()}' for name in ('EDGE', 'PROMETHEUS', 'ALERTMANAGER')}
        self._environment = {
            **os.environ,
            'KASSAFLOW_ALLOW_PRIVATE_ENDPOINTS': 'true',
            **{f'KASSAFLOW_{name}_LISTEN': address for name, address in listen.items()},
        }
        self.env = {f'{name}_URL': url for name, url in URLS.items()}
        self._engine = os.environ.get('KASSAFLOW_CONTAINER_ENGINE') or 'docker'
        self._resolve = socket.getaddrinfo
        socket.getaddrinfo = self._getaddrinfo
        self._addresses: dict[str, str] = {}

    # --- compose ---

    def compose_words(self) -> list[str]:
        words = ['docker-compose', '-p', PROJECT, '-f', 'docker-compose.yml', '-f', 'tests/containers/test.yml']
        words += ['--profile', 'demo']
        return [*words, *(['--profile', 'full'] if self.size == 'full' else ['--env-file', 'deploy/compose/small.env'])]

    def compose(self, *words: str, within_s: float = COMMAND_WITHIN_S) -> str:
        return output_of(
            f'docker-compose {" ".join(words)}', [*self.compose_words(), *words], within_s, ROOT, self._environment
        )

    def up(self, fiscalizers: int = 1) -> None:
        """Everything but the demo, and healthy."""
        services = [name for name in self.compose('config', '--services').split() if name not in ('demo', 'kassactl', *self._absent())]
        self.compose('up', '-d', '--scale', f'fiscalizer={fiscalizers}', *services, within_s=UP_WITHIN_S)
        self.settle(*(name for name in services if name not in ONE_SHOT))

    def _absent(self) -> tuple[str, ...]:
        small = ('kafka-2', 'kafka-3', 'postgres-standby', 'synchronous')
        return ('grafana', *(small if self.size == 'small' else ()))

    def down(self, *options: str) -> None:
        self.compose('down', *options, within_s=UP_WITHIN_S)
        self._addresses.clear()

    def settle(self, *services: str, within_s: float = 240.0) -> float:
        """Until they are healthy; how long that took, in seconds."""
        began = time.monotonic()
        for name in services:
            eventually(lambda: self.is_healthy(name), f'{name} is healthy', within_s, seen=lambda: self.state(name))
        return time.monotonic() - began

    # --- containers ---

    def engine(self, *words: str) -> str:
        return output_of(f'{self._engine} {" ".join(words)}', [self._engine, *words], COMMAND_WITHIN_S)

    def container(self, service: str) -> str:
        """The id of its first container."""
        label = 'label=com.docker.compose'
        found = self.engine('ps', '-aq', '--filter', f'{label}.project={PROJECT}', '--filter', f'{label}.service={service}').split()
        if not found:
            raise AssertionError(f'{service} has no container')
        return found[-1]

    def inspected(self, service: str) -> Row:
        return json.loads(self.engine('inspect', '--type', 'container', self.container(service)))[0]

    def state(self, service: str) -> Row:
        return self.inspected(service)['State']

    def is_healthy(self, service: str) -> bool:
        state = self.state(service)
        health = state.get('Health') or state.get('Healthcheck') or {}
        return bool(state['Running']) and health.get('Status', '') in ('healthy', '')

    def pid(self, name: str) -> int:
        return int(self.state(name)['Pid'])

    def kill(self, name: str) -> None:
        """Its first process by kill -9, and with that all of it; what then happens is the restart policy's business."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: self.pid(name) != pid, f'{name} is gone')
        self._addresses.pop(name, None)

    def failover(self, old: str, new: str) -> None:
        """As an operator does it."""
        environment = self._environment | {'KASSAFLOW_COMPOSE': ' '.join(self.compose_words())}
        script = ROOT / 'deploy' / 'compose' / 'failover.sh'
        output_of('failover.sh', [script, old, new], UP_WITHIN_S, ROOT, environment)
        self._addresses.clear()

    def keep_logs(self, folder: pathlib.Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        listed = self.engine('ps', '-a', '--filter', f'label=com.docker.compose.project={PROJECT}', '--format', '{{.Names}}')
        for name in listed.split():
            with open(folder / f'{name}.log', 'wb') as file:
                subprocess.run([self._engine, 'logs', name], stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=False)

    def volume(self, name: str) -> pathlib.Path:
        return pathlib.Path(json.loads(self.engine('volume', 'inspect', f'{PROJECT}_{name}'))[0]['Mountpoint'])

    def ledgers(self) -> pathlib.Path:
        """A folder as the judge reads it: the simulators' ledgers, where their volumes are."""
        for name in SIMULATORS:
            link = self.state_dir / name
            link.unlink(missing_ok=True)
            link.symlink_to(self.volume(name))
        return self.state_dir

    # --- from within ---

    def inside(self, service: str, *words: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [self._engine, 'exec', self.container(service), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN_S,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def kassactl(self, *arguments: str, token_file: str = '') -> tuple[int, str, str]:
        return self.inside('hand', KASSACTL, *arguments)

    def apply(self, documents: list[Row]) -> None:
        text = '\n---\n'.join(json.dumps(each, ensure_ascii=False) for each in documents)  # JSON is YAML
        code, out, err = self.inside('hand', 'bash', '-c', '"$0" apply -f <(printf "%s" "$1")', KASSACTL, text)
        if code:
            raise AssertionError(f'kassactl apply: exit code {code}\n{out}{err}')

    def sql(self, service: str, statement: str) -> str:
        """As the image's own user would, by the socket."""
        ask = 'PGPASSWORD=$(cat /run/secrets/password) psql -X -q -A -t -h /tmp -U kassaflow -d kassaflow -c "$1"'
        code, out, err = self.inside(service, 'bash', '-c', ask, 'sql', statement)
        if code:
            raise AssertionError(f'{service}: {err}')
        return out.strip()

    # --- names ---

    def _getaddrinfo(self, host: Any, *rest: Any, **more: Any) -> Any:
        if isinstance(host, str) and any(f'//{host}:' in url for url in URLS.values()):
            host = self._address(host)
        return self._resolve(host, *rest, **more)

    def _address(self, service: str) -> str:
        if service not in self._addresses:
            networks: dict[str, Row] = self.inspected(service)['NetworkSettings']['Networks']
            self._addresses[service] = next(each['IPAddress'] for each in networks.values() if each['IPAddress'])
        return self._addresses[service]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]
