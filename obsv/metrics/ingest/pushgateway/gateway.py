"""What pushing to a group, deleting it and the passing of time do to its series."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import structlog

from obsv.core.clock import Clock
from obsv.core.errors import BadRequest, ObsvError
from obsv.metrics.ingest.batch import BatchBuilder, Key
from obsv.metrics.ingest.door import Door
from obsv.metrics.ingest.exposition import Family, add_families
from obsv.metrics.ingest.pushgateway import groups
from obsv.metrics.ingest.pushgateway.groups import FAILED, PUSHED, Families, Group, GroupKey, Labels
from obsv.metrics.ingest.remote_write import refusal
from obsv.metrics.store.types import STALE, WriteBatch, WriteResult
from obsv.metrics.ticks import ticks

EVERY_MS = 60_000
"""How often what was pushed is stored again; a value is current for the lookback, five minutes unless configured."""
SETTLE_MS = 5_000
"""A push stores its samples and then keeps its group.  What is stored again meanwhile, from the group as it was, is
dated back by this much, so that the newest sample is the pushed one."""
MOST_AT_ONCE = 10_000

_log = structlog.get_logger("obsv.push")

Write = Callable[[int, WriteBatch], Awaitable[WriteResult]]
"""Store what the server finds out by itself for an organisation.  Raises ObsvErrors."""


@dataclass(frozen=True)
class Pushgateway:
    """Groups that were not pushed to for `ttl_ms` end."""

    door: Door
    clock: Clock
    write: Write
    ttl_ms: int

    async def push(self, org: int, group: Labels, families: list[Family], *, is_replacing: bool) -> None:
        """Store a page's samples now and from now on; of one that cannot be kept whole, nothing is kept from now on.

        Raises BadRequest, Unavailable.
        """
        at_ms = self.clock.now_ms()
        try:
            made = Group(group, _kept(families, group), at_ms)
            batch = BatchBuilder()
            add_families(batch, families, at_ms, group)
            batch.add(batch.series({**group, "__name__": PUSHED}), at_ms, at_ms / 1000)
            result = await self.door.write(org, batch.build())
            if result.refused:
                raise BadRequest(refusal(result))
        except BadRequest:
            await self.fail(org, group)
            raise
        before = await groups.change(org, made, is_replacing=is_replacing)
        if before is not None:
            replaced = (
                before.families if is_replacing else {name: before.families.get(name, []) for name in made.families}
            )
            await self._end(org, _series(replaced), but=_series(made.families))

    async def fail(self, org: int, group: Labels) -> None:
        """Note that a push was refused."""
        await groups.note_failure(GroupKey.of(org, group), self.clock.now_ms())

    async def delete(self, org: int, group: Labels) -> None:
        """Forget a group and end its series; nothing happens where there is none."""
        await self._forgotten(org, await groups.remove(GroupKey.of(org, group)))

    async def run(self) -> None:
        """Store again and again until cancelled; for the node that leads alone."""
        async for _ in ticks(self.clock, EVERY_MS, 0):
            try:
                await self.repeat()
            except ObsvError as error:
                _log.warning("push.not_repeated", why=str(error))

    async def repeat(self) -> None:
        """Store what all groups have once more, and forget those whose time is over."""
        org, batch = 0, BatchBuilder()
        for key in await groups.keys():
            if batch.samples > MOST_AT_ONCE or key.org != org:
                await self._store(org, batch)
                org, batch = key.org, BatchBuilder()
            now = self.clock.now_ms()
            found = await groups.find(key)
            if found is None:
                continue
            if found.pushed_at_ms < now - self.ttl_ms:
                await self._forgotten(org, await groups.remove(key, pushed_before_ms=now - self.ttl_ms))
                continue
            at_ms = max(now - SETTLE_MS, found.pushed_at_ms)
            for labels, value in found.samples():
                batch.add(batch.series(labels), at_ms, value)
        await self._store(org, batch)

    async def _store(self, org: int, batch: BatchBuilder) -> None:
        if not batch.samples:
            return
        result = await self.write(org, batch.build())
        if result.refused:
            _log.warning("push.samples_refused", org=org, detail=result.detail)

    async def _forgotten(self, org: int, group: Group | None) -> None:
        if group is not None:
            await self._end(org, {_key(labels): labels for labels, _ in group.samples()})

    async def _end(self, org: int, series: dict[Key, Labels], but: Iterable[Key] = ()) -> None:
        kept = set(but)
        batch = BatchBuilder()
        for key, labels in series.items():
            if key not in kept:
                batch.add(batch.series(labels), self.clock.now_ms(), STALE)
        await self._store(org, batch)


def _kept(families: Iterable[Family], group: Labels) -> Families:
    """A page's samples with the group's labels.  Raises BadRequest for what no page that is pushed may say."""
    kept: Families = {}
    seen: set[Key] = set()
    for family in families:
        rows = kept.setdefault(family.name, [])
        for sample in family.samples:
            name = sample.labels["__name__"]
            if sample.t_ms is not None:
                raise BadRequest(f"pushed metrics must not have timestamps: {name} has one")
            if name in (PUSHED, FAILED):
                raise BadRequest(f"{name} cannot be pushed: it tells of the pushes themselves")
            labels = {label: value for label, value in {**sample.labels, **group}.items() if value}
            key = _key(labels)
            if key in seen:
                raise BadRequest(f"{name} comes twice with the same labels, {group} among them")
            seen.add(key)
            rows.append((labels, repr(sample.value)))
    return kept


def _series(families: Families) -> dict[Key, Labels]:
    return {_key(labels): labels for samples in families.values() for labels, _ in samples}


def _key(labels: Labels) -> Key:
    return tuple(sorted(labels.items()))
