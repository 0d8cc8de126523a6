"""Opens just what the admin commands need, beside a running server or without one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obsv.accounts import Accounts
    from obsv.config import Settings


@asynccontextmanager
async def opened_accounts(settings: Settings) -> AsyncGenerator[Accounts]:
    """The accounts of a data directory, migrated first; closed on leaving."""
    from obsv.accounts import Accounts  # noqa: PLC0415  # kept out of --help
    from obsv.audit import close_audit, open_audit  # noqa: PLC0415
    from obsv.core.clock import SystemClock  # noqa: PLC0415
    from obsv.db import close_database, migrate, open_database  # noqa: PLC0415
    from obsv.http import configure_logging  # noqa: PLC0415
    from obsv.keys import close_keys, open_keys  # noqa: PLC0415
    from obsv.outbox import ConsoleTransport, close_outbox, open_outbox  # noqa: PLC0415

    # Standard output is the command's answer; what the parts have to say goes to standard error.
    configure_logging(settings.log.format, "warning")
    data_dir, clock = Path(settings.data_dir), SystemClock()
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)  # noqa: ASYNC240  # nothing else runs here
    async with AsyncExitStack() as stack:
        await open_database(settings)
        stack.push_async_callback(close_database)
        await migrate()
        keys = open_keys(data_dir, master_keys=settings.secrets.keys)
        stack.callback(close_keys)
        audit = open_audit(keys, clock)
        stack.callback(close_audit)
        # Mail is queued here and sent by the server.
        open_outbox(keys, clock, ConsoleTransport(), sender=settings.mail.sender)
        stack.callback(close_outbox)
        yield Accounts(settings, clock, keys, audit)
