"""Quick databases for tests: a copy of one that was migrated once in this process."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from pathlib import Path

from obsv.db import driver
from obsv.db.engine import FILE_NAME, close_database, connect
from obsv.db.migrate import migrate

_templates: dict[str, str] = {}


async def copy_sqlite(data_dir: Path) -> None:
    """Put a migrated database file into the folder `data_dir`; open it with `connect("sqlite", data_dir)`."""
    if "sqlite" not in _templates:
        folder = Path(tempfile.mkdtemp(prefix="obsv-template-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        await connect("sqlite", folder)
        await migrate()
        await close_database()
        _templates["sqlite"] = str(folder)
    await asyncio.to_thread(shutil.copy, Path(_templates["sqlite"]) / FILE_NAME, data_dir)


async def copy_postgres(server_url: str, template_url: str, name: str) -> None:
    """Make the database `name` a copy of the one of `template_url`, which is migrated at its first use."""
    if template_url not in _templates:
        await connect(template_url, Path())
        await migrate()
        await close_database()
        _templates[template_url] = template_url
    template = template_url.partition("?")[0].rpartition("/")[2]
    connection = await driver.connect(server_url)
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        await connection.close()
