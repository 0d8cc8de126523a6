"""The column codec of the block store: the compiled kernel if it was built, else its plain twin."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING or os.environ.get("OBSV_PLAIN") == "1":
    from obsv.metrics.kernels import codec_plain as _impl
else:
    try:
        from obsv.metrics.kernels import _codec as _impl
    except ImportError:
        from obsv.metrics.kernels import codec_plain as _impl

encode_chunk = _impl.encode_chunk
decode_chunk = _impl.decode_chunk
encode_times = _impl.encode_times
decode_times = _impl.decode_times
distinct_times = _impl.distinct_times
pack_ints = _impl.pack_ints
unpack_ints = _impl.unpack_ints
first_not_before = _impl.first_not_before
sort_keys = _impl.sort_keys

__all__ = [
    "decode_chunk",
    "decode_times",
    "distinct_times",
    "encode_chunk",
    "encode_times",
    "first_not_before",
    "pack_ints",
    "sort_keys",
    "unpack_ints",
]
