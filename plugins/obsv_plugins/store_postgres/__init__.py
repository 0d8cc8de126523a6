"""Metrics in Postgres: log and column blocks are tables, so that several servers can share them."""

from __future__ import annotations

from typing import ClassVar

from obsv.plugin_api import Blocks, PluginSettings, PostgresBlockRepository, SharedBlockStore, StoreContext, TableLog

__all__ = ["PostgresBlockStore"]


class PostgresBlockStore(SharedBlockStore):
    """Keeps samples in one database, for one server or several."""

    name: ClassVar[str] = "postgres"

    class Settings(PluginSettings, frozen=True, kw_only=True):
        """`[metrics.stores.postgres]`."""

        url: str = ""
        """Database of the samples; empty means the one of `[database]`."""

        pool_size: int = 4
        """Connections for the blocks, and as many for the log."""

    def __init__(self, settings: Settings, context: StoreContext) -> None:
        url = settings.url or context.database_url
        repository = PostgresBlockRepository(url, pool_size=settings.pool_size)
        log = TableLog(url, pool_size=settings.pool_size)
        super().__init__(context, Blocks(repository, context.clock, context.rollups), log)
