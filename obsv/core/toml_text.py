"""Writes TOML that a person likes to read: lists of tables, expressions over several lines, short things on one line.

The same document always gives the same text.  The standard library reads TOML and does not write it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, TypeGuard

WIDTH: Final = 100
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_ODD: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""Control characters but tab and line feed, which TOML takes escaped alone."""

Table = Mapping[str, Any]


def toml_text(document: Table, *, spread: Collection[str] = ()) -> str:
    """A document of texts, numbers, booleans, lists and tables; None is left out.

    Lists called one of `spread` are always written as `[[name]]`, so that one more key in them changes one line.
    """
    lines = list(_Writer(spread).table(document, ""))
    return "\n".join(lines).strip("\n") + "\n"


class _Writer:
    def __init__(self, spread: Collection[str]) -> None:
        self._spread = frozenset(spread)

    def table(self, table: Table, path: str) -> Iterator[str]:
        """What stands below a header: first all that is short, for tables end what is above them."""
        later: list[tuple[str, Any]] = []
        for name, value in table.items():
            if value is None:
                continue
            if self._stands_alone(name, value):
                later.append((f"{path}.{_key(name)}" if path else _key(name), value))
            else:
                yield f"{_key(name)} = {_value(value)}"
        for full, value in later:
            for item in value if isinstance(value, list) else (value,):
                yield ""
                yield f"[[{full}]]" if isinstance(value, list) else f"[{full}]"
                yield from self.table(item, full)

    def _stands_alone(self, name: str, value: object) -> bool:
        if _is_tables(value):
            return name in self._spread or not all(self._fits(item) for item in value)
        return isinstance(value, dict) and not self._fits(value)

    def _fits(self, table: Table) -> bool:
        """Whether a table may stand on one line."""
        if any(_is_tables(one) or (isinstance(one, str) and "\n" in one) for one in table.values()):
            return False
        return len(_inline(table)) <= WIDTH


def _is_tables(value: object) -> TypeGuard[list[Table]]:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return _list(value)
    return _text(value) if isinstance(value, str) else _inline(value)


def _list(items: list[Any]) -> str:
    short = _inline(items)
    if len(short) <= WIDTH and not _is_tables(items):
        return short
    return "[\n" + "".join(f"  {_inline(item)},\n" for item in items) + "]"


def _inline(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _number(value)
        case str():
            return _line(value)
        case list():
            return "[" + ", ".join(_inline(one) for one in value) + "]"
        case dict():
            pairs = ", ".join(f"{_key(name)} = {_inline(one)}" for name, one in value.items() if one is not None)
            return f"{{ {pairs} }}" if pairs else "{}"
        case _:
            raise TypeError(type(value).__name__)


def _number(value: float) -> str:
    """Whole numbers without a point: who reads them as fractions gets the same."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _text(text: str) -> str:
    if "\n" not in text or _ODD.search(text):
        return _line(text)
    # The line break after the opening quotes does not count.
    if "\\" in text and "'''" not in text and not text.endswith("'"):
        return f"'''\n{text}'''"
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""\n{escaped[:-1]}\\""""' if escaped.endswith('"') else f'"""\n{escaped}"""'


def _line(text: str) -> str:
    """On one line; as it is where that saves escapes."""
    if re.search(r'["\\]', text) and not re.search(r"['\n]", text) and not _ODD.search(text):
        return f"'{text}'"
    return _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
