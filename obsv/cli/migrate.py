"""`obsv migrate`."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

from obsv.cli.common import Failed, add_json, command, settings_of, tell

DESCRIPTION = """\
Bring the database to this version's schema.  `obsv serve` does so by itself; this is for doing it apart, before several
replicas start.  Make a backup first.
"""


def add(commands: Any) -> None:
    """Declare the command."""
    add_json(command(commands, "migrate", "bring the database to this version's schema", run, description=DESCRIPTION))


def run(args: argparse.Namespace) -> int:
    """Apply what is missing."""
    from obsv.db import SchemaTooNew, close_database, migrate, open_database  # noqa: PLC0415  # kept out of --help

    settings = settings_of(args)
    Path(settings.data_dir).mkdir(parents=True, exist_ok=True)

    async def work() -> list[str]:
        await open_database(settings)
        try:
            return await migrate()
        finally:
            await close_database()

    try:
        applied = asyncio.run(work())
    except SchemaTooNew as error:
        raise Failed(str(error)) from None
    tell(args, f"Applied: {', '.join(applied)}" if applied else "Nothing to do.", {"applied": applied})
    return 0
