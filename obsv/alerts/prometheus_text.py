"""Groups as Prometheus' rule files, and back."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from obsv.alerts.documents import GroupDocument, from_text
from obsv.core.errors import Invalid
from obsv.metrics.rules import FileText
from obsv.metrics.yaml_text import decode_yaml


def read_text(text: str) -> list[GroupDocument]:
    """The groups of a rule file.  Raises `Invalid`."""
    try:
        groups = [from_text(group) for group in decode_yaml(text, FileText).groups]
    except ValueError as wrong:
        raise Invalid(f"This is no rule file: {wrong}.", code="bad_rules") from None
    names = Counter(group.name for group in groups)
    if twice := [name for name, count in names.items() if count > 1]:
        raise Invalid(f"The group {twice[0]!r} is in the file twice.", code="bad_rules")
    return groups


def written(groups: Iterable[GroupDocument]) -> str:
    """A rule file of these groups, without rules that are paused and what Prometheus does not know."""
    yaml: Any = importlib.import_module("yaml")
    document = {"groups": [_plain(group) for group in groups]}
    text: str = yaml.dump(document, sort_keys=False, allow_unicode=True, width=100, default_flow_style=False)
    return text


def _plain(group: GroupDocument) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(group.text)
    found.setdefault("rules", [])
    return found
