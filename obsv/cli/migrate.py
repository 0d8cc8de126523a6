"""`obsv migrate`."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

from obsv.cli.common import command, settings_of, tell


def add(commands: Any) -> None:
    """Declare the command."""
    made = command(commands, "migrate", "bring the database to this version's schema (serve does so by itself)", run)
    made.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Apply what is missing."""
    from obsv.db import close_database, migrate, open_database  # noqa: PLC0415  # kept out of --help

    settings = settings_of(args)
    Path(settings.data_dir).mkdir(parents=True, exist_ok=True)

    async def work() -> list[str]:
        await open_database(settings)
        try:
            return list(await migrate())
        finally:
            await close_database()

    applied = asyncio.run(work())
    tell(args, f"Applied: {', '.join(applied)}" if applied else "Nothing to do.", applied=applied)
    return 0
