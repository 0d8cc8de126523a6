"""Accounts on a fresh database, with a clock that stands still and the cheapest hashing that is allowed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from obsv.accounts import Accounts, close_accounts, install
from obsv.audit import close_audit, open_audit
from obsv.config import Settings, load_settings
from obsv.core.clock import ManualClock
from obsv.keys import KeyStore
from obsv.outbox import close_outbox, open_outbox
from tests.accounts.mail import Sink
from tests.database import database, database_url, engine_name

__all__ = ["database", "database_url", "engine_name"]

CHEAP = {"auth.argon2.time_cost": 1, "auth.argon2.memory_cost": 19456}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return load_settings(env={}, overrides={"data_dir": str(tmp_path), "database.url": database_url, **CHEAP})


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
async def service(
    database: str, settings: Settings, clock: ManualClock, tmp_path: Path, sink: Sink
) -> AsyncIterator[Accounts]:
    keys = KeyStore(tmp_path / "keys")
    open_outbox(keys, clock, sink, sender="obsv <obsv@localhost>")
    made = install(Accounts(settings, clock, keys, open_audit(keys, clock)))
    yield made
    await made.password_change.settle()
    close_accounts()
    close_outbox()
    close_audit()
