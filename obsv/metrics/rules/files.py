"""Rule files.  Source: Prometheus' model/rulefmt and its documentation, "Recording rules"."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from obsv.config import ConfigError, Problem
from obsv.config.model import RuleFiles
from obsv.core.duration import parse_duration_ms
from obsv.core.gotemplate import TemplateFailed
from obsv.metrics.promql import ParseError, parse, print_expr
from obsv.metrics.rules.model import AlertingRule, RecordingRule, Rule, RuleGroup
from obsv.metrics.rules.template import check_template
from obsv.metrics.yaml_text import decode_yaml


class RuleText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule as it is written."""

    expr: str
    record: str = ""
    alert: str = ""
    for_: str = msgspec.field(default="", name="for")
    keep_firing_for: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class GroupText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
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
    return made_groups(entry, str(path), decode_yaml(path.read_text(encoding="utf-8"), FileText).groups)


def made_groups(entry: RuleFiles, file: str, groups: Sequence[GroupText]) -> list[RuleGroup]:
    """Groups of what is written.  Raises ValueError with a line for each mistake."""
    mistakes: list[str] = []
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
            mistakes += [
                f'group "{name}", rule {number} ({rule.record or rule.alert}): {why}' for why in mistakes_of(rule)
            ]
        rules = tuple(_rules(file, text)) if not mistakes else ()
        made.append(RuleGroup(entry.org, file, name, every or entry.interval, text.limit, offset, rules))
    if mistakes:
        raise ValueError("\n".join(mistakes))
    return made


def _duration(text: str, default: int) -> int:
    return parse_duration_ms(text) if text else default


def _rules(file: str, group: GroupText) -> Iterator[Rule]:
    """The rules of a group; one is named by its place among those of its name, whatever else is changed in the file."""
    seen: Counter[str] = Counter()
    for rule in group.rules:
        seen[rule.alert] += 1
        key = hashlib.blake2b(f"{file};{group.name};{rule.alert};{seen[rule.alert]}".encode(), digest_size=15)
        yield made_rule(rule, group.labels, f"file_{key.hexdigest()}")


def made_rule(rule: RuleText, labels: Mapping[str, str], key: str, version: int = 0) -> Rule:
    """A rule of what is written and has no mistakes, with `labels` below its own."""
    query, named = print_expr(parse(rule.expr)), {**labels, **rule.labels}
    if rule.record:
        return RecordingRule(rule.record, query, named)
    return AlertingRule(
        name=rule.alert,
        query=query,
        labels=named,
        annotations=dict(rule.annotations),
        for_ms=_duration(rule.for_, 0),
        keep_firing_ms=_duration(rule.keep_firing_for, 0),
        key=key,
        version=version,
    )


def mistakes_of(rule: RuleText) -> Iterator[str]:
    """What is wrong with a rule, in words."""
    if bool(rule.record) == bool(rule.alert):
        yield "expected one of record and alert"
    if rule.record and (rule.for_ or rule.keep_firing_for or rule.annotations):
        yield "for, keep_firing_for and annotations belong to alerting rules"
    if "__name__" in rule.labels or "" in rule.labels:
        yield "labels: a name that is empty or __name__"
    where = ""
    try:
        for what, texts in (("label", rule.labels), ("annotation", rule.annotations)) if rule.alert else ():
            for name, text in texts.items():
                where = f'{what} "{name}"'
                check_template(rule.alert, text)
    except TemplateFailed as wrong:
        yield f"{where}: {wrong}"
    try:
        for text in (rule.for_, rule.keep_firing_for):
            _duration(text, 0)
        parse(rule.expr)
    except (ValueError, ParseError) as wrong:
        yield str(wrong)
