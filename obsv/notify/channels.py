"""The only writer of channels: names, settings and secrets, the one that is always there, and trials."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from obsv import audit
from obsv.audit import SYSTEM, Who
from obsv.core.clock import Clock
from obsv.core.errors import Conflict, FieldError, Invalid, NotFound
from obsv.core.ids import new_id
from obsv.db import execute, fetch, fetch_value, hold_lock, insert, is_unique_violation, write_tx
from obsv.keys import keystore
from obsv.notify import store
from obsv.notify.base import NotifyError
from obsv.notify.context import ChannelContext, Owners, subject_ref
from obsv.notify.forms import checked, plain, secret_values, secrets_of, told
from obsv.notify.kinds import Kinds
from obsv.notify.store import Channel, Content
from obsv.notify.tables import ChannelRow
from obsv.notify.templates import check_template
from obsv.notify.types import ChannelView, ChannelWish, TestResult

MOST: Final = 200
"""Channels that an organisation may have."""
DEFAULT_NAME: Final = "Owners by email"
DEFAULT_KIND: Final = "email"
_NAME: Final = re.compile(
    r"[^\s./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,78}[^\s/\\\x00-\x1f\x7f]|[^\s./\\\x00-\x1f\x7f]"
)

Uses = Callable[[int, str], Awaitable[Sequence[str]]]
"""What of an organisation uses the channel of that name, in words."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What channels lean on."""

    clock: Clock
    kinds: Kinds
    owners: Owners


