"""Stops a worker between arm and write (exactly-once.md 3): strace sends it SIGSTOP as it sets the timer that guards the bytes."""

from __future__ import annotations

import pathlib
import subprocess
import tempfile


class Freezer:
    """Strikes once. Leaving the context takes strace away; who was stopped and still runs stays stopped."""

    def __init__(self, pid: int) -> None:
        self._said = pathlib.Path(tempfile.mkstemp(suffix='.strace')[1])
        stops = ['-e', 'trace=timer_settime', '-e', 'inject=timer_settime:signal=SIGSTOP:when=1']
        self._tracer = subprocess.Popen(
            ['strace', '-f', '-o', str(self._said), *stops, '-p', str(pid)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def has_struck(self) -> bool:
        return 'stopped by SIGSTOP' in self._said.read_text()

    def __enter__(self) -> Freezer:
        return self

    def __exit__(self, *_: object) -> None:
        self._tracer.kill()
        self._tracer.wait()
        self._said.unlink()
