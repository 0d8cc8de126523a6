"""The checks of `obsv doctor`; none of them changes anything."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from obsv.config import Settings, warnings
from obsv.plugin_loader import METRIC_STORES, PluginError, load, store_name

LOW_DISK_BYTES = 1 << 30
CLOCK_SLACK_S = 60
PACKAGE = Path(__file__).parents[1]

State = Literal["ok", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    state: State
    detail: str


def examine(settings: Settings) -> list[Finding]:
    """Every finding, in the order in which a start would meet them."""
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _python,
        _settings,
        _kernels,
        _web,
        _data,
        _keys,
        _clock,
        _database,
        _store,
        _port,
    )
    return [check(settings) for check in checks]


def _python(_: Settings) -> Finding:
    return Finding("python", "ok", f"{sys.version.split()[0]} at {sys.executable}")


def _settings(settings: Settings) -> Finding:
    notes = list(warnings(settings))
    return Finding("settings", "note" if notes else "ok", "; ".join(notes) or "no mistakes")


def _kernels(_: Settings) -> Finding:
    folder = PACKAGE / "metrics" / "kernels"
    twins = {path.stem.removesuffix("_plain") for path in folder.glob("*_plain.py")}
    wanted = sorted(name for name in twins if (folder / f"{name}.py").exists())
    plain = [name for name in wanted if not list(folder.glob(f"_{name}.*.so"))]
    if os.environ.get("OBSV_PLAIN") == "1":
        plain = wanted
    if plain:
        return Finding(
            "kernels", "note", f"slower plain Python for {', '.join(plain)}; a C++ compiler and `make setup`"
        )
    return Finding("kernels", "ok", f"compiled: {', '.join(wanted)}")


def _web(_: Settings) -> Finding:
    if (PACKAGE / "web" / "dist" / "index.html").is_file():
        return Finding("web assets", "ok", "built")
    return Finding("web assets", "note", "not built, so that /app has no pages: make web")


def _data(settings: Settings) -> Finding:
    folder = Path(settings.data_dir).absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Finding("data directory", "bad", f"{there} is not a directory that this user may write to")
    free = shutil.disk_usage(there).free
    state: State = "ok" if free > LOW_DISK_BYTES else "bad"
    return Finding("data directory", state, f"{folder}, {free / 1e9:.1f} GB free")


def _keys(settings: Settings) -> Finding:
    if settings.secrets.keys:
        return Finding("keys", "ok", "from the settings")
    file = Path(settings.data_dir) / "keys" / "master.key"
    if not file.exists():
        return Finding("keys", "ok", "made at the first start")
    mode = file.stat().st_mode & 0o777
    if mode & 0o077:
        return Finding("keys", "bad", f"others can read {file} (mode {mode:o}): chmod 600 {file}")
    if not os.access(file, os.R_OK):
        return Finding("keys", "bad", f"{file} belongs to another user")
    return Finding("keys", "ok", f"{file}; keep a copy apart from the backups of the data")


def _clock(settings: Settings) -> Finding:
    now = time.time()
    written = [path.stat().st_mtime for path in Path(settings.data_dir).glob("*") if path.is_file()]
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    # Samples are judged by this clock: one that went back would refuse what it took before.
    if max(written, default=0.0) > now + CLOCK_SLACK_S:
        return Finding("clock", "bad", f"{shown} is before the last write to the data directory: is it set right?")
    return Finding("clock", "ok", shown)


def _database(settings: Settings) -> Finding:
    is_sqlite = settings.database.url == "sqlite"
    name = "SQLite" if is_sqlite else "Postgres"
    if is_sqlite and not (Path(settings.data_dir) / "obsv.sqlite").exists():
        return Finding("database", "ok", "SQLite, made at the first start")
    try:
        pending = asyncio.run(_pending(settings))
    except Exception as error:  # noqa: BLE001  # whatever keeps us from the database is the finding
        return Finding("database", "bad", f"{name} cannot be used: {type(error).__name__}: {error}")
    if pending:
        return Finding("database", "note", f"{name} lacks {', '.join(pending)}: the next start applies it")
    return Finding("database", "ok", f"{name}, schema up to date")


async def _pending(settings: Settings) -> list[str]:
    from obsv.db import close_database, open_database, pending  # noqa: PLC0415  # slow to import

    await open_database(settings)
    try:
        return await pending()
    finally:
        await close_database()


def _store(settings: Settings) -> Finding:
    name = store_name(settings)
    try:
        load(METRIC_STORES, name)
    except PluginError as error:
        return Finding("metric store", "bad", str(error))
    return Finding("metric store", "ok", name)


def _port(settings: Settings) -> Finding:
    host, port = settings.server.host, settings.server.port
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return Finding("port", "note", f"{host}:{port}: {error.strerror}; that is obsv itself if it runs now")
    return Finding("port", "ok", f"{host}:{port} is free")
