"""The ports for Graphite's plaintext protocol, open as long as the application runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from obsv.config.model import Graphite
from obsv.core.address import parse_address
from obsv.core.clock import Clock
from obsv.core.telemetry import REGISTRY
from obsv.metrics.ingest.door import Door
from obsv.metrics.ingest.graphite.lines import Splitter
from obsv.metrics.ingest.graphite.writer import BAD_LINES, BatchWriter, Organisation

CHUNK = 16_384
"""Bytes that are read of a connection before the others have their turn."""
IDLE_S = 900.0
"""A connection over which nothing comes for so long is closed; senders connect again."""

CONNECTIONS = REGISTRY.gauge("obsv_graphite_connections", "Connections that send Graphite's protocol.")
TURNED_AWAY = REGISTRY.counter("obsv_graphite_turned_away_total", "Connections over the limit, closed at once.")


class Port:
    """One port, and its connections."""

    def __init__(self, options: Graphite, writer: BatchWriter) -> None:
        self._options, self._writer = options, writer
        self._connections: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Listen while inside; what has come is written before it leaves.  Raises OSError: the address is taken."""
        host, number = parse_address(self._options.listen)
        server = await asyncio.start_server(self._connected, host, number, limit=CHUNK)
        writing = asyncio.create_task(self._writer.run(), name=f"graphite {self._options.listen}")
        try:
            yield
        finally:
            server.close()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            await server.wait_closed()
            self._writer.stop()
            await writing

    def _connected(self, reader: asyncio.StreamReader, stream: asyncio.StreamWriter) -> None:
        if len(self._connections) >= self._options.max_connections:
            TURNED_AWAY.add()
            stream.close()
            return
        connection = asyncio.create_task(self._serve(reader, stream), name="graphite connection")
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, stream: asyncio.StreamWriter) -> None:
        CONNECTIONS.add(1)
        try:
            # OSError: it broke, or nothing came.
            with suppress(OSError):
                await self._read(reader)
        finally:
            CONNECTIONS.add(-1)
            stream.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        splitter = Splitter(self._options.max_line_bytes)
        while True:
            async with asyncio.timeout(IDLE_S):
                chunk = await reader.read(CHUNK)
            left_out = splitter.left_out
            lines = splitter.feed(chunk) if chunk else splitter.end()
            BAD_LINES.add(splitter.left_out - left_out)
            await self._writer.take(lines)
            if not chunk:
                return


class GraphitePorts:
    """All ports that the settings name."""

    def __init__(self, ports: Sequence[Graphite], door: Door, clock: Clock, organisation: Organisation) -> None:
        self._ports, self._door, self._clock, self._organisation = ports, door, clock, organisation

    @asynccontextmanager
    async def run(self, _: Any) -> AsyncGenerator[None]:
        """As a part of the application's life, inside that of the store."""
        async with AsyncExitStack() as stack:
            for options in self._ports:
                writer = BatchWriter(options, self._door, self._clock, self._organisation)
                await stack.enter_async_context(Port(options, writer).open())
            yield
