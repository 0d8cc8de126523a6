"""YAML as Prometheus' files are written: a scalar is the text that stands there, whatever it looks like."""

from __future__ import annotations

import importlib
from typing import Any, Final, TypeVar

import msgspec

T = TypeVar("T")
MAX_NODES: Final = 100_000
"""Values that a short text may stand for by its aliases: what is made of them grows with each use."""


def decode_yaml(text: str, wanted: type[T]) -> T:
    """A document as a struct (or a list of them).  Raises ValueError, in words, with a line or a path."""
    try:
        return msgspec.convert(load_yaml(text), wanted, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def load_yaml(text: str) -> Any:
    """A document as tables, lists and texts alone.  Raises ValueError, in words, with a line."""
    # PyYAML publishes no types; where no file names targets or rules it is not loaded.
    yaml: Any = importlib.import_module("yaml")
    try:
        # The base loader makes texts, lists and tables alone: `1.10` stays "1.10", and no tag makes an object.
        found = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
        nodes = _nodes(found, {})
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(_reason(error)) from None
    if nodes > max(len(text), MAX_NODES):
        raise ValueError(f"its aliases stand for more than {MAX_NODES} values")
    return found


def _nodes(found: Any, known: dict[int, int]) -> int:
    """How many values there are once each alias is written out; one inside of itself nests too deeply."""
    if not isinstance(found, dict | list):
        return 1
    if id(found) not in known:
        parts: Any = found.values() if isinstance(found, dict) else found
        known[id(found)] = 1 + sum(_nodes(part, known) for part in parts)
    return known[id(found)]


def _reason(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"line {mark.line + 1}: {getattr(error, 'problem', None) or 'not YAML'}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
