"""The append-only ledger of a simulator: one JSON object a line, on disk before it counts."""

from __future__ import annotations

import json
import os
import pathlib
import threading
import time
from typing import Any

Row = dict[str, Any]


class Ledger:
    """Thread-safe. Rows have `row` (from 1), `time` (Unix seconds) and `event`."""

    def __init__(self, path: pathlib.Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._rows: list[Row] = []
        self._file = open(path, 'a+b')  # noqa: SIM115  # lives as long as this object
        self._read()

    def _read(self) -> None:
        self._file.seek(0)
        whole = 0
        for line in self._file.read().splitlines(keepends=True):
            if not line.endswith(b'\n'):
                break  # killed while writing: it was never acted on
            self._rows.append(json.loads(line))
            whole += len(line)
        self._file.truncate(whole)

    def append(self, event: str, **fields: Any) -> Row:
        with self._lock:
            row = {'row': len(self._rows) + 1, 'time': round(time.time(), 3), 'event': event, **fields}
            self._file.write(json.dumps(row, ensure_ascii=False).encode() + b'\n')
            self._file.flush()
            os.fsync(self._file.fileno())
            self._rows.append(row)
            return row

    def rows(self, **where: Any) -> list[Row]:
        with self._lock:
            return [row for row in self._rows if all(row.get(name) == value for name, value in where.items())]

    def close(self) -> None:
        with self._lock:
            self._file.close()