class Channels:
    """Everything that changes a channel; each change with its audit event."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._uses: list[Uses] = []
        self._has_default: set[int] = set()

    def used_by(self, uses: Uses) -> None:
        """Let another part say what it uses: that is neither renamed nor deleted."""
        self._uses.append(uses)

    @property
    def kinds(self) -> Kinds:
        """The kinds that are installed."""
        return self._parts.kinds

    # Reading

    async def names(self, org: int) -> list[str]:
        """All names."""
        await self.ensure_default(org)
        return [row["name"] for row in await fetch("SELECT name FROM channels WHERE org = {} ORDER BY name", org)]

    async def listening(self, org: int) -> list[str]:
        """Names of those that are switched on."""
        await self.ensure_default(org)
        sql = "SELECT name FROM channels WHERE org = {} AND is_enabled = {} ORDER BY name"
        return [row["name"] for row in await fetch(sql, org, True)]

    async def every(self, org: int) -> list[Channel]:
        """All of them, readable: for sending and for files."""
        await self.ensure_default(org)
        return await store.every(org)

    async def views(self, org: int) -> list[ChannelView]:
        """All of them as they are shown, by name."""
        rows = await fetch(
            "SELECT channel_id, state, count(*) AS n FROM deliveries "
            "WHERE org = {} AND state IN ('queued', 'leased', 'dead') GROUP BY channel_id, state",
            org,
        )
        counts = {(row["channel_id"], row["state"]): int(row["n"]) for row in rows}
        return [self._view(channel, counts) for channel in await self.every(org)]

    async def view(self, org: int, channel_id: str) -> ChannelView:
        """One.  Raises `NotFound`."""
        await self._get(org, channel_id)
        return next(one for one in await self.views(org) if one.id == channel_id)

    async def by_name(self, org: int, name: str) -> Channel:
        """One by name.  Raises `NotFound`."""
        if name == DEFAULT_NAME:
            await self.ensure_default(org)
        found = await store.by_name(org, name)
        if found is None:
            raise NotFound(f"There is no channel {name!r}.", code="no_channel")
        return found

    # Changing

    async def ensure_default(self, org: int) -> None:
        """Every organisation has a channel that mails its owners."""
        if org in self._has_default:
            return
        if not await fetch_value("SELECT count(*) FROM channels WHERE org = {} AND is_default = {}", org, True):
            await keystore().create_subject(subject_ref(org))
            async with write_tx():
                await hold_lock(f"channels:{org}")
                if not await fetch_value("SELECT count(*) FROM channels WHERE org = {} AND is_default = {}", org, True):
                    content = Content({"owners": True})
                    await self._insert(org, ChannelWish(DEFAULT_NAME, DEFAULT_KIND), content, SYSTEM, is_default=True)
        # Not inside somebody's transaction, which may be undone yet.
        if await fetch_value("SELECT count(*) FROM organisations WHERE id = {}", org):
            self._has_default.add(org)

    async def create(self, org: int, wish: ChannelWish, *, by: Who, is_applied: bool = False) -> ChannelView:
        """A new one.  Raises `Conflict` where the name is taken, `Invalid`."""
        await self.ensure_default(org)
        await keystore().create_subject(subject_ref(org))
        content = self._content(wish, {})
        async with self._unique(wish.name), write_tx():
            await hold_lock(f"channels:{org}")
            if await fetch_value("SELECT count(*) FROM channels WHERE org = {}", org) >= MOST:
                raise Invalid(f"An organisation has {MOST} channels at most: delete some.", code="too_many_channels")
            channel_id = await self._insert(org, wish, content, by, is_applied=is_applied)
            await audit.write("channel.created", org=org, actor=by, target=("channel", channel_id))
        return await self.view(org, channel_id)

    async def update(
        self, org: int, channel_id: str, wish: ChannelWish, *, by: Who, is_applied: bool | None = None
    ) -> ChannelView:
        """As it shall be; secrets that are left out stay.  Raises `Conflict`, `Invalid`, `NotFound`."""
        async with self._unique(wish.name), write_tx():
            kept = await self._get(org, channel_id)
            if wish.kind != kept.kind:
                raise Invalid("A channel's kind stays: make another channel.", code="kind_stays")
            if wish.name != kept.name:
                if kept.is_default:
                    raise Conflict("This channel is always there, and keeps its name.", code="default_channel")
                await self._require_unused(org, kept.name, "renamed")
            secrets = {name: kept.content.settings.get(name) for name in secrets_of(self.kinds.target(kept.kind))}
            content = self._content(wish, {name: value for name, value in secrets.items() if value})
            applied = kept.is_applied if is_applied is None else is_applied
            await execute(
                "UPDATE channels SET name = {}, content = {}, sends_resolved = {}, is_enabled = {}, is_applied = {}, "
                "updated_at_ms = {}, updated_by = {} WHERE org = {} AND id = {}",
                *(wish.name, store.sealed(org, channel_id, content), wish.sends_resolved, wish.is_enabled, applied),
                *(self._parts.clock.now_ms(), _author(by), org, channel_id),
            )
            await audit.write("channel.updated", org=org, actor=by, target=("channel", channel_id))
        return await self.view(org, channel_id)

    async def delete(self, org: int, channel_id: str, *, by: Who) -> None:
        """Take one away, with its secrets and what is queued for it.

        Raises `NotFound`; `Conflict` while something uses it, and for the one that is always there.
        """
        async with write_tx():
            kept = await self._get(org, channel_id)
            if kept.is_default:
                raise Conflict("This channel is always there: switch it off instead.", code="default_channel")
            await self._require_unused(org, kept.name, "deleted")
            now = self._parts.clock.now_ms()
            await execute(
                "UPDATE deliveries SET state = 'dead', detail = 'the channel was deleted', content = NULL, "
                "ended_at_ms = {} WHERE org = {} AND channel_id = {} AND state IN ('queued', 'leased')",
                *(now, org, channel_id),
            )
            await execute("DELETE FROM channels WHERE org = {} AND id = {}", org, channel_id)
            await audit.write("channel.deleted", org=org, actor=by, target=("channel", channel_id))

    async def test(self, org: int, channel_id: str, *, by: Who) -> TestResult:
        """Send a trial message now, and tell what the other side answered.  Raises `NotFound`, `Invalid`."""
        await self.ensure_default(org)
        kept = await self._get(org, channel_id)
        target = checked(self.kinds.target(kept.kind), kept.content.settings)
        notifier = self.kinds.make(kept.kind, self.context(org, channel_id))
        await audit.write("channel.test_sent", org=org, actor=by, target=("channel", channel_id))
        begun = self._parts.clock.monotonic()
        try:
            receipt = await notifier.verify(target)
        except NotifyError as error:
            return TestResult(False, told(str(error), secret_values(target)), took_ms=self._ms_since(begun))
        detail = told(receipt.detail, secret_values(target))
        return TestResult(True, detail, receipt.reference[:200], self._ms_since(begun))

    def context(self, org: int, channel_id: str) -> ChannelContext:
        """What a notifier of the channel may use."""
        return ChannelContext(self._parts.clock, org, channel_id, self._parts.owners)

    # Inner

    def _ms_since(self, begun: float) -> int:
        return int((self._parts.clock.monotonic() - begun) * 1000)

    async def _get(self, org: int, channel_id: str) -> Channel:
        found = await store.by_id(org, channel_id)
        if found is None:
            raise NotFound("There is no such channel.", code="no_channel")
        return found

    def _content(self, wish: ChannelWish, secrets: Mapping[str, object]) -> Content:
        if not _NAME.fullmatch(wish.name):
            said = "A name is a text of 80 characters at most, without / and \\, and does not begin with a dot."
            raise Invalid(said, code="bad_name", errors=[FieldError("/name", said)])
        settings = plain(checked(self.kinds.target(wish.kind), {**secrets, **wish.settings}))
        for name in ("subject_template", "text_template"):
            check_template(name, getattr(wish, name))
        return Content(settings, wish.subject_template, wish.text_template)

    async def _insert(
        self,
        org: int,
        wish: ChannelWish,
        content: Content,
        by: Who,
        *,
        is_default: bool = False,
        is_applied: bool = False,
    ) -> str:
        channel_id, now = new_id("chn"), self._parts.clock.now_ms()
        row: dict[str, Any] = {
            "id": channel_id,
            "org": org,
            "name": wish.name,
            "kind": wish.kind,
            "content": store.sealed(org, channel_id, content),
            "sends_resolved": wish.sends_resolved,
            "is_enabled": wish.is_enabled,
            "is_default": is_default,
            "is_applied": is_applied,
            "rate_at_ms": 0,
            "created_at_ms": now,
            "created_by": _author(by),
            "updated_at_ms": now,
            "updated_by": _author(by),
        }
        await insert(ChannelRow, row)
        return channel_id

    async def _require_unused(self, org: int, name: str, what: str) -> None:
        used = [use for uses in self._uses for use in await uses(org, name)]
        if used:
            raise Conflict(
                f"The channel cannot be {what} while it is used by {', '.join(used[:10])}.",
                code="channel_in_use",
                facts={"used_by": used},
            )

    def _view(self, channel: Channel, counts: Mapping[tuple[str, str], int]) -> ChannelView:
        problem, settings = channel.problem, dict(channel.content.settings)
        hidden: tuple[str, ...] = ()
        try:
            hidden = secrets_of(self.kinds.target(channel.kind))
        except Invalid as error:
            # Whatever of it is secret is not known without its kind.
            problem, settings = error.detail, {}
        return ChannelView(
            id=channel.id,
            name=channel.name,
            kind=channel.kind,
            settings={name: value for name, value in settings.items() if name not in hidden},
            secrets=[name for name in hidden if settings.get(name)],
            subject_template=channel.content.subject_template,
            text_template=channel.content.text_template,
            sends_resolved=channel.sends_resolved,
            is_enabled=channel.is_enabled,
            is_default=channel.is_default,
            is_applied=channel.is_applied,
            created_at_ms=channel.created_at_ms,
            updated_at_ms=channel.updated_at_ms,
            queued=counts.get((channel.id, "queued"), 0) + counts.get((channel.id, "leased"), 0),
            dead=counts.get((channel.id, "dead"), 0),
            problem=problem,
        )

    def _unique(self, name: str) -> _Unique:
        return _Unique(name)


class _Unique:
    """Tells of a name that is taken already, whoever was first."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is not None and is_unique_violation(error):
            said = f"There is a channel {self._name!r} already."
            raise Conflict(said, code="name_taken", errors=[FieldError("/name", said)]) from None


def _author(by: Who) -> str:
    return by.person or by.ref
