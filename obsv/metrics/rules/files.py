"""Rule files.  Source: Prometheus' model/rulefmt and its documentation, "Recording rules"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from obsv.config import ConfigError, Problem
from obsv.config.model import RuleFiles
from obsv.core.duration import parse_duration_ms
from obsv.metrics.promql import ParseError, parse, print_expr
from obsv.metrics.rules.model import RecordingRule, RuleGroup
from obsv.metrics.yaml_text import decode_yaml


class RuleText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule as it is written; an alerting one is checked and kept, but not evaluated."""

    expr: str
    record: str = ""
    alert: str = ""
    for_: str = msgspec.field(default="", name="for")
    keep_firing_for: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class GroupText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group as it is written."""

    name: str
    interval: str = ""
    limit: int = 0
    query_offset: str = ""
    labels: dict[str, str] = {}
    rules: list[RuleText] = []


class FileText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file as it is written."""

    groups: list[GroupText] = []


def load_groups(entries: Sequence[RuleFiles]) -> list[RuleGroup]:
    """The groups of all files.  Raises ConfigError with every mistake, by file, group and rule."""
    problems: list[Problem] = []
    groups: list[RuleGroup] = []
    for entry in entries:
        for path in _paths(entry, problems):
            try:
                groups += read_groups(entry, path)
            except OSError as gone:
                problems.append(Problem(str(path), 0, "", f"cannot be read: {gone.strerror}"))
            except ValueError as wrong:
                problems += [Problem(str(path), 0, "", line) for line in str(wrong).split("\n")]
    if problems:
        raise ConfigError(problems)
    return groups


def _paths(entry: RuleFiles, problems: list[Problem]) -> Iterator[Path]:
    for text in entry.files:
        pattern = Path(text)
        found = sorted(path for path in pattern.parent.glob(pattern.name) if path.is_file())
        if not found and "*" not in pattern.name:
            problems.append(Problem(text, 0, "", "there is no such file"))
        yield from found


def read_groups(entry: RuleFiles, path: Path) -> list[RuleGroup]:
    """The groups of one file.  Raises OSError, and ValueError with a line for each mistake."""
    groups, mistakes = decode_yaml(path.read_text(encoding="utf-8"), FileText).groups, list[str]()
    made: list[RuleGroup] = []
    for text in groups:
        name = text.name
        if not name:
            mistakes.append("a group without a name")
        if any(group.name == name for group in made):
            mistakes.append(f'group "{name}" is there twice')
        try:
            every = _duration(text.interval, entry.interval)
            offset = _duration(text.query_offset, entry.query_offset)
        except ValueError as wrong:
            mistakes.append(f'group "{name}": {wrong}')
            continue
        for number, rule in enumerate(text.rules, 1):
            mistakes += [f'group "{name}", rule {number} ({rule.record or rule.alert}): {why}' for why in _check(rule)]
        recording = tuple(_rule(text, rule) for rule in text.rules if rule.record) if not mistakes else ()
        alerting = tuple(rule.alert for rule in text.rules if rule.alert)
        made.append(
            RuleGroup(entry.org, str(path), name, every or entry.interval, text.limit, offset, recording, alerting)
        )
    if mistakes:
        raise ValueError("\n".join(mistakes))
    return made


def _duration(text: str, default: int) -> int:
    return parse_duration_ms(text) if text else default


def _rule(group: GroupText, rule: RuleText) -> RecordingRule:
    return RecordingRule(rule.record, print_expr(parse(rule.expr)), {**group.labels, **rule.labels})


def _check(rule: RuleText) -> Iterator[str]:
    if bool(rule.record) == bool(rule.alert):
        yield "expected one of record and alert"
    if rule.record and (rule.for_ or rule.keep_firing_for or rule.annotations):
        yield "for, keep_firing_for and annotations belong to alerting rules"
    if "__name__" in rule.labels or "" in rule.labels:
        yield "labels: a name that is empty or __name__"
    try:
        for text in (rule.for_, rule.keep_firing_for):
            _duration(text, 0)
        parse(rule.expr)
    except (ValueError, ParseError) as wrong:
        yield str(wrong)
