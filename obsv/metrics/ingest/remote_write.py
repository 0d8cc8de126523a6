"""Prometheus remote_write 1.0 and 2.0 at POST /api/v1/write: a raw ASGI handler, as a request is a fifth of a ms.

Source: the Prometheus remote write specifications 1.0 and 2.0.  Senders retry on 5xx and (some) on 429; any other 4xx
makes them drop the batch, so a 400 keeps every good sample of the request and says what was wrong with the first bad
one.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import HTTPReceiveMessage, Receive, Scope, Send

from obsv.core.errors import Forbidden, ObsvError, TooLarge, TooMany, Unavailable, Unsupported
from obsv.metrics.ingest import write1, write2
from obsv.metrics.ingest.began import Beginnings
from obsv.metrics.ingest.limits import Limits, SampleRates
from obsv.metrics.ingest.request import Request
from obsv.metrics.ingest.unpack import unpack
from obsv.metrics.store.base import RemoteWriter
from obsv.metrics.store.types import WriteBatch, WriteResult

PATH = "/api/v1/write"
ENCODINGS = {b"": "snappy", b"snappy": "snappy", b"zstd": "zstd"}
READ_IN_PLACE = 65_536

Headers = list[tuple[bytes, bytes]]
KeepBeside = Callable[[int, WriteBatch], Awaitable[int]]
"""Keeps a batch's exemplars and metadata, and gives how many exemplars."""


class HasOrg(Protocol):
    """Who is asking, as far as ingest cares."""

    @property
    def org(self) -> int | None: ...


@dataclass
class IngestStats:
    """Counters since the start, for /metrics."""

    requests: Counter[int] = field(default_factory=Counter[int])
    """By HTTP status."""
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])
    """Samples by reason."""
    body_bytes: int = 0
    seconds: float = 0.0
    """Spent on requests, waiting included."""
    tell: Callable[[WriteResult], None] | None = None
    """Told of each result, while its request is in hand."""

    def count(self, result: WriteResult) -> None:
        """Add what became of a request's samples."""
        self.accepted += result.accepted
        if result.refused:
            self.refused.update(result.refused)
        if self.tell is not None:
            self.tell(result)


class ClientGoneError(Exception):
    """The sender hung up before its body was complete."""


@dataclass(frozen=True)
class RemoteWrite:
    """The endpoint and what it is wired to.  `authenticate` and `limits` raise ObsvErrors."""

    store: Callable[[], RemoteWriter]
    keep_beside: KeepBeside
    beginnings: Beginnings
    authenticate: Callable[[Scope], Awaitable[HasOrg]]
    limits: Callable[[int], Awaitable[Limits]]
    rates: SampleRates
    stats: IngestStats
    max_body_bytes: int
    max_unpacked_bytes: int = 32 << 20

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        try:
            status, headers, text = await self._answer(scope, receive)
        except ClientGoneError:
            return
        except ObsvError as error:
            status, headers, text = error.status, _error_headers(error), error.detail
        except BaseException:
            self.stats.requests[500] += 1
            raise
        self.stats.requests[status] += 1
        self.stats.seconds += time.perf_counter() - started
        await _send(send, status, headers, text)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, Headers, str]:
        if scope.get("method") != "POST":
            return 405, [(b"allow", b"POST")], "remote_write is sent by POST"
        actor = await self.authenticate(scope)
        if actor.org is None:
            raise Forbidden("the token belongs to no organisation")
        given = dict(scope["headers"])
        encoding = _encoding(given)
        message = _message(given.get(b"content-type", b""))
        limits = await self.limits(actor.org)
        self.rates.check(actor.org, limits.samples_per_s)
        body = await self._read(given.get(b"content-length", b""), receive)
        if message == write2.MESSAGE:
            result, exemplars = await self._take(actor.org, body, encoding, write2.decode)
        else:
            result, exemplars = await self.store().write_remote(actor.org, body, encoding), 0
            if result.beside:
                more, exemplars = await self._take(actor.org, body, encoding, write1.decode)
                result.add(more)
        self.rates.spend(actor.org, result.accepted)
        self.stats.count(result)
        self.stats.body_bytes += len(body)
        if not result.refused:
            return 204, _written(result, exemplars), ""
        return 400, _written(result, exemplars), refusal(result)

    async def _take(
        self, org: int, body: bytes, encoding: str, decode: Callable[[bytes], Request]
    ) -> tuple[WriteResult, int]:
        """What became of the samples that `decode` finds, and how many exemplars were kept.

        A body of many series is read in a thread, where it takes turns with others.
        """
        data = unpack(body, encoding, self.max_unpacked_bytes)
        request = decode(data) if len(data) < READ_IN_PLACE else await asyncio.to_thread(decode, data)
        if request.began:
            await self.beginnings.keep(self.store(), org, request)
        result = await self.store().write(org, request.batch)
        if request.bad:
            result.refuse("histogram", request.bad, f"a native histogram makes no sense: {request.fault}")
        return result, await self.keep_beside(org, request.batch)

    async def _read(self, length: bytes, receive: Receive) -> bytes:
        if length.isdigit() and int(length) > self.max_body_bytes:
            raise self._too_large()
        chunks: list[bytes] = []
        size = 0
        while True:
            message: HTTPReceiveMessage = await receive()  # type: ignore[assignment]  # an HTTP scope receives no other
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self.max_body_bytes:
                raise self._too_large()
            if not message.get("more_body", False):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the request body is larger than {self.max_body_bytes} bytes")


