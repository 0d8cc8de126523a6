"""Relabelling: rules that change, keep or drop a label set.  Source: Prometheus documentation, "relabel_config"."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from obsv.config.model import Relabel
from obsv.metrics.store.types import Match, Pattern, compile_pattern

Labels = dict[str, str]

_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)
_ANYTHING = "(.*)"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the configuration with its expression compiled."""

    config: Relabel
    pattern: Pattern
    is_plain: bool
    """Whether the values it looks at do not go into what it writes."""

    @classmethod
    def of(cls, config: Relabel) -> Rule:
        """Compile a rule.  Raises BadPattern."""
        refers = "$" in config.target_label or "$" in config.replacement
        return cls(config, compile_pattern(config.regex), config.regex == _ANYTHING and not refers)


def relabel(labels: Mapping[str, str], rules: Sequence[Rule]) -> Labels | None:
    """The labels as the rules leave them, without empty ones; None where a rule drops them."""
    changed = dict(labels)
    for rule in rules:
        if not _apply(rule, changed):
            return None
    return {name: value for name, value in changed.items() if value}


def _apply(rule: Rule, labels: Labels) -> bool:
    """Carry one rule out; False where it drops the labels."""
    config = rule.config
    value = config.separator.join(labels.get(name, "") for name in config.source_labels)
    match config.action:
        case "keep":
            return rule.pattern.fullmatch(value) is not None
        case "drop":
            return rule.pattern.fullmatch(value) is None
        case "keepequal":
            return labels.get(config.target_label, "") == value
        case "dropequal":
            return labels.get(config.target_label, "") != value
        case "lowercase":
            labels[config.target_label] = value.lower()
        case "uppercase":
            labels[config.target_label] = value.upper()
        case "hashmod":
            # The last eight bytes of MD5: the same shard as in Prometheus.
            digest = hashlib.md5(value.encode(), usedforsecurity=False).digest()
            labels[config.target_label] = str(int.from_bytes(digest[8:]) % config.modulus)
        case "labelmap" | "labeldrop" | "labelkeep":
            _by_name(rule, labels)
        case _:
            _replace(rule, value, labels)
    return True


def _replace(rule: Rule, value: str, labels: Labels) -> None:
    config = rule.config
    if rule.is_plain:
        labels[config.target_label] = config.replacement
        return
    found = rule.pattern.fullmatch(value)
    if found is None:
        return
    if target := _expand(config.target_label, found):
        labels[target] = _expand(config.replacement, found)


def _by_name(rule: Rule, labels: Labels) -> None:
    """The actions whose expression is about the labels' names."""
    for name, value in list(labels.items()):
        if not value:
            continue
        found = rule.pattern.fullmatch(name)
        if rule.config.action == "labelmap":
            if found is not None and (target := _expand(rule.config.replacement, found)):
                labels[target] = value
        elif (found is not None) == (rule.config.action == "labeldrop"):
            del labels[name]


def _expand(template: str, found: Match) -> str:
    """The template with `$1`, `$name` and `${name}` filled in; groups that are not there are empty."""
    if "$" not in template:
        return template
    numbered = {str(i): text or "" for i, text in enumerate((found.group(0), *found.groups()))}
    groups = numbered | found.groupdict("")

    def fill(reference: re.Match[str]) -> str:
        return "$" if reference[0] == "$$" else groups.get(reference[1] or reference[2], "")

    return _REFERENCE.sub(fill, template)
