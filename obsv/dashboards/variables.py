"""Variables in expressions: `$x`, `${x}`, `${x:format}`, `[[x]]`, `[[x:format]]`.

The cabinet does the same with `obsv/web/src/dashboards/variables`; both run the cases of
`tests/dashboards/cases/interpolation.json`.  A name that nobody knows stays as it is, so that `$1` of `label_replace`
does.  Source: names, formats and built-in variables are Grafana's ("Variable syntax", "Global variables"), where there
is no better: what stands in a string of an expression is always escaped for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from obsv.core.duration import format_duration_ms

ALL: Final = "$__all"
SCRAPE_MS: Final = 15_000
"""How often things are usually scraped: a rate needs a few samples, however small the step."""

_REFERENCE: Final = r"\$(\w+)|\[\[(\w+)(?::(\w+))?\]\]|\$\{(\w+)(?::([^}]*))?\}"
_TOKEN: Final = re.compile(rf"(?:{_REFERENCE})|[\"'`\\#\n]", re.ASCII)
_NAMES: Final = re.compile(_REFERENCE, re.ASCII)
_SPECIAL: Final = re.compile(r"[\\^$*+?.()|\[\]{}]")
_WORD: Final = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*|[0-9]+(\.[0-9]+)?([a-z]+([0-9]+[a-z]+)*)?")


class Unsafe(ValueError):
    """A value that is not ours would be read as part of the expression."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a variable stands for.

    `is_several`: it may hold several values, whether or not it does. `all_value` is put in as it is, where "all" is
    chosen and stands for something of its own. Values that are not `is_trusted` (a label's, which whoever sends metrics
    made up) never become more than a word or the inside of a string.
    """

    values: tuple[str, ...]
    texts: tuple[str, ...] = ()
    is_several: bool = False
    is_all: bool = False
    all_value: str = ""
    is_trusted: bool = True


def names_in(text: str) -> set[str]:
    """The names that a text refers to."""
    return {_reference(found)[0] for found in _NAMES.finditer(text)}


def builtins(start_ms: int, end_ms: int, interval_ms: int) -> dict[str, Chosen]:
    """The variables that every dashboard has; `interval_ms` is the step between two points."""
    range_s = max(1, round((end_ms - start_ms) / 1000))
    rate_ms = max(interval_ms + SCRAPE_MS, 4 * SCRAPE_MS)
    values = {
        "__interval": format_duration_ms(interval_ms),
        "__interval_ms": str(interval_ms),
        "__rate_interval": format_duration_ms(rate_ms),
        "__rate_interval_ms": str(rate_ms),
        "__range": f"{range_s}s",
        "__range_s": str(range_s),
        "__range_ms": str(range_s * 1000),
        "__from": str(start_ms),
        "__to": str(end_ms),
    }
    return {name: Chosen((value,)) for name, value in values.items()}


def interpolate(text: str, chosen: Mapping[str, Chosen]) -> str:
    """The expression with what its variables stand for.  Raises `Unsafe`."""
    out, at, quote_mark = list[str](), 0, ""
    for found in _TOKEN.finditer(text):
        if found.start() < at:
            continue  # escaped, in a string
        out.append(text[at : found.start()])
        at = found.end()
        piece = found[0]
        if len(piece) == 1:
            if piece == "\\" and quote_mark in {'"', "'"}:
                piece, at = text[found.start() : at + 1], at + 1
            quote_mark = _after(piece, quote_mark)
            out.append(piece)
            continue
        name, form = _reference(found)
        one = chosen.get(name)
        out.append(piece if one is None else _put(name, one, form, quote_mark))
    return "".join([*out, text[at:]])


def _reference(found: re.Match[str]) -> tuple[str, str]:
    plain, old, old_form, braced, form = found.groups()
    return plain or old or braced, old_form or form or ""


def _after(piece: str, mark: str) -> str:
    """In what kind of string, or comment, what follows a character stands."""
    if mark == "#":
        return "" if piece == "\n" else mark
    if mark:
        return "" if piece == mark else mark
    return piece if piece in {'"', "'", "`", "#"} else ""


def _put(name: str, chosen: Chosen, form: str, mark: str) -> str:
    form = form if form in _FORMATS else "regex" if chosen.is_several else "csv"
    if chosen.is_all and form == "text":
        return _escaped("All", mark)
    if chosen.is_all and chosen.all_value:
        return chosen.all_value
    if not mark and not chosen.is_trusted and not all(_WORD.fullmatch(value) for value in chosen.values):
        raise Unsafe(f"A value of {name} is no word, and stands outside of a string.")
    text = _FORMATS[form](chosen)
    return text if form == "raw" and chosen.is_trusted else _escaped(text, mark)


def _escaped(text: str, mark: str) -> str:
    """A text as it stands within such a string."""
    match mark:
        case '"' | "'":
            return text.replace("\\", "\\\\").replace(mark, f"\\{mark}").replace("\n", "\\n")
        case "`":
            return text.replace("`", "")  # it cannot be written there
        case "#":
            return text.replace("\n", " ")
        case _:
            return text


def _regex(chosen: Chosen) -> str:
    escaped = [_SPECIAL.sub(r"\\\g<0>", value) for value in chosen.values]
    return f"({'|'.join(escaped)})" if len(escaped) > 1 else "".join(escaped)


def _json(chosen: Chosen) -> str:
    values = list(chosen.values)
    what = values if chosen.is_several else "".join(values[:1])
    return json.dumps(what, ensure_ascii=False, separators=(",", ":"))


def _quoted(chosen: Chosen, mark: str) -> str:
    return ",".join(mark + value.replace(mark, f"\\{mark}") + mark for value in chosen.values)


_FORMATS: Final[dict[str, Callable[[Chosen], str]]] = {
    "regex": _regex,
    "pipe": lambda chosen: "|".join(chosen.values),
    "csv": lambda chosen: ",".join(chosen.values),
    "raw": lambda chosen: ",".join(chosen.values),
    "json": _json,
    "doublequote": lambda chosen: _quoted(chosen, '"'),
    "singlequote": lambda chosen: _quoted(chosen, "'"),
    "text": lambda chosen: " + ".join(chosen.texts or chosen.values),
    "percentencode": lambda chosen: quote(",".join(chosen.values), safe="!'()*"),
}


def in_order(queries: Mapping[str, str]) -> Iterator[str]:
    """Names of variables, each after those that its query refers to; where they run in a circle, as they stand."""
    done: set[str] = set()
    waiting = list(queries)
    while waiting:
        ready = [name for name in waiting if names_in(queries[name]).isdisjoint(set(waiting) - {name})] or waiting[:1]
        yield from ready
        done.update(ready)
        waiting = [name for name in waiting if name not in done]
