"""The only writer of rules and their groups; each change with its audit event."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import msgspec

from obsv import audit
from obsv.accounts.authors import author_ref
from obsv.alerts import store
from obsv.alerts.documents import MOST_RULES, GroupDocument, RuleDocument, check
from obsv.alerts.made import MadeGroups
from obsv.alerts.ports import AlertPorts
from obsv.alerts.store import Edit, KeptGroup
from obsv.alerts.types import GroupChange, RuleChange, SavedGroup
from obsv.audit import Who
from obsv.core.errors import Conflict, Invalid, NotFound
from obsv.core.ids import new_id
from obsv.db import after_commit, hold_lock, write_tx


class RuleBook:
    """Everything that changes rules.  Raises `Invalid`, `NotFound` and `Conflict`."""

    def __init__(self, ports: AlertPorts, made: MadeGroups) -> None:
        self._ports, self._made = ports, made

    async def create(
        self, org: int, document: GroupDocument, *, by: Who, message: str = "", preset: str = ""
    ) -> SavedGroup:
        """A new group; its name must be free."""
        check(document)
        async with self.locked(org):
            if await store.find_by_name(org, document.name) is not None:
                raise Conflict(f"There is a group {document.name!r} already.", code="name_taken")
            return await self._insert(org, document, self._edit(by, message, preset=preset), by)

    async def put(self, org: int, group_id: str, change: GroupChange, *, by: Who) -> SavedGroup:
        """Make a group what it shall be; rules are known by their id, else by kind and name."""
        check(change.group)
        async with self.locked(org):
            kept = await _group(org, group_id)
            _require_version(kept.version, change.version)
            return await self._update(kept, change.group, self._edit(by, change.message), by)

    async def put_named(
        self, org: int, document: GroupDocument, *, by: Who, message: str, is_applied: bool
    ) -> SavedGroup:
        """Make the group of a name what it shall be, whatever is there."""
        check(document)
        async with self.locked(org):
            kept = await store.find_by_name(org, document.name)
            edit = self._edit(by, message, is_applied=is_applied)
            if kept is None:
                return await self._insert(org, document, edit, by)
            return await self._update(kept, document, edit, by)

    async def delete(self, org: int, group_id: str, *, by: Who) -> None:
        """A group with its rules; what fires resolves."""
        async with self.locked(org):
            kept = await _group(org, group_id)
            await store.delete_group(kept)
            await _tell("alert_rule.deleted", org, kept.id, by, len(kept.document.rules))

    async def add_rule(self, org: int, group_id: str, rule: RuleDocument, *, by: Who, message: str) -> SavedGroup:
        """A rule at the end of a group."""
        async with self.locked(org):
            kept = await _group(org, group_id)
            rules = (*kept.document.rules, msgspec.structs.replace(rule, id=""))
            return await self._with_rules(kept, rules, by, message)

    async def put_rule(self, org: int, rule_id: str, change: RuleChange, *, by: Who) -> SavedGroup:
        """Make a rule what it shall be."""
        async with self.locked(org):
            kept, place = await _place(org, rule_id)
            _require_version(kept.versions[place], change.version)
            rules = list(kept.document.rules)
            rules[place] = msgspec.structs.replace(change.rule, id=rule_id)
            return await self._with_rules(kept, rules, by, change.message)

    async def pause_rule(self, org: int, rule_id: str, *, paused: bool, by: Who) -> SavedGroup:
        """Let a rule rest, or go on."""
        async with self.locked(org):
            kept, place = await _place(org, rule_id)
            rules = list(kept.document.rules)
            rules[place] = msgspec.structs.replace(rules[place], paused=paused)
            return await self._with_rules(kept, rules, by, "Paused" if paused else "Goes on")

    async def delete_rule(self, org: int, rule_id: str, *, by: Who) -> None:
        """Take a rule out of its group; what fires resolves."""
        async with self.locked(org):
            kept, place = await _place(org, rule_id)
            rules = [rule for i, rule in enumerate(kept.document.rules) if i != place]
            await self._with_rules(kept, rules, by, "")

    async def _with_rules(self, kept: KeptGroup, rules: Sequence[RuleDocument], by: Who, message: str) -> SavedGroup:
        document = msgspec.structs.replace(kept.document, rules=tuple(rules))
        if len(rules) > MOST_RULES:
            raise Invalid(f"A group has {MOST_RULES} rules at the most.", code="too_many_rules")
        check(document)
        return await self._update(kept, document, self._edit(by, message), by)

    async def _insert(self, org: int, document: GroupDocument, edit: Edit, by: Who) -> SavedGroup:
        await self._require_room(org, len(document.rules))
        group_id = await store.insert_group(org, document, edit)
        rules = [msgspec.structs.replace(rule, id=new_id("rul")) for rule in document.rules]
        await store.put_rules(org, group_id, [(i, rule, 1) for i, rule in enumerate(rules)], edit)
        await _tell("alert_rule.created", org, group_id, by, len(rules))
        return SavedGroup(group_id, document.name, 1, True, [rule.id for rule in rules])

    async def _update(self, kept: KeptGroup, document: GroupDocument, edit: Edit, by: Who) -> SavedGroup:
        other = await store.find_by_name(kept.org, document.name)
        if other is not None and other.id != kept.id:
            raise Conflict(f"There is a group {document.name!r} already.", code="name_taken")
        rules = _identified(kept, document.rules)
        before = {rule.id: (i, rule, kept.versions[i]) for i, rule in enumerate(kept.document.rules)}
        changed = [
            (i, rule, before[rule.id][2] + 1 if rule.id in before else 1)
            for i, rule in enumerate(rules)
            if rule.id not in before or before[rule.id][1] != rule
        ]
        moved = [(i, rule.id) for i, rule in enumerate(rules) if rule.id in before and before[rule.id][0] != i]
        ids = [rule.id for rule in rules]
        gone = [rule for rule in before if rule not in ids]
        bare = [msgspec.structs.replace(one, rules=()) for one in (kept.document, document)]
        if not (changed or moved or gone) and bare[0] == bare[1] and kept.is_applied >= edit.is_applied:
            return SavedGroup(kept.id, document.name, kept.version, False, ids)
        await self._require_room(kept.org, len(rules) - len(before))
        version = await store.update_group(kept, document, edit)
        await store.put_rules(kept.org, kept.id, changed, edit)
        await store.place_rules(kept.org, moved)
        await store.delete_rules(kept.org, gone)
        await _tell("alert_rule.updated", kept.org, kept.id, by, len(changed) + len(gone))
        return SavedGroup(kept.id, document.name, version, True, ids)

    def _edit(self, by: Who, message: str, *, is_applied: bool = False, preset: str = "") -> Edit:
        said = " ".join(message.replace("\x00", "").split())
        return Edit(author_ref(by), self._ports.clock.now_ms(), said, is_applied, preset)

    async def _require_room(self, org: int, more: int) -> None:
        most = await self._ports.most(org)
        if more > 0 and await store.count(org) + more > most:
            raise Invalid(f"The plan allows {most} rules: delete some that nobody needs.", code="plan_limit")

    @asynccontextmanager
    async def locked(self, org: int) -> AsyncGenerator[None]:
        """A transaction in which nobody else changes this organisation's rules; one may be within another."""
        async with write_tx():
            await hold_lock(f"rules:{org}")
            yield
            await store.note_change(org)
            after_commit(self._made.look)


