"""Rules and groups as they are written: what must hold in them, and what becomes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import msgspec

from obsv.config.model import RuleFiles
from obsv.core.errors import FieldError, Invalid
from obsv.metrics.rules import (
    AlertingRule,
    GroupText,
    RecordingRule,
    RuleGroup,
    RuleText,
    made_groups,
    made_rule,
    mistakes_of,
)
from obsv.metrics.rules.model import Policy

MOST_RULES: Final = 1000
"""Rules of one group."""
FILE: Final = "cabinet"
"""What Prometheus' API names as the file of a group that is made here."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=20_000)]
Span = Annotated[str, msgspec.Meta(max_length=40)]
Texts = Annotated[dict[Annotated[str, msgspec.Meta(max_length=200)], Text], msgspec.Meta(max_length=60)]


class RuleDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule: `record` names a metric, or `alert` an alert.

    Beside what Prometheus knows: `no_data` and `on_error` say what becomes of alerts where the measured data is missing
    or the query fails (keep their state, ok: resolve, alert); a `paused` rule is not evaluated.  `id` is empty in a new
    one.
    """

    expr: Text
    record: Annotated[str, msgspec.Meta(max_length=200)] = ""
    alert: Annotated[str, msgspec.Meta(max_length=200)] = ""
    for_: Span = msgspec.field(default="", name="for")
    keep_firing_for: Span = ""
    labels: Texts = {}
    annotations: Texts = {}
    no_data: Policy = "keep"
    on_error: Policy = "keep"
    paused: bool = False
    id: Annotated[str, msgspec.Meta(max_length=40)] = ""

    @property
    def name(self) -> str:
        """The alert's name, or the metric's."""
        return self.alert or self.record

    @property
    def text(self) -> RuleText:
        """As Prometheus has it."""
        return RuleText(
            expr=self.expr,
            record=self.record,
            alert=self.alert,
            for_=self.for_,
            keep_firing_for=self.keep_firing_for,
            labels=self.labels,
            annotations=self.annotations,
        )


class GroupDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A group with its rules, which are evaluated in order every `interval` (a minute if it is empty)."""

    name: Name
    interval: Span = ""
    limit: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0
    query_offset: Span = ""
    labels: Texts = {}
    rules: Annotated[tuple[RuleDocument, ...], msgspec.Meta(max_length=MOST_RULES)] = ()

    @property
    def text(self) -> GroupText:
        """As Prometheus has it; without what is paused."""
        return GroupText(
            name=self.name,
            interval=self.interval,
            limit=self.limit,
            query_offset=self.query_offset,
            labels=self.labels,
            rules=[rule.text for rule in self.rules if not rule.paused],
        )


def check(group: GroupDocument) -> None:
    """Raise `Invalid` with every mistake."""
    found = list(_problems(group))
    if found:
        said = "; ".join(f"{one.pointer} {one.detail}" for one in found[:5])
        raise Invalid(f"The group cannot be evaluated: {said}.", code="bad_rules", errors=found)


def _problems(group: GroupDocument) -> Iterator[FieldError]:
    if _CONTROL.search(group.name) or not group.name.strip():
        yield FieldError("/name", "is empty, or has control characters")
    try:
        made = made_groups(RuleFiles(), FILE, [msgspec.structs.replace(group.text, rules=[])])
        if made[0].interval_ms < 1000:
            yield FieldError("/interval", "is less than a second")
    except ValueError as wrong:
        yield FieldError("", str(wrong))
    for index, rule in enumerate(group.rules):
        at = f"/rules/{index}"
        for mistake in mistakes_of(rule.text):
            yield FieldError(at, mistake)
        if any("\x00" in text for text in _texts(rule)):
            yield FieldError(at, "has a NUL character")


def _texts(rule: RuleDocument) -> Iterator[str]:
    yield from (rule.expr, rule.record, rule.alert)
    for named in (rule.labels, rule.annotations):
        yield from named
        yield from named.values()


def runnable(org: str, document: GroupDocument, versions: Sequence[int]) -> RuleGroup:
    """A stored group as it is evaluated; `versions` are those of its rules.  `org` is a slug."""
    (empty,) = made_groups(RuleFiles(org=org), FILE, [msgspec.structs.replace(document.text, rules=[])])
    rules = tuple(
        _with_policies(rule, made_rule(rule.text, document.labels, rule.id, version))
        for rule, version in zip(document.rules, versions, strict=True)
        if not rule.paused
    )
    return RuleGroup(org, FILE, empty.name, empty.interval_ms, empty.limit, empty.query_offset_ms, rules)


def _with_policies(document: RuleDocument, rule: AlertingRule | RecordingRule) -> AlertingRule | RecordingRule:
    if isinstance(rule, RecordingRule):
        return rule
    return AlertingRule(
        name=rule.name,
        query=rule.query,
        labels=rule.labels,
        annotations=rule.annotations,
        for_ms=rule.for_ms,
        keep_firing_ms=rule.keep_firing_ms,
        no_data=document.no_data,
        on_error=document.on_error,
        key=rule.key,
        version=rule.version,
    )


def from_text(group: GroupText) -> GroupDocument:
    """A group of a Prometheus file, whose rules behave as there: no data resolves.

    Raises ValueError for what is longer or more than a document may have.
    """
    document = msgspec.to_builtins(group)
    for rule in document.get("rules", ()):
        if rule.get("alert"):
            rule["no_data"] = "ok"
    return msgspec.convert(document, GroupDocument)
