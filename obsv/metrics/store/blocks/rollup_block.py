"""One block of roll-ups: an ordinary block for each column, all of the same entries, in one envelope.

Header integers: number of series; the decimals of each one's minima, or -1; the size of each column's block.  What a
counter has as its minimum is little above the value before the bucket, so where all values are decimal numbers that
difference is kept, in units of the last decimal.
"""

from __future__ import annotations

import numpy as np

from obsv.metrics.store.blocks.block import BlockReader, encode_block
from obsv.metrics.store.blocks.entries import COLUMNS, Entries, Mask, bits, is_absent
from obsv.metrics.store.blocks.envelope import DamagedError, Kind, seal, unseal
from obsv.metrics.store.types import Float64, Int64

MOST_DECIMALS = 6
LARGEST_WHOLE = float(1 << 52)
"""So that the difference of two such is exact."""

PLAIN = -1


def encode_rollup(entries: Entries, *, slots: Int64, vectors: tuple[Int64, Int64], series_per_chunk: int) -> bytes:
    """The series of some entries at `slots` (ascending), their columns as `thinned` gives them.

    `vectors` are those of their times and of their first samples' times.
    """
    starts, stops, kept = entries.offsets[:-1], entries.offsets[1:], entries.columns
    is_counter = ~is_absent(kept["first"][starts])
    decimals = np.where(is_counter, _decimals(kept["last"], kept["min"], starts), PLAIN)
    columns = {**kept, "min": _as_differences(kept["last"], kept["min"], entries.offsets, decimals)}
    blocks = [
        encode_block(
            columns[name],
            starts,
            stops,
            slots=slots,
            vectors=vectors[name == "first"],
            series_per_chunk=series_per_chunk,
        )
        for name in COLUMNS
    ]
    header = [np.array([len(slots)], np.int64), decimals, np.array([len(block) for block in blocks], np.int64)]
    return seal(Kind.ROLLUP, header, blocks)


def _decimals(last: Float64, low: Float64, starts: Int64) -> Int64:
    """The fewest decimals that hold both columns of each series exactly; `PLAIN` where none do, or there is no need."""
    found = np.full(len(starts), PLAIN, np.int64)
    with np.errstate(invalid="ignore", over="ignore"):
        for decimals in range(MOST_DECIMALS, -1, -1):
            exact = _is_exact(last, decimals) & _is_exact(low, decimals)
            found[np.logical_and.reduceat(exact, starts)] = decimals
    return found


def _is_exact(values: Float64, decimals: int) -> Mask:
    whole = np.rint(values * 10.0**decimals) + 0.0  # which has no sign at zero
    exact: Mask = (np.abs(whole) <= LARGEST_WHOLE) & (bits(whole / 10.0**decimals) == bits(values))
    return exact


def _as_differences(last: Float64, low: Float64, offsets: Int64, decimals: Int64) -> Float64:
    scale, told = _scale(decimals, np.diff(offsets))
    whole = np.rint(np.where(told, low, 0.0) * scale) - np.rint(np.where(told, _before(last, offsets), 0.0) * scale)
    return np.where(told, whole, low)


def _scale(decimals: Int64, counts: Int64) -> tuple[Float64, Mask]:
    """For each entry ten to the power of its series' decimals, and whether there are such."""
    spread = np.repeat(decimals, counts)
    return 10.0 ** np.maximum(spread, 0), spread != PLAIN


def _before(last: Float64, offsets: Int64) -> Float64:
    """The last value of the entry before each one; of a series' first entry its own."""
    before = np.concatenate((last[:1], last[:-1]))
    before[offsets[:-1]] = last[offsets[:-1]]
    return before


class RollupReader:
    """The columns of a block of roll-ups.  Raises DamagedError, when made or later."""

    def __init__(self, data: bytes, entries: int) -> None:
        header, body = unseal(Kind.ROLLUP, data)
        series = int(header[0])
        if len(header) != 1 + series + len(COLUMNS):
            raise DamagedError("roll-up header")
        self._decimals, sizes = header[1 : 1 + series], header[1 + series :]
        ends = np.cumsum(sizes)
        if ends[-1] != len(body) or (sizes < 0).any():
            raise DamagedError("roll-up size")
        self._parts = {
            name: body[int(end - size) : int(end)] for name, size, end in zip(COLUMNS, sizes, ends, strict=True)
        }
        self._readers: dict[str, BlockReader] = {}
        self._entries = entries
        self._size = len(data)

    @property
    def held_bytes(self) -> int:
        """Memory that it may come to hold."""
        return self._size + 8 * self._entries * len(COLUMNS)

    def column(self, name: str) -> BlockReader:
        """The reader of one column."""
        if name not in self._readers:
            data = bytes(self._parts[name])
            if name == "min":
                self._readers[name] = _Minima(data, self._entries, self.column("last"), self._decimals)
            else:
                self._readers[name] = BlockReader(data, self._entries)
        return self._readers[name]


class _Minima(BlockReader):
    """Adds differences to the values that they are from."""

    def __init__(self, data: bytes, samples: int, last: BlockReader, decimals: Int64) -> None:
        super().__init__(data, samples)
        if len(decimals) != len(self.slots):
            raise DamagedError("roll-up header")
        self._last, self._decimals = last, decimals

    def sized(self, vector_counts: Int64) -> None:
        """As `BlockReader.sized`."""
        super().sized(vector_counts)
        self._last.sized(vector_counts)

    def _decode_chunk(self, chunk: int) -> None:
        super()._decode_chunk(chunk)
        counts = self._counts
        rows = np.arange(chunk * self.series_per_chunk, min((chunk + 1) * self.series_per_chunk, len(counts)))
        self._last.decode(rows)
        offsets = np.append(self.starts[rows], self.starts[rows[-1]] + counts[rows[-1]])
        mine = slice(int(offsets[0]), int(offsets[-1]))
        scale, told = _scale(self._decimals[rows], counts[rows])
        before = np.where(told, _before(self._last.values[mine], offsets - offsets[0]), 0.0)
        added = np.rint(before * scale) + np.where(told, self.values[mine], 0.0)
        self.values[mine] = np.where(told, added / scale, self.values[mine])
