"""Unpacking what a stranger sends, no further than it is wanted: a few bytes may unpack to gigabytes."""

from __future__ import annotations

import zlib
from typing import Final

from obsv.egress.errors import EgressFailed

ACCEPTED: Final = "gzip, deflate"
_GZIP: Final = 31
_ZLIB: Final = 15
_BARE: Final = -15
"""Window sizes by which zlib tells the formats apart."""


class Unpacking:
    """A body in a content coding; one that is not among `ACCEPTED` stays as it came."""

    def __init__(self, coding: str) -> None:
        self._coding = coding.strip().lower()
        self._inner = zlib.decompressobj(_GZIP) if self._coding in ("gzip", "x-gzip") else None

    def feed(self, data: bytes, most: int) -> bytes:
        """At most so many bytes of what it unpacks to, `most` > 0; the rest is lost.  Raises `EgressFailed`."""
        if self._coding == "deflate" and self._inner is None:
            # Some send it without the head that it should have.  Source: RFC 9110, 8.4.1.2
            self._inner = zlib.decompressobj(_ZLIB if data[:1] and data[0] & 15 == zlib.DEFLATED else _BARE)
        if self._inner is None:
            return data[:most]
        try:
            return self._inner.decompress(data, most)
        except zlib.error as wrong:
            raise EgressFailed(f"its answer cannot be unpacked: {wrong}") from None
