"""For the simulators' own tests: one started in-process on a free port, and a client that uses a connection as told."""

from __future__ import annotations

import http.client
import json
import pathlib
import tempfile
import time
import unittest
from collections.abc import Callable
from typing import Any

from common.simulator import Simulator

PATIENCE_S = 20.0


class SimulatorTest(unittest.TestCase):
    create: Callable[[pathlib.Path], Simulator]

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.start()

    def start(self) -> None:
        self.simulator = type(self).create(self.folder)
        self.port = self.simulator.server.listen()
        self.addCleanup(self.simulator.server.close)
        self.addCleanup(self.simulator.ledger.close)

    def restart(self) -> None:
        """As after kill -9: what is not in the ledger is gone."""
        self.simulator.server.close()
        self.start()

    def connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE_S)
        self.addCleanup(connection.close)
        return connection

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        connection: http.client.HTTPConnection | None = None,
    ) -> tuple[int, Any]:
        """Status and JSON. Raises when the connection is closed without an answer."""
        connection = connection or self.connect()
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        connection.request(method, path, data, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None

    def arm(self, fault: str, **more: Any) -> None:
        status, said = self.call('POST', '/_sim/faults', {'fault': fault, **more})
        self.assertEqual(status, 201, said)

    def rows(self, event: str, **where: Any) -> list[dict[str, Any]]:
        return self.simulator.ledger.rows(event=event, **where)

    def wait_for(self, condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE_S
        while not (value := condition()):
            self.assertLess(time.monotonic(), deadline, 'the condition never held')
            time.sleep(0.01)
        return value
