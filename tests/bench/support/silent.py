"""A server that takes every connection and never says a word."""

from __future__ import annotations

import socket
import threading


class Silent:
    def __init__(self) -> None:
        self._listener = socket.create_server(('127.0.0.1', 0), backlog=1024)
        self._held: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()
        self.url = f'http://127.0.0.1:{self._listener.getsockname()[1]}'

    def _accept(self) -> None:
        while True:
            try:
                self._held.append(self._listener.accept()[0])
            except OSError:  # closed
                return

    def __enter__(self) -> Silent:
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listener, *self._held):
            one.close()
