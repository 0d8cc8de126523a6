"""Persistent column blocks and label segments: where samples stay once the head has let go of them."""

from obsv.metrics.store.blocks.engine import Blocks
from obsv.metrics.store.blocks.postgres import PostgresBlockRepository
from obsv.metrics.store.blocks.repository import BlockRepository
from obsv.metrics.store.blocks.sqlite import SQLiteBlockRepository
from obsv.metrics.store.blocks.types import BlockStats, Flush, Ragged, SeriesKeys

__all__ = [
    "BlockRepository",
    "BlockStats",
    "Blocks",
    "Flush",
    "PostgresBlockRepository",
    "Ragged",
    "SQLiteBlockRepository",
    "SeriesKeys",
]
