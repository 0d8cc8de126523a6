"""The service on a database of each engine, with a clock that is moved and a port that writes down what it is handed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from obsv.audit import close_audit, open_audit
from obsv.core.clock import ManualClock
from obsv.keys import KeyStore
from tests.alertmanager.scene import Scene
from tests.database import database, database_url, engine_name

__all__ = ["database", "database_url", "engine_name"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def scene(database: str, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Scene]:
    open_audit(KeyStore(tmp_path / "keys"), clock)
    yield Scene(clock)
    close_audit()
