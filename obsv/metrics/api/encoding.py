"""Answers in zstd or gzip, for who takes them: most of a query's answer is repetition."""

from __future__ import annotations

import asyncio
import re

import cramjam
import zstandard
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

LEAST = 1024
IN_PLACE = 100_000
"""Bytes that are packed while others wait (under a millisecond); more of them in a thread."""
_CODING = re.compile(rb"\s*([a-z*-]+)\s*(?:;\s*q=\s*([0-9.]+))?\s*")


def chosen(accepted: bytes) -> str:
    """The coding for an Accept-Encoding header: zstd before gzip, "" for neither."""
    wanted: dict[bytes, float] = {}
    for part in accepted.lower().split(b","):
        if found := _CODING.fullmatch(part):
            wanted[found[1]] = float(found[2] or 1)
    return next((name for name in ("zstd", "gzip") if wanted.get(name.encode(), 0) > 0), "")


def pack(body: bytes, coding: str) -> bytes:
    """The body in a coding, at a level that costs less than it saves on a local network."""
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=1).compress(body)
    return bytes(cramjam.gzip.compress(body, level=1))


class Encoding(ASGIMiddleware):
    """Packs answers that come in one piece; what streams goes out as it comes."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """One request."""
        accepted = next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"")
        coding = chosen(accepted)
        started: list[HTTPResponseStartEvent] = []

        async def send_packed(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message)
                return
            if started:
                start = started.pop()
                if message["type"] == "http.response.body" and not message.get("more_body", False):
                    await _pack_into(start, message, coding)
                await send(start)
            await send(message)

        await next_app(scope, receive, send_packed)


async def _pack_into(start: HTTPResponseStartEvent, message: Message, coding: str) -> None:
    assert message["type"] == "http.response.body"
    body = message["body"]
    headers = [*start["headers"], (b"vary", b"Accept-Encoding")]
    if coding and len(body) >= LEAST and not any(name.lower() == b"content-encoding" for name, _ in headers):
        packed = pack(body, coding) if len(body) <= IN_PLACE else await asyncio.to_thread(pack, body, coding)
        message["body"] = packed
        headers = [(name, value) for name, value in headers if name.lower() != b"content-length"]
        headers += [(b"content-encoding", coding.encode()), (b"content-length", b"%d" % len(packed))]
    start["headers"] = headers
