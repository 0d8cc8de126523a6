"""One block: the values of some series of a partition over some time, in chunks that decode on their own.

Header integers: number of series, series a chunk; then a column each of slots (differences), time vectors
(differences), chunk sizes, and sizes of their bits.  Body: for each chunk its zstd frame and its bits.
"""

from __future__ import annotations

import numpy as np

from obsv.metrics.kernels import codec
from obsv.metrics.store.blocks.envelope import DamagedError, Kind, compress, expand, seal, unseal
from obsv.metrics.store.types import Float64, Int64


def encode_block(
    v: Float64, starts: Int64, stops: Int64, *, slots: Int64, vectors: Int64, series_per_chunk: int
) -> bytes:
    """The series `v[starts[i]:stops[i]]` that stand at `slots` (ascending) and were sampled at time `vectors`."""
    frames, bits = list[bytes](), list[bytes]()
    for at in range(0, len(starts), series_per_chunk):
        packed, loose = codec.encode_chunk(v, starts[at : at + series_per_chunk], stops[at : at + series_per_chunk])
        frames.append(compress(packed))
        bits.append(loose)
    header = [
        np.array([len(slots), series_per_chunk], dtype=np.int64),
        np.diff(slots, prepend=0),
        np.diff(vectors, prepend=0),
        np.array([len(frame) for frame in frames], dtype=np.int64),
        np.array([len(loose) for loose in bits], dtype=np.int64),
    ]
    return seal(Kind.BLOCK, header, [part for pair in zip(frames, bits, strict=True) for part in pair])


class BlockReader:
    """Reads series out of one block.  Raises DamagedError, when made or later."""

    def __init__(self, data: bytes) -> None:
        header, self._body = unseal(Kind.BLOCK, data)
        series = int(header[0])
        self.series_per_chunk = int(header[1])
        if series < 1 or self.series_per_chunk < 1:
            raise DamagedError("block header")
        chunks = -(-series // self.series_per_chunk)
        if len(header) != 2 + 2 * series + 2 * chunks:
            raise DamagedError("block header")
        self.slots: Int64 = np.cumsum(header[2 : 2 + series])
        self.vectors: Int64 = np.cumsum(header[2 + series : 2 + 2 * series])
        sizes = header[2 + 2 * series :]
        self._frames, self._bits = sizes[:chunks], sizes[chunks:]
        ends = np.cumsum(self._frames + self._bits)
        self._starts = ends - self._frames - self._bits
        if ends[-1] != len(self._body):
            raise DamagedError("block size")

    def decode(self, counts: Int64, first: Int64, stop: Int64, at: Int64, out: Float64) -> None:
        """Write samples first[i]..stop[i] of series i, which has counts[i], to `out[at[i]:]`; skip where equal."""
        wanted = np.flatnonzero(first < stop)
        step = self.series_per_chunk
        for chunk in np.unique(wanted // step).tolist():
            mine = slice(chunk * step, (chunk + 1) * step)
            start, frame = int(self._starts[chunk]), int(self._frames[chunk])
            bits = self._body[start + frame : start + frame + int(self._bits[chunk])]
            packed = expand(self._body[start : start + frame])
            try:
                codec.decode_chunk(packed, bits, counts[mine], first[mine], stop[mine], at[mine], out)
            except ValueError as error:
                raise DamagedError(str(error)) from error
