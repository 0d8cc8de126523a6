"""Chunks of remote_read: the compiled kernel if it was built, else its plain twin."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING or os.environ.get("OBSV_PLAIN") == "1":
    from obsv.metrics.kernels import xor_chunk_plain as _impl
else:
    try:
        from obsv.metrics.kernels import _xor_chunk as _impl
    except ImportError:
        from obsv.metrics.kernels import xor_chunk_plain as _impl

chunks = _impl.chunks
crc32c = _impl.crc32c

__all__ = ["chunks", "crc32c"]
