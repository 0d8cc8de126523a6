"""A database and an audit log with a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from obsv.audit import AuditLog, close_audit, open_audit
from obsv.core.clock import ManualClock
from obsv.keys import KeyStore
from tests.database import database, database_url, engine_name

__all__ = ["database", "database_url", "engine_name"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def keys(tmp_path: Path) -> KeyStore:
    store = KeyStore(tmp_path / "keys")
    await store.create_subject("usr_1")
    return store


@pytest.fixture
async def log(database: str, keys: KeyStore, clock: ManualClock) -> AsyncIterator[AuditLog]:
    yield open_audit(keys, clock)
    close_audit()
