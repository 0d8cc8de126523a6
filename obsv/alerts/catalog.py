"""Reads rules, wherever they come from, with how they are."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from obsv.accounts.authors import Author, Authors
from obsv.alerts import store
from obsv.alerts.documents import FILE, GroupDocument, RuleDocument
from obsv.alerts.fingerprint import fingerprint
from obsv.alerts.store import KeptGroup
from obsv.alerts.types import AlertView, GroupView, RuleVersionList, RuleVersionView, RuleView, State
from obsv.core.duration import format_duration_ms
from obsv.core.errors import NotFound
from obsv.metrics.rules import Alert, AlertingRule, GroupStatus
from obsv.metrics.rules.model import Rule, Run

NOBODY: Final = Author("", "")
_ORDER: Final = {"firing": 0, "pending": 1}
Statuses = Callable[[int], Awaitable[Sequence[GroupStatus]]]


class RuleCatalog:
    """Finds rules; writes nothing.  `statuses` says how those that are evaluated are."""

    def __init__(self, statuses: Statuses) -> None:
        self._statuses = statuses

    async def groups(self, org: int) -> list[GroupView]:
        """All: stored ones and those of files, by name."""
        found = await self._statuses(org)
        by_name = {status.group.name: status for status in found if status.group.file == FILE}
        authors = Authors(org)
        views = [
            _stored(kept, by_name.get(kept.document.name), await authors.of(kept.updated_by))
            for kept in await store.groups(org)
        ]
        views += [_of_file(status) for status in found if status.group.file != FILE]
        return sorted(views, key=lambda view: (view.group.name.casefold(), view.file))

    async def group(self, org: int, group_id: str) -> GroupView:
        """A stored one.  Raises `NotFound`."""
        for view in await self.groups(org):
            if view.id == group_id and view.source == "stored":
                return view
        raise NotFound("There is no such rule group.", code="no_rule_group")

    async def rules(self, org: int) -> list[RuleView]:
        """All of all groups: those that fire first."""
        found = [rule for group in await self.groups(org) for rule in group.rules]
        return sorted(found, key=lambda rule: _ORDER.get(rule.state, 2))

    async def rule(self, org: int, rule_id: str) -> RuleView:
        """One, also of a file.  Raises `NotFound`."""
        for view in await self.rules(org):
            if view.id == rule_id:
                return view
        raise NotFound("There is no such rule.", code="no_rule")

    async def versions(self, org: int, rule_id: str) -> RuleVersionList:
        """Those that are kept of a stored rule.  Raises `NotFound`."""
        rows = await store.versions(org, rule_id)
        if not rows:
            raise NotFound("There is no such rule.", code="no_rule")
        authors = Authors(org)
        return RuleVersionList(
            [
                RuleVersionView(
                    version=row["version"],
                    rule=msgspec.json.decode(row["document"], type=RuleDocument),
                    message=row["message"],
                    made_at_ms=row["made_at_ms"],
                    made_by=await authors.of(row["made_by"]),
                )
                for row in rows
            ]
        )


def _stored(kept: KeptGroup, status: GroupStatus | None, author: Author) -> GroupView:
    runs: dict[str, tuple[Run, Sequence[Alert]]] = {}
    if status is not None:
        for document, run, rule in _paired(kept, status):
            runs[document.id] = run, status.alerts.get(document.id, []) if isinstance(rule, AlertingRule) else ()
    rules = [
        _view(document, version, (kept.id, kept.document.name, "stored"), *runs.get(document.id, (Run(), ())))
        for document, version in zip(kept.document.rules, kept.versions, strict=True)
    ]
    return GroupView(
        id=kept.id,
        group=kept.document,
        source="stored",
        file="",
        version=kept.version,
        is_applied=kept.is_applied,
        preset=kept.preset,
        updated_at_ms=kept.updated_at_ms,
        updated_by=author,
        evaluated_at_ms=status.run.at_ms if status else 0,
        seconds=status.run.seconds if status else 0.0,
        rules=rules,
    )


def _paired(kept: KeptGroup, status: GroupStatus) -> list[tuple[RuleDocument, Run, Rule]]:
    """Stored rules with those that are evaluated: alerting ones by their key, recording ones by name and order."""
    free = list(zip(status.group.rules, status.rules, strict=True))
    found: list[tuple[RuleDocument, Run, Rule]] = []
    for document in kept.document.rules:
        for i, (rule, run) in enumerate(free):
            is_it = rule.key == document.id if isinstance(rule, AlertingRule) else rule.name == document.record
            if is_it and not document.paused:
                found.append((document, run, rule))
                del free[i]
                break
    return found


def _of_file(status: GroupStatus) -> GroupView:
    group = status.group
    documents = tuple(_document(rule) for rule in group.rules)
    shown = GroupDocument(
        name=group.name,
        interval=format_duration_ms(group.interval_ms),
        limit=group.limit,
        query_offset=format_duration_ms(group.query_offset_ms) if group.query_offset_ms else "",
        rules=documents,
    )
    rules = [
        _view(document, 0, ("", group.name, "file"), run, status.alerts.get(document.id, []))
        for document, run in zip(documents, status.rules, strict=True)
    ]
    return GroupView(
        id="",
        group=shown,
        source="file",
        file=group.file,
        version=0,
        is_applied=False,
        preset="",
        updated_at_ms=0,
        updated_by=NOBODY,
        evaluated_at_ms=status.run.at_ms,
        seconds=status.run.seconds,
        rules=rules,
    )


def _document(rule: Rule) -> RuleDocument:
    if not isinstance(rule, AlertingRule):
        return RuleDocument(record=rule.name, expr=rule.query, labels=rule.labels)
    return RuleDocument(
        alert=rule.name,
        expr=rule.query,
        for_=format_duration_ms(rule.for_ms) if rule.for_ms else "",
        keep_firing_for=format_duration_ms(rule.keep_firing_ms) if rule.keep_firing_ms else "",
        labels=rule.labels,
        annotations=rule.annotations,
        no_data=rule.no_data,
        on_error=rule.on_error,
        id=rule.key,
    )


def _view(
    document: RuleDocument, version: int, place: tuple[str, str, str], run: Run, alerts: Sequence[Alert]
) -> RuleView:
    group_id, group, source = place
    states = {alert.state for alert in alerts}
    state: State = "firing" if "firing" in states else "pending" if "pending" in states else "inactive"
    return RuleView(
        id=document.id,
        group_id=group_id,
        group=group,
        source="file" if source == "file" else "stored",
        rule=document,
        version=version,
        state="paused" if document.paused else "unknown" if not run.at_ms and not alerts else state,
        health=run.health,
        error=run.error,
        evaluated_at_ms=run.at_ms,
        seconds=run.seconds,
        alerts=[_alert(alert) for alert in alerts],
    )


def _alert(alert: Alert) -> AlertView:
    labels = dict(alert.labels)
    return AlertView(
        labels=labels,
        annotations=dict(alert.annotations),
        state=alert.state,
        value=alert.value if math.isfinite(alert.value) else None,
        active_at_ms=alert.active_ms,
        fired_at_ms=alert.fired_ms,
        fingerprint=fingerprint(labels),
    )
