"""HTTP as tests need it: JSON with the simulators, and a portal's raw view of the gateway's answers."""

from __future__ import annotations

import http.client
import json
import socket
import urllib.parse
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 60.0
FORM = 'application/x-www-form-urlencoded'


def call(method: str, url: str, body: Any = None) -> Any:
    """JSON out, JSON in; raises unless the status is 2xx."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or '', parts.port, timeout=TIMEOUT_S)
    try:
        target = parts.path + (f'?{parts.query}' if parts.query else '')
        connection.request(method, target, None if body is None else json.dumps(body), {'Connection': 'close'})
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise AssertionError(f'{method} {url} answered {answer.status}: {text.decode("utf-8", "replace")}')
    return json.loads(text)


@dataclass(frozen=True)
class PortalAnswer:
    """Bytes of one answer, read until the gateway closed."""

    raw: bytes

    @property
    def status(self) -> int:
        return int(self.raw.split(b' ', 2)[1])

    @property
    def headers(self) -> dict[str, str]:
        lines = self.raw.partition(b'\r\n\r\n')[0].decode('latin-1').split('\r\n')[1:]
        return {name.strip().lower(): value.strip() for name, _, value in (line.partition(':') for line in lines)}

    @property
    def body(self) -> bytes:
        return self.raw.partition(b'\r\n\r\n')[2]

    def problem(self) -> str:
        """Why a portal could not live with it (bitrix24.md §3.2); '' when it can."""
        if not self.raw:
            return 'no answer'
        if self.status != 200:
            return f'status {self.status}'
        if 'location' in self.headers or 'transfer-encoding' in self.headers:
            return 'Location or Transfer-Encoding'
        if self.headers.get('content-length') != str(len(self.body)):
            return f'Content-Length {self.headers.get("content-length")} of {len(self.body)} bytes'
        try:
            value = json.loads(self.body)
        except ValueError:
            return 'not JSON'
        return '' if isinstance(value, dict) else 'not an object'

    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


def portal_post(url: str, body: bytes, method: str = 'POST', content_type: str = FORM) -> PortalAnswer:
    """One request with a portal's headers; everything that comes back."""
    parts = urllib.parse.urlsplit(url)
    head = (
        f'{method} {parts.path} HTTP/1.1\r\nHost: {parts.hostname}\r\n'
        'Connection: close\r\nAccept: */*\r\nAccept-Language: en\r\n'
        f'Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n'
    )
    return raw_exchange(url, head.encode('latin-1') + body)


def raw_exchange(url: str, data: bytes) -> PortalAnswer:
    parts = urllib.parse.urlsplit(url)
    received = b''
    with socket.create_connection((parts.hostname or '', parts.port or 80), TIMEOUT_S) as connection:
        try:
            connection.sendall(data)
            while more := connection.recv(65536):
                received += more
        except (ConnectionResetError, BrokenPipeError):
            pass  # what came before is the answer
    return PortalAnswer(received)
