"""All that is scraped."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from obsv.config.model import Scrape
from obsv.metrics.ingest.batch import Key
from obsv.metrics.scrape.pool import Pool
from obsv.metrics.scrape.ports import Ports
from obsv.metrics.scrape.status import TargetStatus


class Scraper:
    """Runs the [[scrape]] entries of the configuration."""

    def __init__(self, scrapes: Sequence[Scrape], ports: Ports) -> None:
        self._pools = [Pool(scrape, ports, self._held) for scrape in scrapes]

    async def run(self) -> None:
        """Scrape until cancelled; for the node that leads alone."""
        async with asyncio.TaskGroup() as group:
            for pool in self._pools:
                group.create_task(pool.run())

    def targets(self) -> list[TargetStatus]:
        """The targets of every organisation as this node knows them: a node that does not lead has none."""
        return [status for pool in self._pools for status in pool.statuses()]

    def _held(self, org: int) -> set[Key]:
        loops = (loop for pool in self._pools for loop in pool.loops() if loop.org == org)
        return {key for loop in loops for key in loop.held()}
