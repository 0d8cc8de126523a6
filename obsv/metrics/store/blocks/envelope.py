"""The envelope of everything stored: a checksum over all, then integers that describe the body, then the body.

    crc32 of what follows (u32) | kind (u8) | size of the header (u32) | header: zstd(zigzag varints) | body

A damaged envelope raises `DamagedError`, never something else: what is read back is either right or refused.
"""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Iterable
from enum import IntEnum

import numpy as np
import zstandard

from obsv.metrics.kernels import codec
from obsv.metrics.store.types import Int64

_PREFIX = struct.Struct("<IBI")
_CRC = struct.Struct("<I")
MAX_EXPANDED = 1 << 28
"""A frame that claims to expand to more than this is damaged (the largest we write is a few MiB)."""


class Kind(IntEnum):
    """What an envelope holds; a change of the format takes a new number."""

    BLOCK = 1
    TIMES = 2
    SEGMENT = 3
    ROLLUP = 4


class DamagedError(ValueError):
    """Stored bytes are not what was written."""


class _Reading(threading.local):
    """A context may not be used by two threads at a time; those that expand are small."""

    def __init__(self) -> None:
        self.decompressor = zstandard.ZstdDecompressor()


_reading = _Reading()
# Those that compress take megabytes, so all threads share one.
_fast, _fast_lock = zstandard.ZstdCompressor(level=1), threading.Lock()


def compress(data: bytes, *, strong: bool = False) -> bytes:
    """One zstd frame.  The fast level serves tokens: stronger ones find matches that cost more than they save."""
    if strong:
        return zstandard.ZstdCompressor(level=6).compress(data)
    with _fast_lock:
        return _fast.compress(data)


def expand(data: memoryview | bytes) -> bytes:
    """The content of one zstd frame."""
    try:
        if zstandard.frame_content_size(data) > MAX_EXPANDED:
            raise DamagedError("frame too large")
        return _reading.decompressor.decompress(data)
    except zstandard.ZstdError as error:
        raise DamagedError(str(error)) from error


def seal(kind: Kind, header: Iterable[Int64], body: Iterable[bytes]) -> bytes:
    """Put integers and bytes into one envelope."""
    packed = compress(codec.pack_ints(np.concatenate([np.asarray(part, dtype=np.int64) for part in header])))
    rest = b"".join([_PREFIX.pack(0, kind, len(packed))[4:], packed, *body])
    return _CRC.pack(zlib.crc32(rest)) + rest


def unseal(kind: Kind, data: bytes) -> tuple[Int64, memoryview]:
    """The integers and the body of an envelope.  Raises DamagedError."""
    if len(data) < _PREFIX.size:
        raise DamagedError("too short")
    checksum, found, size = _PREFIX.unpack_from(data)
    view = memoryview(data)
    if zlib.crc32(view[4:]) != checksum:
        raise DamagedError("checksum differs")
    if found != kind or _PREFIX.size + size > len(data):
        raise DamagedError("not what it should be")
    packed = expand(view[_PREFIX.size : _PREFIX.size + size])
    return codec.unpack_ints(packed), view[_PREFIX.size + size :]
