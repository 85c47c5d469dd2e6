"""Who floods: each is a process, or some, that sends as fast as it can until it is told to stop."""

from __future__ import annotations

import contextlib
import multiprocessing
import pathlib
import resource
import selectors
import socket
import subprocess
import tempfile
import urllib.parse
from collections.abc import Iterator

HERE = pathlib.Path(__file__).resolve().parent
FORM = 'Content-Type: application/x-www-form-urlencoded'
FOR_EVER = '1h'


@contextlib.contextmanager
def same_request(url: str, connections: int, body: bytes, *headers: str) -> Iterator[None]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        with _wrk(url, connections, 'flood.lua', file.name, *(headers or (FORM,))):
            yield


@contextlib.contextmanager
def different_checks(url: str, connections: int, template: str, boxes: int, first_id: int) -> Iterator[None]:
    with tempfile.NamedTemporaryFile('w', suffix='.form') as file:
        file.write(template)
        file.flush()
        with _wrk(url, connections, 'post.lua', file.name, str(first_id), str(boxes), '0', '0'):
            yield


@contextlib.contextmanager
def _wrk(url: str, connections: int, script: str, *arguments: str) -> Iterator[None]:
    command = ['wrk', '-t1', f'-c{connections}', f'-d{FOR_EVER}', '--timeout', '10s', '-s', str(HERE / script), url, '--', *arguments]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield
        if process.poll() is not None:
            raise AssertionError(f'wrk ended by itself: exit code {process.returncode}')
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def half_sent(url: str, connections: int, begin: bytes) -> Iterator[None]:
    """So many connections that have sent that and no more; one that is closed is opened again."""
    parts = urllib.parse.urlsplit(url)
    process = multiprocessing.Process(target=_hold, args=((parts.hostname, parts.port), connections, begin), daemon=True)
    process.start()
    try:
        yield
        if not process.is_alive():
            raise AssertionError(f'who held half-sent requests ended by itself: exit code {process.exitcode}')
    finally:
        process.kill()
        process.join()


def _hold(address: tuple[str, int], connections: int, begin: bytes) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    selector, held = selectors.DefaultSelector(), dict[int, socket.socket]()
    while True:
        while len(held) < connections:
            with contextlib.suppress(OSError):
                connection = socket.create_connection(address)
                connection.sendall(begin)
                selector.register(connection, selectors.EVENT_READ)
                held[connection.fileno()] = connection
        for key, _ in selector.select():
            selector.unregister(key.fileobj)
            held.pop(key.fd).close()
