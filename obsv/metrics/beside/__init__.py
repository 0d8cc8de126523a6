"""What comes beside samples and is kept in the main database: exemplars, and what is known of metric families."""

from __future__ import annotations

from dataclasses import dataclass, field

from obsv.metrics.beside.exemplars import Exemplars, Found
from obsv.metrics.beside.families import Families
from obsv.metrics.store.types import WriteBatch

__all__ = ["Beside", "Exemplars", "Families", "Found"]


@dataclass(frozen=True)
class Beside:
    """Both."""

    exemplars: Exemplars = field(default_factory=Exemplars)
    families: Families = field(default_factory=Families)

    async def keep(self, org: int, batch: WriteBatch) -> int:
        """Remember what a batch brings; gives how many exemplars."""
        if batch.metadata:
            await self.families.keep(org, batch.metadata)
        return await self.exemplars.keep(org, batch) if batch.exemplars else 0
