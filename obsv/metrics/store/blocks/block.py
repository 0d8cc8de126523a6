"""One block: the values of some series of a partition over some time, in chunks that decode on their own.

Header integers: number of series, series a chunk; then a column each of slots (differences), time vectors
(differences), chunk sizes, and sizes of their bits.  Body: for each chunk its zstd frame and its bits.
"""

from __future__ import annotations

import threading

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
    """Reads series out of one block.  Raises DamagedError, when made or later.

    Chunks stay decoded once they were read; several threads may read at a time.  `samples` is how many there are in
    all, for who wants to know its size.
    """

    def __init__(self, data: bytes, samples: int = 0) -> None:
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
        self._samples = samples
        self._lock = threading.Lock()
        self._counts: Int64 = np.zeros(0, np.int64)
        self._decoded = np.zeros(chunks, np.bool_)
        self._is_whole = False
        self.values: Float64 = np.zeros(0, np.float64)
        self.starts: Int64 = np.zeros(0, np.int64)

    @property
    def held_bytes(self) -> int:
        """Memory that it may come to hold."""
        return len(self._body) + 32 * len(self.slots) + 8 * self._samples

    def sized(self, vector_counts: Int64) -> None:
        """Learn how many samples each series has, from its time vectors; then `starts` says where in `values` they are.

        Raises DamagedError where the block refers to vectors that are not there.
        """
        if len(self._counts):
            return
        if self.vectors.min() < 0 or self.vectors.max() >= len(vector_counts):
            raise DamagedError("block refers to times that are not there")
        with self._lock:
            counts = vector_counts[self.vectors]
            self.starts = np.cumsum(counts) - counts
            self._counts = counts

    def has(self, rows: Int64) -> bool:
        """Whether these series were decoded."""
        return self._is_whole or bool(self._decoded[rows // self.series_per_chunk].all())

    def decode(self, rows: Int64) -> None:
        """Fill in `values` for these series at least; their sizes must be known."""
        with self._lock:
            if not len(self.values):
                self.values = np.empty(int(self._counts.sum()), np.float64)
            for chunk in np.unique(rows // self.series_per_chunk).tolist():
                if not self._decoded[chunk]:
                    self._decode_chunk(chunk)
                    self._decoded[chunk] = True
            self._is_whole = bool(self._decoded.all())

    def _decode_chunk(self, chunk: int) -> None:
        mine = slice(chunk * self.series_per_chunk, (chunk + 1) * self.series_per_chunk)
        start, frame = int(self._starts[chunk]), int(self._frames[chunk])
        bits = self._body[start + frame : start + frame + int(self._bits[chunk])]
        packed = expand(self._body[start : start + frame])
        counts = self._counts[mine]
        try:
            codec.decode_chunk(packed, bits, counts, np.zeros_like(counts), counts, self.starts[mine], self.values)
        except ValueError as error:
            raise DamagedError(str(error)) from error