def _identified(kept: KeptGroup, rules: Sequence[RuleDocument]) -> list[RuleDocument]:
    """Rules with their ids: the one they bring, that of the rule of this kind and name, or a new one."""
    known = {rule.id for rule in kept.document.rules}
    brought = {rule.id for rule in rules if rule.id in known}
    free: dict[tuple[bool, str], list[str]] = {}
    for rule in kept.document.rules:
        if rule.id not in brought:
            free.setdefault((bool(rule.alert), rule.name), []).append(rule.id)
    made: list[RuleDocument] = []
    used: Counter[str] = Counter()
    for rule in rules:
        chosen = rule.id if rule.id in known and not used[rule.id] else ""
        if not chosen:
            same = free.get((bool(rule.alert), rule.name), [])
            chosen = same.pop(0) if same else new_id("rul")
        used[chosen] += 1
        made.append(msgspec.structs.replace(rule, id=chosen))
    return made


async def _group(org: int, group_id: str) -> KeptGroup:
    kept = await store.find(org, group_id)
    if kept is None:
        raise NotFound("There is no such rule group.", code="no_rule_group")
    return kept


async def _place(org: int, rule_id: str) -> tuple[KeptGroup, int]:
    kept = await store.group_of(org, rule_id)
    if kept is None:
        raise NotFound("There is no such rule.", code="no_rule")
    return kept, [rule.id for rule in kept.document.rules].index(rule_id)


def _require_version(there: int, made_from: int | None) -> None:
    if made_from is not None and made_from != there:
        raise Conflict(
            f"Version {there} is there now, after the version {made_from} that this was made from.",
            code="version_conflict",
            facts={"current_version": there},
        )


async def _tell(event: str, org: int, group_id: str, by: Who, count: int) -> None:
    await audit.write(event, org=org, actor=by, target=("rule_group", group_id), details={"count": count})
