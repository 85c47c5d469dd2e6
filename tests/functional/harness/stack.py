"""The stack under test: ./dev with a state folder of its own and short timers."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass, replace
from typing import Any

from harness.command import output_of
from harness.waiting import eventually

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / 'deploy' / 'kafka'))

import properties

UP_WITHIN_S = 600.0
COMMAND_WITHIN_S = 60.0

# design.md 3.4, shortened. BIT_QUIET stays longer than BIT_TIMEOUT: bytes given up are older than the answer they miss.
TIMERS = {
    'KASSAFLOW_ITKASSA_TIMEOUT': '3s',
    'KASSAFLOW_ITKASSA_POLL': '200ms',
    'KASSAFLOW_ITKASSA_QUERY_DELAY': '200ms',
    'KASSAFLOW_ITKASSA_REPOST_GRACE': '2s',
    'KASSAFLOW_BIT_CONNECT_TIMEOUT': '1s',
    'KASSAFLOW_BIT_TIMEOUT': '2s',
    'KASSAFLOW_BIT_QUIET': '5s',
    'KASSAFLOW_RETRY_MIN': '200ms',
    'KASSAFLOW_RETRY_MAX': '2s',
    'KASSAFLOW_REGISTER_HEALTH': '500ms',
    'KASSAFLOW_PUSH_DELAY': '100ms',
    'KASSAFLOW_PUSH_RETRY_MIN': '200ms',
    'KASSAFLOW_PUSH_RETRY_MAX': '1s',
    'KASSAFLOW_LEASE': '4s',
    'KASSAFLOW_ALLOW_PRIVATE_ENDPOINTS': '1',
}
BIT_QUIET_S, REPOST_GRACE_S, LEASE_S = 5.0, 2.0, 4.0
SHORTEST_BACK_OFF_S = 0.1  # half of RETRY_MIN: the jitter takes the other half
REFUSALS_BEFORE_HELD = 5  # the default


@dataclass(frozen=True)
class Command:
    """How a process is started; user and group None: ours."""

    arguments: list[str]
    environment: dict[str, str]
    folder: pathlib.Path = ROOT
    user: int | None = None
    group: int | None = None

    @classmethod
    def of(cls, pid: int) -> Command:
        process = pathlib.Path(f'/proc/{pid}')
        owner = process.stat()
        foreign = owner.st_uid != os.geteuid()
        return cls(
            _words(process / 'cmdline'),
            {name: value for name, _, value in (word.partition('=') for word in _words(process / 'environ'))},
            (process / 'cwd').readlink(),
            owner.st_uid if foreign else None,
            owner.st_gid if foreign else None,
        )


def _words(path: pathlib.Path) -> list[str]:
    return path.read_bytes().decode().rstrip('\0').split('\0')


def pid_name(process: str) -> str:
    """The variable of `./dev env` with its pid."""
    return f'PID_{process.upper().replace("-", "_")}'


class Stack:
    def __init__(self, state_dir: pathlib.Path) -> None:
        self.state_dir = state_dir
        self._environment = {**os.environ, **TIMERS, 'KASSAFLOW_STATE_DIR': str(state_dir)}
        self.env: dict[str, str] = {}
        self._children: list[subprocess.Popen[bytes]] = []
        self._commands: dict[str, Command] = {}

    @classmethod
    def of_this_test(cls) -> Stack:
        """KASSAFLOW_STATE_DIR names it; ctest sets one per kind of test."""
        named = os.environ.get('KASSAFLOW_STATE_DIR')
        return cls(pathlib.Path(named) if named else ROOT / 'build' / 'test-stack')

    def dev(self, *arguments: str, within_s: float = COMMAND_WITHIN_S) -> str:
        return output_of(
            f'./dev {" ".join(arguments)}', [ROOT / 'dev', *arguments], within_s, ROOT, self._environment
        )

    def up(self, fiscalizers: int = 1) -> None:
        """Starts what is down; what runs stays as it is."""
        self.dev('up', '--fiscalizers', str(fiscalizers), within_s=UP_WITHIN_S)
        self.refresh()

    def down(self) -> None:
        self.dev('down', '--wipe', within_s=UP_WITHIN_S)

    def refresh(self) -> None:
        words = shlex.split(self.dev('env'), comments=True)
        self.env = {
            name.removeprefix('KASSAFLOW_'): value for name, _, value in (word.partition('=') for word in words)
        }

    def url(self, name: str) -> str:
        return self.env[f'{name}_URL'].rstrip('/')

    # --- kassactl ---

    def kassactl(self, *arguments: str, token_file: str = '') -> tuple[int, str, str]:
        """By the operator, or whose token that file holds."""
        environment = self._environment | {f'KASSAFLOW_{name}': value for name, value in self.env.items()}
        if token_file:
            environment['KASSAFLOW_TOKEN_FILE'] = token_file
        done = subprocess.run(
            [self.kassactl_path(), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN_S,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def kassactl_json(self, *arguments: str) -> Any:
        """None when it fails."""
        code, out, _ = self.kassactl(*arguments, '-o', 'json')
        return json.loads(out) if code == 0 else None

    def register_is_up(self, identifier: str) -> bool:
        return bool(self.register(identifier).get('up'))

    def register(self, identifier: str) -> dict[str, Any]:
        """Its row of `registers list`; empty while no worker drives it."""
        listed = self.kassactl_json('registers', 'list') or []
        return next((each for each in listed if each['register'] == identifier), {})

    def apply(self, documents: list[dict[str, Any]]) -> None:
        with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
            file.write('\n---\n'.join(json.dumps(each, ensure_ascii=False) for each in documents))  # JSON is YAML
            file.flush()
            code, out, err = self.kassactl('apply', '-f', file.name)
        if code:
            raise AssertionError(f'kassactl apply: exit code {code}\n{out}{err}')

    def kassactl_path(self) -> pathlib.Path:
        return self._bin_dir() / 'kassactl'

    def _bin_dir(self) -> pathlib.Path:
        named = self._environment.get('KASSAFLOW_BIN_DIR')
        return (
            pathlib.Path(named)
            if named
            else ROOT / 'build' / self._environment.get('KASSAFLOW_PRESET', 'release') / 'bin'
        )

    def setting(self, service: str, key: str) -> str:
        """As ./dev wrote it."""
        text = (self.state_dir / 'run' / f'{service}.yaml').read_text()
        found = re.search(rf'(?m)^{key}: "?(.*?)"?$', text)
        assert found, f'{service} has no {key}'
        return found[1]

    def kafka_properties(self) -> dict[str, str]:
        """The administrator's, as confluent_kafka takes them."""
        return properties.read(self.env['KAFKA_CONFIG'])

    # --- processes ---

    def pid(self, name: str) -> int:
        return int(self.env[pid_name(name)])

    def runs(self, name: str) -> bool:
        try:
            return stat_fields(self.pid(name))[0] not in 'ZX'
        except (OSError, KeyError):
            return False

    def kill(self, name: str) -> None:
        """kill -9, and gone, with its workers."""
        os.killpg(self.pid(name), signal.SIGKILL)
        eventually(lambda: not self.runs(name), f'{name} is gone')

    def start(self, name: str, preload: str = '', **settings: str) -> None:
        """One service with the configuration ./dev wrote, without what ./dev up would start beside it. `preload`: a
        library of the build that it loads first."""
        binary = re.sub(r'-\d+$', '', name)
        self._launch(
            name,
            Command(
                [str(self._bin_dir() / binary), 'serve', '--config', str(self.state_dir / 'run' / f'{name}.yaml')],
                self.settings(**settings) | ({'LD_PRELOAD': str(self._bin_dir().parent / preload)} if preload else {}),
            ),
        )

    def settings(self, **settings: str) -> dict[str, str]:
        """The environment of a service with these instead of its configuration's."""
        return self._environment | {f'KASSAFLOW_{key.upper()}': value for key, value in settings.items()}

    def remember(self, name: str) -> None:
        """How ./dev started it, for `start_again`."""
        self._commands[name] = Command.of(self.pid(name))

    def start_again(self, name: str) -> None:
        """As it was when it was remembered, alone and at once; where there are two versions, of the other one."""
        self._launch(name, self._of_the_other_version(self._commands[name]))

    def _of_the_other_version(self, command: Command) -> Command:
        other = self._environment.get('KASSAFLOW_OTHER_BIN_DIR')
        program = pathlib.Path(command.arguments[0])
        ours = self._bin_dir()
        if not other or program.parent not in (ours, pathlib.Path(other)):
            return command
        folder = pathlib.Path(other) if program.parent == ours else ours
        return replace(command, arguments=[str(folder / program.name), *command.arguments[1:]])

    def _launch(self, name: str, command: Command) -> None:
        self._commands[name] = command
        for child in self._children:
            child.poll()  # a zombie's pid looks alive to PostgreSQL
        with open(self.state_dir / 'log' / f'{name}.log', 'ab') as log:
            process = subprocess.Popen(
                command.arguments,
                env=command.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=command.folder,
                user=command.user,
                group=command.group,
                extra_groups=None if command.user is None else [],
                start_new_session=True,
            )
        self._children.append(process)
        # As ./dev notes it, so that ./dev knows it and ./dev down ends it, whatever becomes of us.
        started = stat_fields(process.pid)[19]
        (self.state_dir / 'run' / f'{name}.pid').write_text(f'{process.pid} {started}\n')
        self.env[pid_name(name)] = str(process.pid)

    def tool(self, name: str, verb: str) -> None:
        """A sub-command of a service, with the configuration ./dev wrote."""
        subprocess.run(
            [self._bin_dir() / name, verb, '--config', self.state_dir / 'run' / f'{name}.yaml'],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_WITHIN_S,
            check=True,
        )

    def pause(self, name: str) -> None:
        pid = self.pid(name)
        os.kill(pid, signal.SIGSTOP)
        eventually(lambda: stat_fields(pid)[0] == 'T', f'{name} stands still')

    def resume(self, name: str) -> None:
        if self.runs(name):  # a worker may have been ended by its own timer meanwhile
            os.kill(self.pid(name), signal.SIGCONT)

    def restart(self, name: str, preload: str = '', **settings: str) -> None:
        """One service with other settings; `up` does not undo them."""
        self.kill(name)
        self.start(name, preload, **settings)
        eventually(lambda: self.is_ready(name), f'{name} is ready')

    def metrics(self, name: str) -> str:
        """What the service tells now."""
        with urllib.request.urlopen(self.env[f'METRICS_{name.upper().replace("-", "_")}'], timeout=30) as answer:
            return answer.read().decode()

    def figure(self, name: str, series: str) -> float:
        """Of one series, written as the service writes it: `name{label="value"}`."""
        lines = self.metrics(name).splitlines()
        return next(float(line.split()[-1]) for line in lines if line.startswith(f'{series} '))

    def is_ready(self, name: str) -> bool:
        try:
            with urllib.request.urlopen(self.env[f'METRICS_{name.upper().replace("-", "_")}'].replace('/metrics', '/readyz'), timeout=5):
                return True
        except OSError:
            return False

    def events(self, event: str, **fields: str) -> list[dict[str, Any]]:
        """What the fiscalizer logged under that name, with these fields."""
        lines = (line for line in self.log('fiscalizer').splitlines() if f'"event":"{event}"' in line)
        return [row for row in map(json.loads, lines) if all(row.get(key) == value for key, value in fields.items())]

    def log(self, name: str) -> str:
        path = self.state_dir / 'log' / f'{name}.log'
        return path.read_text(errors='replace') if path.exists() else ''


def stat_fields(pid: int | str) -> list[str]:
    """Those of /proc/PID/stat after the command; the first is the state."""
    return pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(') ')[2].split()
