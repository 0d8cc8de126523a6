"""All that a plugin may import from obsv: the doors to pass, the values that go through them, the errors to raise.

A plugin names a class in its package's entry points: `obsv.metric_stores` for a `MetricStore` that is made with its own
`Settings` (from `[metrics.stores.NAME]`) and a `StoreContext`, `obsv.notifiers` for a `Notifier` that is made without
arguments.
"""

from __future__ import annotations

from obsv.core.clock import Clock
from obsv.core.plugin_settings import PluginSettings, Secret, decode
from obsv.metrics.store.base import MetricStore, RemoteWriter, StoreLimitExceeded, StoreUnavailable
from obsv.metrics.store.blocks import Blocks, PostgresBlockRepository, SQLiteBlockRepository
from obsv.metrics.store.blockstore import BlockStore
from obsv.metrics.store.context import StoreContext
from obsv.metrics.store.log import FileLog
from obsv.metrics.store.log_table import TableLog
from obsv.metrics.store.sharedstore import SharedBlockStore
from obsv.metrics.store.types import STALE, Matcher, SeriesSet, StoreStats, WriteBatch, WriteResult
from obsv.notify import Message, Notifier, NotifyError, Receipt

__all__ = [
    "STALE",
    "BlockStore",
    "Blocks",
    "Clock",
    "FileLog",
    "Matcher",
    "Message",
    "MetricStore",
    "Notifier",
    "NotifyError",
    "PluginSettings",
    "PostgresBlockRepository",
    "Receipt",
    "RemoteWriter",
    "SQLiteBlockRepository",
    "Secret",
    "SeriesSet",
    "SharedBlockStore",
    "StoreContext",
    "StoreLimitExceeded",
    "StoreStats",
    "StoreUnavailable",
    "TableLog",
    "WriteBatch",
    "WriteResult",
    "decode",
]
