"""What every way in does before and after it reads its own format: who sends, how much, and what became of it."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import cramjam
import zstandard
from litestar import Request
from litestar.types import Scope

from obsv.core.errors import BadRequest, Forbidden, TooLarge, Unsupported
from obsv.metrics.ingest.limits import Limits, SampleRates
from obsv.metrics.ingest.remote_write import HasOrg, IngestStats
from obsv.metrics.store.base import MetricStore
from obsv.metrics.store.types import WriteBatch, WriteResult

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Door:
    """The ways in that are not remote_write go through here.  `authenticate` and `limits` raise ObsvErrors."""

    store: Callable[[], MetricStore]
    authenticate: Callable[[Scope], Awaitable[HasOrg]]
    limits: Callable[[int], Awaitable[Limits]]
    rates: SampleRates
    stats: IngestStats
    max_body_bytes: int

    async def admit(self, request: AnyRequest) -> int:
        """The organisation of the sender, if it may send now.

        Raises Unauthorized, Forbidden, TooMany (its rate is spent).
        """
        actor = await self.authenticate(request.scope)
        if actor.org is None:
            raise Forbidden("the token belongs to no organisation")
        limits = await self.limits(actor.org)
        self.rates.check(actor.org, limits.samples_per_s)
        return actor.org

    async def body(self, request: AnyRequest) -> bytes:
        """The body, unpacked.  Raises TooLarge, Unsupported (its encoding), BadRequest (it is broken)."""
        data = await request.body()
        self.stats.body_bytes += len(data)
        return unpack(data, request.headers.get("content-encoding", ""), self.max_body_bytes)

    async def write(self, org: int, batch: WriteBatch, *, imported: bool = False) -> WriteResult:
        """Store samples and count them; those of an import are bounded by retention alone, not by the late window."""
        result = await self.store().write(org, batch, imported=imported)
        self.rates.spend(org, result.accepted)
        self.stats.count(result)
        return result


def unpack(data: bytes, encoding: str, limit: int) -> bytes:
    """A body without its Content-Encoding (gzip, deflate, zstd, snappy, identity), of at most `limit` bytes."""
    match encoding.strip().lower():
        case "" | "identity":
            unpacked = data
        case "gzip" | "x-gzip":
            unpacked = _inflate(data, 16 + zlib.MAX_WBITS, limit)
        case "deflate":
            unpacked = _inflate(data, zlib.MAX_WBITS, limit)
        case "zstd":
            unpacked = _zstd(data, limit)
        case "snappy":
            unpacked = _snappy(data, limit)
        case other:
            raise Unsupported(f"Content-Encoding {other!r} is not supported; use gzip, deflate, zstd or snappy")
    if len(unpacked) > limit:
        raise _too_large(limit)
    return unpacked


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the request is larger than {limit} bytes unpacked; send it in parts")


def _inflate(data: bytes, bits: int, limit: int) -> bytes:
    unpacked = bytearray()
    try:
        while data:  # a gzip body may have several members
            stream = zlib.decompressobj(bits)
            unpacked += stream.decompress(data, limit + 1 - len(unpacked))
            if len(unpacked) > limit:
                raise _too_large(limit)
            if not stream.eof:
                raise BadRequest("the compressed body is cut short")
            data = stream.unused_data
    except zlib.error as error:
        raise BadRequest(f"the compressed body is broken: {error}") from None
    return bytes(unpacked)


def _zstd(data: bytes, limit: int) -> bytes:
    try:
        with zstandard.ZstdDecompressor(max_window_size=32 << 20).stream_reader(data) as stream:
            return stream.read(limit + 1)
    except zstandard.ZstdError as error:
        raise BadRequest(f"zstd: {error}") from None


def _snappy(data: bytes, limit: int) -> bytes:
    try:
        if cramjam.snappy.decompress_raw_len(data) > limit:
            raise _too_large(limit)
        return bytes(cramjam.snappy.decompress_raw(data))
    except cramjam.DecompressionError as error:
        raise BadRequest(f"snappy: {error}") from None
