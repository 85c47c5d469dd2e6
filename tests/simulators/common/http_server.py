"""A small HTTP/1.1 server with the socket in its own hand: it can close without an answer, reset, cut a body, hang."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MAX_HEADER_BYTES = 64 * 1024
MAX_BODY_BYTES = 8 * 1024 * 1024
IDLE_TIMEOUT_S = 300.0
JSON_TYPE = 'application/json; charset=utf-8'
REASONS = {
    200: 'OK',
    201: 'Created',
    302: 'Found',
    400: 'Bad Request',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'Not Found',
    405: 'Method Not Allowed',
    409: 'Conflict',
    422: 'Unprocessable Entity',
    429: 'Too Many Requests',
    500: 'Internal Server Error',
    502: 'Bad Gateway',
    503: 'Service Unavailable',
    504: 'Gateway Timeout',
}


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    peer: str
    number: int  # of this connection, from 1

    @property
    def path(self) -> str:
        return self.target.partition('?')[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(urllib.parse.parse_qsl(self.target.partition('?')[2], keep_blank_values=True))

    def json(self) -> Any:
        """The body as JSON; {} when it is empty. Raises ValueError."""
        return json.loads(self.body) if self.body else {}


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b''
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0
    nothing: bool = False  # close without a byte
    reset: bool = False  # … by RST
    hang: bool = False  # say nothing until the peer goes away
    cut_at: int | None = None  # announce the whole body, send only its beginning, close


def json_answer(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


HANG_UP = Answer(nothing=True)


class Routes:
    """Paths as regular expressions with named groups; the first that fits is called with the request and the groups."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = []

    def add(self, method: str, pattern: str, handler: Callable[..., Answer]) -> None:
        self._routes.append((method, re.compile(pattern), handler))

    def __call__(self, request: Request) -> Answer:
        path_known = False
        for method, pattern, handler in self._routes:
            if not (match := pattern.fullmatch(request.path)):
                continue
            if method == request.method:
                return handler(request, **match.groupdict())
            path_known = True
        return json_answer({'error': 'no such method' if path_known else 'no such path'}, 405 if path_known else 404)


@dataclass
class HttpServer:
    """Serves `handler` on any number of ports, one thread a connection. When it raises: `on_error`, and hangs up."""

    handler: Callable[[Request], Answer]
    address: str = '127.0.0.1'
    on_error: Callable[[Exception], None] = lambda error: None
    _listeners: dict[int, socket.socket] = field(default_factory=dict)

    def listen(self, port: int = 0) -> int:
        listener = socket.create_server((self.address, port), backlog=256)
        port = listener.getsockname()[1]
        self._listeners[port] = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return port

    def stop_listening(self, port: int) -> None:
        """From now on connections to this port are refused."""
        if listener := self._listeners.pop(port, None):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            listener.close()

    def close(self) -> None:
        for port in list(self._listeners):
            self.stop_listening(port)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, peer = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, peer[0]), daemon=True).start()

    def _serve(self, connection: socket.socket, peer: str) -> None:
        connection.settimeout(IDLE_TIMEOUT_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = _Reader(connection)
        try:
            with connection:
                number = 1
                while (request := reader.request(peer, number)) and self._answer(connection, request):
                    number += 1
        except OSError:
            pass  # the peer is gone

    def _answer(self, connection: socket.socket, request: Request) -> bool:
        """True when the connection stays open."""
        try:
            answer = self.handler(request)
        except Exception as error:  # pylint: disable=broad-except
            self.on_error(error)
            return False
        if answer.hang:
            _wait_for_close(connection, IDLE_TIMEOUT_S)
            return False
        if answer.delay_s and _wait_for_close(connection, answer.delay_s):
            return False
        if answer.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        if answer.nothing or answer.reset:
            return False
        keep = request.headers.get('connection', '').lower() != 'close' and answer.cut_at is None
        connection.sendall(_head(answer, keep) + answer.body[: answer.cut_at])
        return keep


class _Reader:
    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._buffer = connection, b''

    def _more(self) -> bool:
        data = self._connection.recv(65536)
        self._buffer += data
        return bool(data)

    def request(self, peer: str, number: int) -> Request | None:
        """None when the peer closed before a whole request was here: a part of one is never acted on."""
        while b'\r\n\r\n' not in self._buffer:
            if len(self._buffer) > MAX_HEADER_BYTES or not self._more():
                return None
        head, _, self._buffer = self._buffer.partition(b'\r\n\r\n')
        line, *fields = head.decode('latin-1').split('\r\n')
        parts = line.split(' ')
        if len(parts) != 3:
            return None
        headers = {name.strip().lower(): value.strip() for name, _, value in (text.partition(':') for text in fields)}
        length = int(headers.get('content-length') or 0)
        if length > MAX_BODY_BYTES or 'transfer-encoding' in headers:
            return None
        if headers.get('expect', '').lower() == '100-continue':
            self._connection.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
        while len(self._buffer) < length:
            if not self._more():
                return None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        if parts[2] == 'HTTP/1.0' and headers.get('connection', '').lower() != 'keep-alive':
            headers['connection'] = 'close'
        return Request(parts[0], parts[1], headers, body, peer, number)


def _head(answer: Answer, keep: bool) -> bytes:
    lines = [
        f'HTTP/1.1 {answer.status} {REASONS.get(answer.status, "Status")}',
        f'Content-Type: {answer.content_type}',
        f'Content-Length: {len(answer.body)}',
        f'Connection: {"keep-alive" if keep else "close"}',
    ]
    lines += [f'{name}: {value}' for name, value in answer.headers]
    return ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1')


def _wait_for_close(connection: socket.socket, timeout_s: float) -> bool:
    """Waits; True when the peer closed meanwhile."""
    connection.settimeout(timeout_s)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b''
    except TimeoutError:
        return False
    finally:
        connection.settimeout(IDLE_TIMEOUT_S)
