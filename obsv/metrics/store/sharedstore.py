"""The built-in store for several servers on one database: each has the whole head, any of them may flush."""

from __future__ import annotations

from obsv.metrics.store.blocks.engine import Blocks
from obsv.metrics.store.blockstore import BlockStore
from obsv.metrics.store.context import StoreContext
from obsv.metrics.store.log_table import TableLog


class SharedBlockStore(BlockStore):
    """A BlockStore whose log and blocks other servers write to as well."""

    def __init__(self, context: StoreContext, blocks: Blocks, log: TableLog) -> None:
        super().__init__(context, blocks, log)
        self._shared = log
        self._base = 0

    async def _load(self) -> None:
        await super()._load()
        self._base = self._blocks.flushed_seq()

    async def _catch_up(self) -> None:
        async with self._shared.applying:
            await self._behind()

    async def _behind(self) -> None:
        """Where another server has flushed, its samples leave this head and its series are learnt."""
        await self._blocks.refresh()
        flushed = self._blocks.flushed_seq()
        if flushed <= self._base:
            return
        stored = [part async for part in self._blocks.load_series()]
        self._head.births.load(self._blocks.marks())
        await self._shared.rebase(flushed, lambda: self._head.restart(stored))
        self._base = flushed

    def _flushed(self, seq: int) -> None:
        self._base = max(self._base, seq)
