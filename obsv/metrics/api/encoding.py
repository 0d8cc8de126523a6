"""Answers in zstd or gzip, for who takes them: most of a query's answer is repetition."""

from __future__ import annotations

import asyncio
import re
from typing import Protocol

import zstandard
from isal import igzip, isal_zlib
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPResponseBodyEvent, HTTPResponseStartEvent, Message, Receive, Scope, Send

GZIP_LEVEL, GZIP_WBITS = 1, 31
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


class Packer(Protocol):
    """Packs an answer, at a level that costs less than it saves on a local network."""

    def pack(self, body: bytes, *, is_last: bool) -> bytes: ...


class _Whole:
    """Packs an answer in one piece; zstd then says in its head how long it will be."""

    def __init__(self, coding: str) -> None:
        self._coding = coding

    def pack(self, body: bytes, *, is_last: bool) -> bytes:
        assert is_last
        if self._coding == "zstd":
            return zstandard.ZstdCompressor(level=1).compress(body)
        return igzip.compress(body, GZIP_LEVEL)


class _Zstd:
    def __init__(self) -> None:
        self._packing = zstandard.ZstdCompressor(level=1).compressobj()

    def pack(self, body: bytes, *, is_last: bool) -> bytes:
        packed = self._packing.compress(body)
        return packed + self._packing.flush() if is_last else packed


class _Gzip:
    def __init__(self) -> None:
        self._packing = isal_zlib.compressobj(GZIP_LEVEL, wbits=GZIP_WBITS)

    def pack(self, body: bytes, *, is_last: bool) -> bytes:
        packed = self._packing.compress(body)
        return packed + self._packing.flush(isal_zlib.Z_FINISH if is_last else isal_zlib.Z_SYNC_FLUSH)


class Encoding(ASGIMiddleware):
    """Packs what is long enough, piece by piece where it comes in pieces."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """One request."""
        accepted = next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"")
        answer = _Answer(chosen(accepted))

        async def send_packed(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.start = message
                return
            if message["type"] != "http.response.body":
                await send(message)
                return
            if answer.start is not None:
                start, answer.start = answer.start, None
                answer.begin(start, message)
                if answer.is_packed:
                    await answer.fill(message)
                    answer.measure(start, message)
                await send(start)
            elif answer.is_packed:
                await answer.fill(message)
            await send(message)

        await next_app(scope, receive, send_packed)


class _Answer:
    """One answer; its start is held back until its first piece says how long it will be."""

    def __init__(self, coding: str) -> None:
        self.coding = coding
        self.start: HTTPResponseStartEvent | None = None
        self._packer: Packer | None = None

    @property
    def is_packed(self) -> bool:
        """Whether its pieces are to be packed."""
        return self._packer is not None

    def begin(self, start: HTTPResponseStartEvent, first: HTTPResponseBodyEvent) -> None:
        """Decide whether to pack, and say so in the headers."""
        headers = [*start["headers"], (b"vary", b"Accept-Encoding")]
        is_packed = any(name.lower() == b"content-encoding" for name, _ in headers)
        is_whole = not first.get("more_body", False)
        if self.coding and not is_packed and (not is_whole or len(first["body"]) >= LEAST):
            self._packer = _Whole(self.coding) if is_whole else _Zstd() if self.coding == "zstd" else _Gzip()
            headers = [(name, value) for name, value in headers if name.lower() != b"content-length"]
            headers.append((b"content-encoding", self.coding.encode()))
        start["headers"] = headers

    async def fill(self, message: HTTPResponseBodyEvent) -> None:
        """Put the packed piece in the place of the plain one."""
        assert self._packer
        body, is_last = message["body"], not message.get("more_body", False)
        if len(body) <= IN_PLACE:
            message["body"] = self._packer.pack(body, is_last=is_last)
        else:
            message["body"] = await asyncio.to_thread(self._packer.pack, body, is_last=is_last)

    def measure(self, start: HTTPResponseStartEvent, first: HTTPResponseBodyEvent) -> None:
        """The length of an answer in one piece is known."""
        if not first.get("more_body", False):
            start["headers"] = [*start["headers"], (b"content-length", b"%d" % len(first["body"]))]
