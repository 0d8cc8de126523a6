"""Since when an organisation has raw samples and roll-ups: kept as numbers beside the blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from obsv.metrics.store.blocks.repository import RESOLUTIONS
from obsv.metrics.store.rolled import BEGINNING

RAW = 0


def _name(org: int, resolution: int) -> str:
    return f"since_{org}_{resolution}"


@dataclass(frozen=True, slots=True)
class Floors:
    """`raw` is `BEGINNING` as long as nothing but raw samples was ever let go of."""

    raw: int
    rolled: Mapping[int, int]

    @classmethod
    def of(cls, marks: Mapping[str, int], org: int) -> Floors:
        """As they were last moved."""
        raw = marks.get(_name(org, RAW), BEGINNING)
        rolled = {width: marks.get(_name(org, width), raw) for width in RESOLUTIONS}
        return cls(raw if raw > min(rolled.values()) else BEGINNING, rolled)

    def marks(self, org: int) -> dict[str, int]:
        """What to keep."""
        return {_name(org, RAW): self.raw} | {_name(org, width): since for width, since in self.rolled.items()}

    def moved(self, raw: int, oldest: int, cutoffs: Mapping[int, int]) -> Floors:
        """After raw samples from before `raw` go, and roll-ups by their `cutoffs`; without one they are not wanted.

        `oldest` is the first day that had raw samples: as long as nothing else was let go of, roll-ups begin there too.
        """
        had_all = self.raw == BEGINNING
        raw = raw if had_all else max(raw, self.raw)
        rolled: dict[int, int] = {}
        for width, since in self.rolled.items():
            before = min(oldest, raw) if had_all else since
            rolled[width] = max(before, cutoffs[width]) if width in cutoffs else raw
        return Floors(raw, rolled)
