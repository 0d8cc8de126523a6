"""YAML as Prometheus' files are written: a scalar is the text that stands there, whatever it looks like."""

from __future__ import annotations

import importlib
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def decode_yaml(text: str, wanted: type[T]) -> T:
    """A document as a struct (or a list of them).  Raises ValueError, in words, with a line or a path."""
    # PyYAML publishes no types; where no file names targets or rules it is not loaded.
    yaml: Any = importlib.import_module("yaml")
    try:
        # The base loader makes texts, lists and tables alone: `1.10` stays "1.10", and no tag makes an object.
        found = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(_reason(error)) from None
    try:
        return msgspec.convert(found, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def _reason(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"line {mark.line + 1}: {getattr(error, 'problem', None) or 'not YAML'}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
