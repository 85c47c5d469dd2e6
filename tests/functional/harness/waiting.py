"""Waiting for conditions. Tests never sleep: a deadline is only reached when something is broken."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 120.0
LOOK_EVERY_S = 0.05


class NeverHappened(AssertionError):
    pass


def eventually(
    condition: Callable[[], Any], what: str, within_s: float = PATIENCE_S, seen: Callable[[], Any] | None = None
) -> Any:
    """The condition's first true value; `seen` explains what was there instead."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise NeverHappened(f'{what}: not within {within_s:g} s' + (f'; saw {seen()}' if seen else ''))
        time.sleep(LOOK_EVERY_S)
    return value
