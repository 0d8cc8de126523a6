"""Unpacks request bodies into one buffer that is used again and again."""

from __future__ import annotations

import cramjam
import zstandard

from obsv.core.errors import BadRequest, TooLarge
from obsv.metrics.kernels.wire_plain import BrokenError, read_varint

KEPT_BUFFER = 4 << 20
MAX_WINDOW = 32 << 20


class Unpacker:
    """Decompresses; a result is good until the next call."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = memoryview(bytearray(256 << 10))

    def unpack(self, body: bytes, encoding: str) -> memoryview:
        """The message within `body`.  Raises TooLarge beyond the limit (before unpacking), BadRequest if broken."""
        if encoding == "snappy":
            return self._snappy(body)
        if encoding == "zstd":
            return self._zstd(body)
        self._check(len(body))
        return memoryview(body)

    def _check(self, size: int) -> None:
        if size > self._max_bytes:
            raise TooLarge(f"the request is {size} bytes unpacked, the limit is {self._max_bytes}")

    def _snappy(self, body: bytes) -> memoryview:
        try:
            size, _ = read_varint(body, 0, len(body))
        except BrokenError:
            raise BadRequest("snappy: the body has no length") from None
        self._check(size)
        target = self._room(size)
        try:
            done = cramjam.snappy.decompress_raw_into(body, target)
        except cramjam.DecompressionError as error:
            raise BadRequest(str(error)) from None
        if done != size:
            raise BadRequest("snappy: the body is shorter than it says")
        return target[:size]

    def _room(self, size: int) -> memoryview:
        if size <= len(self._buffer):
            return self._buffer
        room = memoryview(bytearray(size))
        if size <= KEPT_BUFFER:
            self._buffer = room
        return room

    def _zstd(self, body: bytes) -> memoryview:
        try:
            self._check(max(zstandard.frame_content_size(body), 0))
            unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
            data = unpacker.decompress(body, max_output_size=self._max_bytes, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise BadRequest(f"zstd: {error}") from None
        return memoryview(data)
