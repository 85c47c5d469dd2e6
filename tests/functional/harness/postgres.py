"""The stack's PostgreSQL as its operator has it: backups, a standby, another folder in its place."""

from __future__ import annotations

import os
import pathlib
import shutil
import socket
import subprocess
import urllib.parse

from harness.stack import Stack, stat_fields
from harness.waiting import eventually

BIN = pathlib.Path('/usr/lib/postgresql/15/bin')
WITHIN_S = 120.0


class Postgres:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.home = pathlib.Path((stack.state_dir / 'postgres_home').read_text().strip())
        self.uri = stack.env['POSTGRES']
        self.port = urllib.parse.urlsplit(self.uri).port or 0
        self._standby: subprocess.Popen[bytes] | None = None
        self._standby_port = 0

    def sql(self, statement: str) -> str:
        return self._query(self.uri, statement)

    def sql_in(self, uri: str, statement: str) -> str:
        return self._query(uri, statement)

    # --- backups ---

    def copy_database(self, name: str) -> None:
        """All of it as it is at one moment, beside it."""
        self.sql(f'create database {name}')
        copy = urllib.parse.urlsplit(self.uri)._replace(path=f'/{name}').geturl()
        with subprocess.Popen(['pg_dump', '-d', self.uri], stdout=subprocess.PIPE) as dump:
            subprocess.run(
                ['psql', '-X', '-q', '-d', copy], stdin=dump.stdout, stdout=subprocess.DEVNULL, timeout=WITHIN_S, check=True
            )
        assert dump.returncode == 0

    def back_up(self, name: str) -> None:
        """While it runs, as pg_basebackup does it."""
        self._run(BIN / 'pg_basebackup', '-D', self.home / name, '-d', self.uri, '-X', 'stream', '-c', 'fast')

    def restore(self, name: str) -> None:
        """It dies, and what was backed up takes its place."""
        self._die()
        self._put_in_place(name)

    # --- a synchronous standby ---

    def have_standby(self) -> None:
        self._run(BIN / 'pg_basebackup', '-D', self.home / 'standby', '-d', self.uri, '-X', 'stream', '-c', 'fast', '-R')
        self._standby_port = free_port()
        self._standby = self._launch('standby', self._standby_port)
        self.sql("alter system set synchronous_standby_names = '*'")
        self.sql('select pg_reload_conf()')
        eventually(lambda: self.sql('select sync_state from pg_stat_replication') == 'sync', 'a standby is in sync')

    def fail_over(self) -> None:
        """The primary dies; the standby is promoted, and gets its address."""
        assert self._standby
        self._die()
        promoted = self.uri.replace(f':{self.port}/', f':{self._standby_port}/')
        self._query(promoted, 'select pg_promote()')
        eventually(lambda: self._query(promoted, 'select pg_is_in_recovery()') == 'f', 'the standby is the primary')
        self._standby.send_signal(2)  # SIGINT: a fast shutdown
        self._standby.wait(WITHIN_S)
        self._put_in_place('standby')

    # ---

    def _die(self) -> None:
        self._stack.kill('postgres')
        eventually(lambda: not self._left(), 'its children are gone, too')

    def _left(self) -> list[str]:
        """A killed postmaster's children make sessions of their own; their working folder is its data."""
        left = []
        for process in pathlib.Path('/proc').iterdir():
            try:
                if process.name.isdigit() and os.readlink(process / 'cwd') == str(self.home / 'data'):
                    left.append(process.name)
            except OSError:
                continue
        return left

    def _put_in_place(self, name: str) -> None:
        aside = self.home / f'before-{name}'
        shutil.rmtree(aside, ignore_errors=True)
        (self.home / 'data').rename(aside)
        (self.home / name).rename(self.home / 'data')
        process = self._launch('data', self.port)
        # As ./dev notes it.
        (self._stack.state_dir / 'run' / 'postgres.pid').write_text(f'{process.pid} {stat_fields(process.pid)[19]}\n')
        self._stack.env['PID_POSTGRES'] = str(process.pid)
        eventually(lambda: self._answers(self.port), 'PostgreSQL answers')

    def _launch(self, folder: str, port: int) -> subprocess.Popen[bytes]:
        options = ['listen_addresses=127.0.0.1', f'port={port}', 'unix_socket_directories=', 'ssl=on', 'max_connections=200']
        with open(self._stack.state_dir / 'log' / 'postgres.log', 'ab') as log:
            process = subprocess.Popen(
                [
                    *_as_its_user(),
                    BIN / 'postgres',
                    '-D',
                    self.home / folder,
                    *(word for option in options for word in ('-c', option)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd='/',
                start_new_session=True,
            )
        eventually(lambda: self._answers(port), f'{folder} answers')
        return process

    @staticmethod
    def _answers(port: int) -> bool:
        asked = [str(BIN / 'pg_isready'), '-q', '-h', '127.0.0.1', '-p', str(port)]
        return subprocess.run(asked, check=False).returncode == 0

    @staticmethod
    def _query(uri: str, statement: str) -> str:
        done = subprocess.run(
            ['psql', '-X', '-A', '-t', '-q', '-d', uri, '-c', statement],
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=True,
        )
        return done.stdout.strip()

    @staticmethod
    def _run(*command: str | pathlib.Path) -> None:
        whole: list[str | pathlib.Path] = [*_as_its_user(), *command]
        subprocess.run(whole, check=True, capture_output=True, timeout=WITHIN_S, cwd='/')


def _as_its_user() -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'] if os.geteuid() == 0 else []


def free_port() -> int:
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]
