"""Who may make an account: as the configuration says, or else as whoever runs the instance says in the cabinet."""

from __future__ import annotations

from typing import Final, Literal, cast, get_args

from obsv.accounts.cache import Remembered
from obsv.audit import AuditLog, Who
from obsv.core.clock import Clock
from obsv.core.errors import Conflict
from obsv.db import execute, fetch_value, write_tx

Mode = Literal["open", "invite", "closed"]
DEFAULT: Final[Mode] = "invite"
_NAME: Final = "registration"


class RegistrationMode:
    """`open` to anybody, by `invite`, or `closed` to everybody new."""

    def __init__(self, configured: str, clock: Clock, audit: AuditLog) -> None:
        """`configured` is `[auth] registration`; "" leaves it to the cabinet."""
        self._configured: Mode | None = cast("Mode", configured) if configured in get_args(Mode) else None
        self._clock, self._audit = clock, audit
        self._known = Remembered[Mode](clock)

    @property
    def is_fixed(self) -> bool:
        """Whether the configuration says so, and the cabinet cannot."""
        return self._configured is not None

    async def current(self) -> Mode:
        """The mode of now; a change in another replica counts within five seconds."""
        if self._configured is not None:
            return self._configured
        known = self._known.get(_NAME)
        if known is None:
            generation = self._known.generation
            known = await fetch_value("SELECT value FROM instance_settings WHERE name = {}", _NAME) or DEFAULT
            self._known.put(_NAME, known, generation=generation)
        return known

    async def change(self, mode: Mode, *, by: Who) -> None:
        """Set it.  Raises `Conflict` where the configuration does."""
        if self.is_fixed:
            raise Conflict("[auth] registration in the configuration says who may register.", code="configured")
        before, now = await self.current(), self._clock.now_ms()
        async with write_tx():
            await execute(
                "INSERT INTO instance_settings (name, value, changed_at_ms, changed_by) VALUES ({}, {}, {}, {}) "
                "ON CONFLICT (name) DO UPDATE SET value = {}, changed_at_ms = {}, changed_by = {}",
                *(_NAME, mode, now, by.ref, mode, now, by.ref),
            )
            details = {"kind": _NAME, "before": before, "after": mode}
            await self._audit.write("config.changed", org=None, actor=by, details=details)
        self._known.clear()
