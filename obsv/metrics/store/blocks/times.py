"""Time vectors: all series of a target are sampled at the same times, so each distinct vector is stored once.

The blocks written together share one set of times and refer to its vectors by number.  Vectors are kept in frames of
some KiB, so that a reader of one series need not expand them all.
"""

from __future__ import annotations

import hashlib

import numpy as np

from obsv.metrics.kernels import codec
from obsv.metrics.store.blocks.envelope import DamagedError, Kind, compress, expand, seal, unseal
from obsv.metrics.store.types import Int64

FRAME_BYTES = 32 * 1024
WHOLE_TIMES = 1 << 17
"""A set of no more times than this is expanded as a whole."""


class TimesWriter:
    """Collects distinct vectors and numbers them."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._counts: list[int] = []
        self._frames: list[bytes] = []
        self._frame_ends: list[int] = []
        self._open = bytearray()

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, t: Int64, starts: Int64, stops: Int64) -> Int64:
        """The number of the vector of each range `t[starts[i]:stops[i]]`."""
        local, first = codec.distinct_times(t, starts, stops)
        numbers = np.empty(len(first), dtype=np.int64)
        for k, i in enumerate(first.tolist()):
            vector = t[starts[i] : stops[i]]
            digest = hashlib.blake2b(vector.tobytes(), digest_size=16).digest()
            number = self._numbers.setdefault(digest, len(self._counts))
            if number == len(self._counts):
                self._append(t, starts[i : i + 1], stops[i : i + 1])
            numbers[k] = number
        return numbers[local]

    def _append(self, t: Int64, start: Int64, stop: Int64) -> None:
        self._open += codec.encode_times(t, start, stop)
        self._counts.append(int(stop[0] - start[0]))
        if len(self._open) >= FRAME_BYTES:
            self._close_frame()

    def _close_frame(self) -> None:
        self._frames.append(compress(bytes(self._open)))
        self._frame_ends.append(len(self._counts))
        self._open.clear()

    def finish(self) -> bytes:
        """The envelope of all vectors."""
        if self._open:
            self._close_frame()
        header = [[len(self._counts), len(self._frames)], self._counts, self._frame_ends, list(map(len, self._frames))]
        return seal(Kind.TIMES, [np.array(part, dtype=np.int64) for part in header], self._frames)


class TimesReader:
    """Reads vectors out of one envelope.  Raises DamagedError, when made or later."""

    def __init__(self, data: bytes) -> None:
        header, self._body = unseal(Kind.TIMES, data)
        vectors, frames = int(header[0]), int(header[1])
        if len(header) != 2 + vectors + 2 * frames:
            raise DamagedError("times header")
        self.counts: Int64 = header[2 : 2 + vectors]
        self._frame_ends = header[2 + vectors : 2 + vectors + frames]
        self._sizes = header[2 + vectors + frames :]
        self._expanded: dict[int, tuple[Int64, Int64]] = {}
        self._starts: Int64 = np.concatenate((np.zeros(1, np.int64), np.cumsum(self.counts)))
        self._whole = np.zeros(0, np.int64)

    @property
    def held_bytes(self) -> int:
        """Memory that it may come to hold."""
        return len(self._body) + 8 * int(self.counts.sum())

    def pool(self, numbers: Int64) -> tuple[Int64, Int64]:
        """(times, where in them each of these vectors starts)."""
        if len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(self.counts):
            raise DamagedError("no such time vector")
        if self._starts[-1] > WHOLE_TIMES:
            return self._some(numbers)
        if not len(self._whole):
            self._whole = np.concatenate([self._frame(frame)[0] for frame in range(len(self._sizes))])
            self._expanded.clear()
        return self._whole, self._starts[numbers]

    def _some(self, numbers: Int64) -> tuple[Int64, Int64]:
        """The frames of these vectors alone."""
        distinct, which = np.unique(numbers, return_inverse=True)
        times, starts = self._distinct(distinct)
        return times, starts[which]

    def _distinct(self, numbers: Int64) -> tuple[Int64, Int64]:
        frame_of = np.searchsorted(self._frame_ends, numbers, side="right")
        parts, starts, base = list[Int64](), np.empty(len(numbers), dtype=np.int64), 0
        for frame in np.unique(frame_of).tolist():
            times, offsets = self._frame(frame)
            mine = frame_of == frame
            first = int(self._frame_ends[frame - 1]) if frame else 0
            starts[mine] = base + offsets[numbers[mine] - first]
            parts.append(times)
            base += len(times)
        return (np.concatenate(parts) if parts else np.zeros(0, np.int64)), starts

    def _frame(self, frame: int) -> tuple[Int64, Int64]:
        """All times of a frame, and where each of its vectors starts."""
        if frame not in self._expanded:
            first, last = (int(self._frame_ends[frame - 1]) if frame else 0), int(self._frame_ends[frame])
            counts = np.ascontiguousarray(self.counts[first:last])
            at = int(self._sizes[:frame].sum())
            try:
                times = codec.decode_times(expand(self._body[at : at + int(self._sizes[frame])]), counts)
            except ValueError as error:
                raise DamagedError(str(error)) from error
            self._expanded[frame] = (times, np.cumsum(counts) - counts)
        return self._expanded[frame]
