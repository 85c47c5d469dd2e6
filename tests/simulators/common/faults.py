"""Faults armed over /_sim/faults: each hits the next `count` subjects it matches, in the order of arming."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Subject = Mapping[str, Any]


class BadFault(ValueError):
    """What was asked to be armed makes no sense; the text says why."""


@dataclass
class Fault:
    name: str
    count: int | None
    match: dict[str, Any]
    parameters: dict[str, Any] = field(default_factory=dict)

    def fits(self, subject: Subject) -> bool:
        return all(subject.get(name) == value for name, value in self.match.items())

    def as_json(self) -> dict[str, Any]:
        return {'fault': self.name, 'count': self.count, 'match': self.match, **self.parameters}


class Faults:
    """Thread-safe. `kinds`: name -> its parameters with their defaults."""

    def __init__(self, kinds: Mapping[str, Mapping[str, Any]], match_keys: Iterable[str]) -> None:
        self._kinds, self._match_keys = kinds, set(match_keys)
        self._armed: list[Fault] = []
        self._lock = threading.Lock()

    def arm(self, wanted: Any) -> Fault:
        if not isinstance(wanted, dict) or wanted.get('fault') not in self._kinds:
            raise BadFault(f'"fault" is one of: {", ".join(sorted(self._kinds))}')
        name, count, match = wanted['fault'], wanted.get('count', 1), wanted.get('match', {})
        if not (count is None or (isinstance(count, int) and count > 0)):
            raise BadFault('"count" is a number from 1, or null')
        if not isinstance(match, dict) or not set(match) <= self._match_keys:
            raise BadFault(f'"match" takes: {", ".join(sorted(self._match_keys))}')
        given = {key: value for key, value in wanted.items() if key not in ('fault', 'count', 'match')}
        if not set(given) <= set(self._kinds[name]):
            raise BadFault(f'{name} takes: {", ".join(self._kinds[name]) or "nothing"}')
        fault = Fault(name, count, match, {**self._kinds[name], **given})
        with self._lock:
            self._armed.append(fault)
        return fault

    def take(self, names: Iterable[str], subject: Subject) -> Fault | None:
        """The first armed fault of these names that fits; it counts as used."""
        with self._lock:
            for fault in self._armed:
                if fault.name in names and fault.fits(subject):
                    if fault.count is not None:
                        fault.count -= 1
                        if fault.count == 0:
                            self._armed.remove(fault)
                    return fault
        return None

    def holds(self, name: str, subject: Subject) -> bool:
        """Whether a standing fault fits; nothing is used up."""
        with self._lock:
            return any(fault.name == name and fault.fits(subject) for fault in self._armed)

    def armed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [fault.as_json() for fault in self._armed]

    def disarm(self) -> None:
        with self._lock:
            self._armed.clear()
