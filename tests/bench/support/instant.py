"""instant_register as a process."""

from __future__ import annotations

import pathlib
import subprocess

from harness.wire import call


class InstantRegisters:
    def __init__(self, build: pathlib.Path, port: int = 0, first_document: int = 1) -> None:
        self._process = subprocess.Popen(
            [build / 'bench' / 'instant_register', '--port', str(port), '--first-document', str(first_document)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        said = self._process.stdout.readline().split()
        if said[:1] != ['port']:
            raise AssertionError('instant_register did not start')
        self.url = f'http://127.0.0.1:{said[1]}'

    def printed(self) -> int:
        return call('GET', self.url)['receipts']

    def __enter__(self) -> InstantRegisters:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
