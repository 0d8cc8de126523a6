"""A database, a client that may reach loopback, and a small HTTP server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from obsv.core.clock import ManualClock
from obsv.egress import Egress, Policy, close_egress, open_egress
from tests.database import database, database_url, engine_name

__all__ = ["database", "database_url", "engine_name"]


@dataclass
class Server:
    """Answers every request with what `answer` returns for its path and keeps what it was sent."""

    port: int = 0
    requests: list[str] = field(default_factory=list)
    answer: Callable[[str], bytes] = lambda _path: b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next((int(line.split(":")[1]) for line in head.lower().split("\r\n") if "content-length" in line), 0)
        self.requests.append(head + (await reader.readexactly(length)).decode())
        writer.write(self.answer(head.split(" ")[1]))
        await writer.drain()
        writer.close()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    listening.close()
    await listening.wait_closed()


@pytest.fixture
async def client(database: str) -> AsyncIterator[Egress]:
    yield open_egress(Policy(allow=("127.0.0.0/8",)), ManualClock())
    await close_egress()
