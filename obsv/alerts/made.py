"""The rules of the database as those that evaluate them see them, whichever process changes them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import structlog

from obsv.alerts import store
from obsv.alerts.documents import runnable
from obsv.db import fetch
from obsv.metrics.rules import RuleGroup

_log = structlog.get_logger("obsv.alerts")

POLL_S = 2.0
"""How soon a change that another process made is seen; one of this process is seen at once."""


class MadeGroups:
    """See `obsv.metrics.rules.Groups`."""

    def __init__(self, poll_s: float = POLL_S) -> None:
        self._poll_s = poll_s
        self._nudge = asyncio.Event()
        self._seen: dict[int, int] | None = None

    def look(self) -> None:
        """Something was changed here."""
        self._nudge.set()

    async def groups(self) -> Sequence[RuleGroup]:
        """All that are evaluated."""
        seen = await store.revisions()
        slugs = {int(row["id"]): str(row["slug"]) for row in await fetch("SELECT id, slug FROM organisations")}
        found: list[RuleGroup] = []
        for kept in await store.groups():
            if kept.org not in slugs:
                continue
            try:
                found.append(runnable(slugs[kept.org], kept.document, kept.versions))
            except Exception:  # noqa: BLE001  # one that an older version took must not stop all others
                _log.exception("alerts.group_unreadable", group=kept.id)
        self._seen = seen
        return found

    async def changed(self) -> None:
        """Wait until they are others."""
        while True:
            self._nudge.clear()
            if await store.revisions() != self._seen:
                return
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes together with the nudge.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self._nudge.wait()
