"""Full-text find: every word must be somewhere in a dashboard; the answer says where each one was.

The database looks through a column that holds all of a dashboard's text in small letters; what was found where is made
out from the document, for those alone that are shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

import msgspec

from obsv.dashboards.model import Dashboard, Panel, Text

MAX_WORDS: Final = 10
MAX_MATCHES: Final = 5
SNIPPET: Final = 160

Where = Literal["title", "folder", "tag", "description", "variable", "panel", "text", "expression"]


class Match(msgspec.Struct, frozen=True):
    """Where a word was found: a piece of the text around it, and the panel that it is in."""

    where: Where
    text: str
    panel: int | None = None
    panel_title: str = ""


class _Passage(NamedTuple):
    where: Where
    text: str
    panel: Panel | None = None


def words_of(query: str) -> list[str]:
    """The words to look for, in small letters, each once."""
    return list(dict.fromkeys(fold(query).split()))[:MAX_WORDS]


def fold(text: str) -> str:
    """A text as it is compared; no database takes a NUL in one."""
    return text.casefold().replace("\x00", "")


def searched(dashboard: Dashboard) -> str:
    """What the database looks through."""
    return "\n".join(fold(passage.text) for passage in _passages(dashboard) if passage.text)


def pattern(word: str) -> str:
    """The word for LIKE … ESCAPE '!'."""
    for mark in "!%_":
        word = word.replace(mark, f"!{mark}")
    return f"%{word}%"


def matches(dashboard: Dashboard, words: list[str]) -> list[Match]:
    """Where the words are, the most telling places first; each word's first place, then others."""
    found = [one for one in _passages(dashboard) if any(word in fold(one.text) for word in words)]
    first = [next((one for one in found if word in fold(one.text)), None) for word in words]
    ordered = dict.fromkeys([*(one for one in first if one is not None), *found])
    return [_match(one, words) for one in list(ordered)[:MAX_MATCHES]]


def _passages(dashboard: Dashboard) -> Iterator[_Passage]:
    yield _Passage("title", dashboard.title)
    yield _Passage("folder", dashboard.folder)
    yield from (_Passage("tag", tag) for tag in dashboard.tags)
    yield from (_Passage("panel", panel.title, panel) for panel in dashboard.panels)
    yield _Passage("description", dashboard.description)
    yield from (_Passage("description", panel.description, panel) for panel in dashboard.panels)
    for panel in dashboard.panels:
        if isinstance(panel.view, Text):
            yield _Passage("text", panel.view.markdown, panel)
    for panel in dashboard.panels:
        yield from (_Passage("expression", query.expr, panel) for query in panel.queries)
    for variable in dashboard.variables:
        yield _Passage("variable", f"{variable.name} {variable.label} {variable.query}")
    yield from (_Passage("expression", annotation.expr) for annotation in dashboard.annotations)


def _match(passage: _Passage, words: list[str]) -> Match:
    panel = passage.panel
    text = _snippet(passage.text, words)
    return Match(passage.where, text, panel.id if panel else None, panel.title if panel else "")


def _snippet(text: str, words: list[str]) -> str:
    if len(text) <= SNIPPET:
        return text
    at = min((place for word in words if (place := fold(text).find(word)) >= 0), default=0)
    begin = max(0, min(at - SNIPPET // 4, len(text) - SNIPPET))
    end = begin + SNIPPET
    return ("…" if begin else "") + text[begin:end] + ("…" if end < len(text) else "")
