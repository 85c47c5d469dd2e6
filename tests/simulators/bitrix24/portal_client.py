"""The portal's own HTTP client, with its habits (bitrix24.md §3): what it sends, follows and takes for an answer."""

from __future__ import annotations

import gzip
import socket
import ssl
import urllib.parse
from dataclasses import dataclass

CONNECT_TIMEOUT_S = 30.0
READ_TIMEOUT_S = 60.0  # without any byte
MAX_HOPS = 5
FORM = 'application/x-www-form-urlencoded'


class Problem(Exception):
    """The transport failed; the text is what a manager would see."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    hops: int


def post(url: str, body: bytes, read_timeout_s: float = READ_TIMEOUT_S) -> Reply:
    """Raises Problem. A Location is followed whatever the status; 302 and 303 turn into GET."""
    method = 'POST'
    for hop in range(MAX_HOPS + 1):
        status, headers, text = _exchange(method, url, body, read_timeout_s)
        if 'location' not in headers:
            return Reply(status, text, hop)
        url = urllib.parse.urljoin(url, headers['location'])
        method = 'GET' if status in (302, 303) else method
    raise Problem(f'Too many redirects: {url}')


def request_bytes(method: str, url: str, body: bytes) -> bytes:
    parts = urllib.parse.urlsplit(url)
    target = (parts.path or '/') + (f'?{parts.query}' if parts.query else '')
    content_type = f'Content-Type: {FORM}\r\n' if method == 'POST' else ''  # lost when a redirect made it a GET
    head = (
        f'{method} {target} HTTP/1.1\r\nHost: {parts.hostname}\r\n'
        'Connection: close\r\nAccept: */*\r\nAccept-Language: en\r\n'
        f'{content_type}Content-Length: {len(body)}\r\n\r\n'
    )
    return head.encode('latin-1') + body


def _exchange(method: str, url: str, body: bytes, read_timeout_s: float) -> tuple[int, dict[str, str], bytes]:
    parts = urllib.parse.urlsplit(url)
    secure = parts.scheme == 'https'
    try:
        connection = socket.create_connection(
            (parts.hostname or '', parts.port or (443 if secure else 80)), CONNECT_TIMEOUT_S
        )
        with connection:
            connection.settimeout(read_timeout_s)
            if secure:
                connection = ssl.create_default_context().wrap_socket(connection, server_hostname=parts.hostname)
            connection.sendall(request_bytes(method, url, body))
            return _read_answer(connection)
    except (OSError, ValueError) as error:
        raise Problem(f'{type(error).__name__}: {error}') from error


def _read_answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """An interim answer is taken for the final one."""
    data = b''
    while b'\r\n\r\n' not in data:
        if not (more := connection.recv(65536)):
            raise Problem('The connection was closed without an answer')
        data += more
    head, _, body = data.partition(b'\r\n\r\n')
    line, *fields = head.decode('latin-1').split('\r\n')
    status = int(line.split(' ')[1])
    headers = {name.strip().lower(): value.strip() for name, _, value in (field.partition(':') for field in fields)}
    if 100 <= status < 200:
        return status, headers, b''
    if 'content-length' in headers:
        length = int(headers['content-length'])
        while len(body) < length and (more := connection.recv(65536)):
            body += more
        body = body[:length]
    else:
        while more := connection.recv(65536):  # the terminating chunk is not recognised: a time-out is a Problem
            body += more
        if headers.get('transfer-encoding', '').lower() == 'chunked':
            body = _dechunked(body)
    if headers.get('content-encoding', '').lower() == 'gzip':
        body = gzip.decompress(body)
    return status, headers, body


def _dechunked(data: bytes) -> bytes:
    result = b''
    while data:
        size, _, rest = data.partition(b'\r\n')
        length = int(size.partition(b';')[0], 16)
        if length == 0:
            break
        result, data = result + rest[:length], rest[length + 2 :]
    return result