def _encoding(headers: dict[bytes, bytes]) -> str:
    given = headers.get(b"content-encoding", b"").strip().lower()
    known = ENCODINGS.get(given)
    if known is None:
        raise Unsupported(f"Content-Encoding {given.decode('latin-1')!r} is not supported; use snappy or zstd")
    return known


def _message(content_type: bytes) -> str:
    """The protobuf message of a request; never found out by trial, since a 2.0 message reads as an empty 1.0 one."""
    kind, *parameters = (part.strip() for part in content_type.decode("latin-1").split(";"))
    if kind.lower() not in ("application/x-protobuf", ""):
        raise Unsupported(f"Content-Type {kind!r} is not supported; use application/x-protobuf")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        value = value.strip().strip('"')
        if name.strip().lower() == "proto":
            if value not in (write1.MESSAGE, write2.MESSAGE):
                raise Unsupported(f"message {value!r} is not supported; use {write1.MESSAGE} or {write2.MESSAGE}")
            return value
    return write1.MESSAGE


def _written(result: WriteResult, exemplars: int) -> Headers:
    return [
        (b"x-prometheus-remote-write-samples-written", b"%d" % (result.accepted - result.histograms)),
        (b"x-prometheus-remote-write-histograms-written", b"%d" % result.histograms),
        (b"x-prometheus-remote-write-exemplars-written", b"%d" % exemplars),
    ]


def refusal(result: WriteResult) -> str:
    """What was refused and why, in a sentence for the sender."""
    counts = ", ".join(f"{reason} {count}" for reason, count in result.refused.items())
    return (
        f"refused {sum(result.refused.values())} samples ({counts}), stored {result.accepted}; first: {result.detail}"
    )


def _error_headers(error: ObsvError) -> Headers:
    if isinstance(error, (TooMany, Unavailable)):
        return [(b"retry-after", b"%d" % max(1, round(error.retry_after_s)))]
    if error.status == 401:
        return [(b"www-authenticate", b'Bearer realm="obsv"')]
    return []


async def _send(send: Send, status: int, headers: Headers, text: str) -> None:
    body = f"{text}\n".encode(errors="replace") if text else b""
    if body:
        headers = [*headers, (b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def remote_write_handler(endpoint: RemoteWrite) -> ASGIRouteHandler:
    """The endpoint as a route of the application."""

    async def write(scope: Scope, receive: Receive, send: Send) -> None:
        """Take a Prometheus remote_write 1.0 or 2.0 request (snappy or zstd)."""
        await endpoint(scope, receive, send)

    return asgi(PATH, name="remote_write", copy_scope=False)(write)
