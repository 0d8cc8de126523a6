"""Request bodies without their Content-Encoding, never larger than a limit."""

from __future__ import annotations

import zlib

import cramjam
import zstandard

from obsv.core.errors import BadRequest, TooLarge, Unsupported


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
