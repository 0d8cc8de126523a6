"""`obsv doctor`: what an admin would check by hand, in one go."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from obsv.cli.common import command, settings_of

if TYPE_CHECKING:
    from obsv.config import Settings

LOW_DISK_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    state: Literal["ok", "note", "bad"]
    detail: str


def add(commands: Any) -> None:
    """Declare the command."""
    command(commands, "doctor", "check this machine, the data directory and the database", run).add_argument(
        "--json", action="store_true"
    )


def run(args: argparse.Namespace) -> int:
    """1 when something is bad."""
    settings = settings_of(args)
    findings = list(look(settings))
    if args.json:
        print(json.dumps([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            print(f"{finding.state:5} {finding.what:16} {finding.detail}")
    return int(any(finding.state == "bad" for finding in findings))


def look(settings: Settings) -> Iterator[Finding]:
    """Every finding."""
    yield Finding("python", "ok", sys.version.split()[0])
    yield from (check(settings) for check in CHECKS)


def _kernels(_: Settings) -> Finding:
    folder = Path(__file__).parents[1] / "metrics" / "kernels"
    sources, built = len(list(folder.glob("_*.pyi"))), len(list(folder.glob("*.so")))
    if built >= sources:
        return Finding("kernels", "ok", f"{built} compiled")
    return Finding("kernels", "note", f"{built} of {sources} compiled; plain Python does the rest, slower (needs a C++ compiler)")


def _web(_: Settings) -> Finding:
    built = (Path(__file__).parents[1] / "web" / "dist" / "index.html").is_file()
    return Finding("web assets", "ok" if built else "note", "built" if built else "not built: make web")


def _data(settings: Settings) -> Finding:
    folder = Path(settings.data_dir).absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK):
        return Finding("data directory", "bad", f"{folder}: not writable by this user")
    free = shutil.disk_usage(there).free
    return Finding("data directory", "ok" if free > LOW_DISK_BYTES else "bad", f"{folder}: {free / 1e9:.1f} GB free")


def _keys(settings: Settings) -> Finding:
    file = Path(settings.data_dir) / "keys" / "master.key"
    if settings.secrets.keys or not file.exists():
        return Finding("keys", "ok", "from the settings" if settings.secrets.keys else "made at first start")
    mode = file.stat().st_mode & 0o777
    if mode & 0o077:
        return Finding("keys", "bad", f"{file} can be read by others (mode {mode:o}): chmod 600 {file}")
    return Finding("keys", "ok", f"{file}; keep a copy apart from the backups of the data")


def _database(settings: Settings) -> Finding:
    from obsv.db import close_database, open_database, ping  # noqa: PLC0415  # kept out of --help

    if settings.database.url == "sqlite" and not (Path(settings.data_dir) / "obsv.sqlite").exists():
        return Finding("database", "ok", "SQLite, made at first start")

    async def reach() -> None:
        await open_database(settings)
        try:
            await ping()
        finally:
            await close_database()

    try:
        asyncio.run(reach())
    except Exception as error:  # noqa: BLE001  # whatever keeps us from the database is the finding
        return Finding("database", "bad", f"cannot be reached: {error}")
    return Finding("database", "ok", "SQLite" if settings.database.url == "sqlite" else "Postgres")


def _port(settings: Settings) -> Finding:
    with socket.socket(socket.AF_INET6 if ":" in settings.server.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.server.host, settings.server.port))
        except OSError as error:
            return Finding("port", "note", f"{settings.server.port}: {error.strerror} (obsv itself, if it is running)")
    return Finding("port", "ok", f"{settings.server.port} is free")


CHECKS: tuple[Callable[[Settings], Finding], ...] = (_kernels, _web, _data, _keys, _database, _port)
