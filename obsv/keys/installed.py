"""The key store of this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import structlog

from obsv.core.installed import Installed
from obsv.keys.store import KeyStore

_log = structlog.get_logger("obsv.keys")
_store: Installed[KeyStore] = Installed("key store")


def open_keys(data_dir: Path, *, master_keys: Sequence[str] = (), master_file: Path | None = None) -> KeyStore:
    """Open the key store of a data directory and install it; warns once when it made the master key."""
    store = KeyStore(data_dir / "keys", master_keys=master_keys, master_file=master_file)
    if store.created_master is not None:
        _log.warning(
            "keys.master_created",
            path=str(store.created_master),
            advice="back this file up, apart from the database: without it accounts and secrets cannot be read",
        )
    return install(store)


def install(store: KeyStore) -> KeyStore:
    """Make `store` the one that `keystore()` returns."""
    return _store.put(store)


def keystore() -> KeyStore:
    """The installed key store; raises RuntimeError before `open_keys`."""
    return _store.get()


def close_keys() -> None:
    """Forget the key store and with it every key in memory."""
    _store.clear()
