"""Metrics in files: an append log beside an SQLite file of column blocks.  The default."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from obsv.plugin_api import Blocks, BlockStore, FileLog, PluginSettings, SQLiteBlockRepository, StoreContext

__all__ = ["SQLiteBlockStore"]


class SQLiteBlockStore(BlockStore):
    """Keeps samples in one folder, for one server."""

    name: ClassVar[str] = "sqlite"

    class Settings(PluginSettings, frozen=True, kw_only=True):
        """`[metrics.stores.sqlite]`."""

        path: str = ""
        """Folder of the log and the blocks; empty means `metrics` in the data directory."""

    def __init__(self, settings: Settings, context: StoreContext) -> None:
        folder = Path(settings.path) if settings.path else context.data_dir / "metrics"
        repository = SQLiteBlockRepository(folder / "blocks.sqlite")
        super().__init__(
            context,
            Blocks(repository, context.clock, context.rollups),
            FileLog(folder / "log", sync_ms=context.sync_ms),
        )
