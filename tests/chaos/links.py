"""Links between processes: TCP proxies that can fall silent or be cut, a partition, as far as one loopback can have one.

A silent link keeps every connection and carries nothing, not even an end; what was under way arrives when it is healed,
unless its sender has given it up by then. A cut one resets its connections and refuses new ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

CHUNK_BYTES = 65536


class Link:
    """Made by `Links.open`; thread-safe."""

    def __init__(self, loop: asyncio.AbstractEventLoop, target_port: int) -> None:
        self.port = 0  # where it listens
        self._loop, self._target_port = loop, target_port
        self._carries, self._refuses = asyncio.Event(), False
        self._carries.set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def listen(self) -> None:
        server = await asyncio.start_server(self._serve, '127.0.0.1', 0)
        self.port = server.sockets[0].getsockname()[1]

    def silence(self) -> None:
        self._on_loop(self._carries.clear)

    def cut(self) -> None:
        def act() -> None:
            self._refuses = True
            for writer in list(self._writers):
                writer.transport.abort()

        self._on_loop(act)

    def heal(self) -> None:
        def act() -> None:
            self._refuses = False
            self._carries.set()

        self._on_loop(act)

    def _on_loop(self, act: Callable[[], None]) -> None:
        done = threading.Event()

        def run() -> None:
            act()
            done.set()

        self._loop.call_soon_threadsafe(run)
        done.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._kept(writer):
            await self._carries.wait()
            if self._refuses or reader.exception():
                return
            with contextlib.suppress(OSError):
                far_reader, far_writer = await asyncio.open_connection('127.0.0.1', self._target_port)
                with self._kept(far_writer):
                    await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    @contextlib.contextmanager
    def _kept(self, writer: asyncio.StreamWriter):
        self._writers.add(writer)
        try:
            yield
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the end, which is handed on; raises OSError when either side has given up."""
        try:
            while data := await reader.read(CHUNK_BYTES):
                await self._carries.wait()
                if problem := reader.exception():
                    raise problem
                writer.write(data)
                await writer.drain()
        finally:
            await self._carries.wait()  # an end does not get through either
        writer.write_eof()


class Links:
    """All links of a run, on a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def open(self, target_port: int) -> Link:
        link = Link(self._loop, target_port)
        asyncio.run_coroutine_threadsafe(link.listen(), self._loop).result()
        return link
