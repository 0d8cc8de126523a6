"""A database with keys and an audit log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from obsv.audit import close_audit, open_audit
from obsv.core.clock import ManualClock, SystemClock
from obsv.keys import KeyStore
from tests.database import database, database_url, engine_name

__all__ = ["database", "database_url", "engine_name"]


@pytest.fixture
def clock() -> ManualClock:
    """Stands at the real time, with which Postgres' own must agree."""
    return ManualClock(SystemClock().now_ms())


@pytest.fixture
async def log(database: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[None]:
    open_audit(KeyStore(tmp_path / "keys"), clock)
    yield
    close_audit()
