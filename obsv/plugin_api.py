"""All that a plugin may import from obsv: the doors to pass, the values that go through them, the errors to raise.

A plugin names a class in its package's entry points: `obsv.metric_stores` for a `MetricStore` that is made with its own
`Settings` (from `[metrics.stores.NAME]`) and a `StoreContext`, `obsv.notifiers` for a `Notifier` that is made with a
`NotifierContext`: the only way out, the mail queue, the clock.
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
from obsv.notify import (
    FIRING,
    RESOLVED,
    HttpAnswer,
    Message,
    Notification,
    NotifiedAlert,
    Notifier,
    NotifierContext,
    NotifyError,
    Receipt,
    Recipient,
    asked_wait,
    json_of,
    post_json,
    require_taken,
    said,
    trial,
)
from obsv.notify.flavours import (
    BYTES_TEXT,
    DISCORD,
    HTML,
    HTML_LINES,
    MARKDOWN,
    PARAGRAPHS,
    SLACK,
    TEXT,
    Flavour,
)
from obsv.notify.forms import require_http
from obsv.notify.templates import rfc3339
from obsv.outbox import Mail

__all__ = [
    "BYTES_TEXT",
    "DISCORD",
    "FIRING",
    "HTML",
    "HTML_LINES",
    "MARKDOWN",
    "PARAGRAPHS",
    "RESOLVED",
    "SLACK",
    "STALE",
    "TEXT",
    "BlockStore",
    "Blocks",
    "Clock",
    "FileLog",
    "Flavour",
    "HttpAnswer",
    "Mail",
    "Matcher",
    "Message",
    "MetricStore",
    "Notification",
    "NotifiedAlert",
    "Notifier",
    "NotifierContext",
    "NotifyError",
    "PluginSettings",
    "PostgresBlockRepository",
    "Receipt",
    "Recipient",
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
    "asked_wait",
    "decode",
    "json_of",
    "post_json",
    "require_http",
    "require_taken",
    "rfc3339",
    "said",
    "trial",
]
