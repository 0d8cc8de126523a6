"""Walks the settings' structs: which keys there are, of what type, how a value from TOML or a variable becomes one."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Annotated, cast, get_args, get_origin, get_type_hints

import msgspec

from obsv.config.model import Key, Lists, Section, Texts
from obsv.core.duration import format_duration_ms, parse_duration_ms
from obsv.core.units import format_size, parse_size


@dataclass(frozen=True, slots=True)
class Leaf:
    """One key: its TOML name, the struct's field, the plain type of its value, its explanation."""

    name: str
    field: str
    type: type
    is_list: bool
    key: Key


@dataclass(frozen=True, slots=True)
class Branch:
    """One table, or with `is_array` a list of tables."""

    name: str
    field: str
    section: type[Section]
    is_array: bool


# TOML says [[plan]] once for each; the settings hold them all.
_ARRAY_NAMES = {"plans": "plan", "providers": "provider", "scrapes": "scrape"}


@cache
def members(section: type[Section]) -> dict[str, Leaf | Branch]:
    """A table's keys and tables by TOML name, in the order of the struct."""
    found: dict[str, Leaf | Branch] = {}
    for field, hint in get_type_hints(section, include_extras=True).items():
        if get_origin(hint) is Annotated:
            base, key = get_args(hint)
            is_list = get_origin(base) is tuple
            name = field.rstrip("_")
            plain = get_args(base)[0] if is_list else get_origin(base) or base
            found[name] = Leaf(name, field, plain, is_list, key)
        elif get_origin(hint) is tuple:
            name = _ARRAY_NAMES.get(field, field)
            found[name] = Branch(name, field, get_args(hint)[0], True)
        else:
            found[field] = Branch(field, field, hint, False)
    return found


_TABLES = {"texts": 'table like {name = "text"}', "lists": 'table like {name = ["text"]}'}


def expectation(leaf: Leaf) -> str:
    """What a key takes, in words."""
    if leaf.key.choices:
        one = "one of " + ", ".join(f'"{choice}"' for choice in leaf.key.choices)
    elif leaf.key.kind == "open":
        one = "tables"
    elif leaf.key.kind in _TABLES:
        one = _TABLES[leaf.key.kind]
    elif leaf.key.kind == "duration":
        one = 'duration like "30d"'
    elif leaf.key.kind == "size":
        one = 'size like "16MiB" or a number of bytes'
    else:
        one = {bool: "true or false", int: "whole number", str: "text"}[leaf.type]
    return f"list of {one}" if leaf.is_list else one


def _one(leaf: Leaf, value: object) -> object:
    if leaf.key.kind == "duration" and isinstance(value, str):
        value = parse_duration_ms(value)
    elif leaf.key.kind == "duration":
        raise ValueError
    elif leaf.key.kind == "size" and isinstance(value, str):
        value = parse_size(value)
    if leaf.key.kind == "open":
        if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
            raise ValueError
        return value
    if leaf.key.kind in _TABLES:
        return _table(leaf, value)
    if type(value) is not leaf.type or (leaf.key.choices and value not in leaf.key.choices):
        raise ValueError
    if isinstance(value, int) and not isinstance(value, bool):
        _bounds(leaf, value)
    return value


def _table(leaf: Leaf, value: object) -> Texts | Lists:
    try:
        if leaf.key.kind == "texts":
            return msgspec.convert(value, Texts)
        found = msgspec.convert(value, dict[str, str | tuple[str, ...]])
    except msgspec.ValidationError:
        raise ValueError from None
    return {name: (one,) if isinstance(one, str) else one for name, one in found.items()}


def _bounds(leaf: Leaf, value: int) -> None:
    show = {"duration": format_duration_ms, "size": format_size}.get(leaf.key.kind, str)
    if leaf.key.low is not None and value < leaf.key.low:
        raise OverflowError(f"expected at least {show(leaf.key.low)}, got {show(value)}")
    if leaf.key.high is not None and value > leaf.key.high:
        raise OverflowError(f"expected at most {show(leaf.key.high)}, got {show(value)}")


def convert(leaf: Leaf, value: object) -> object:
    """A TOML value as the key's own.  Raises ValueError with what was expected and what was there."""
    try:
        if leaf.is_list:
            if not isinstance(value, list):
                raise ValueError
            return tuple(_one(leaf, item) for item in cast("list[object]", value))
        return _one(leaf, value)
    except OverflowError as bound:
        raise ValueError(str(bound)) from None
    except ValueError:
        shown = "a value" if leaf.key.kind == "secret" else f"{value!r} ({type(value).__name__})"
        raise ValueError(f"expected {expectation(leaf)}, got {shown}") from None


def convert_text(leaf: Leaf, text: str) -> object:
    """The text of an environment variable as the key's own value; lists are separated by commas."""
    if leaf.is_list:
        items = (
            tomllib.loads(f"v = {text}")["v"] if text.lstrip().startswith("[") else [p.strip() for p in text.split(",")]
        )
        return convert(leaf, [item for item in items if item != ""])
    if leaf.type is bool:
        words = {
            "true": True,
            "1": True,
            "yes": True,
            "on": True,
            "false": False,
            "0": False,
            "no": False,
            "off": False,
        }
        return convert(leaf, words.get(text.strip().lower(), text))
    if leaf.type is int and leaf.key.kind != "duration" and text.strip().lstrip("-").isdigit():
        return convert(leaf, int(text))
    return convert(leaf, text)
