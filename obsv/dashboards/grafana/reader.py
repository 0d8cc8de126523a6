"""A reader that keeps account of which keys of a document were looked at, so that none is lost without a word."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from obsv.core.errors import Invalid
from obsv.dashboards.grafana.report import Note, Severity

MAX_DEPTH: Final = 60
SHORT: Final = 200
LONG: Final = 20_000

T = TypeVar("T")
Json = dict[str, Any]


def copy_of(value: object, depth: int = 0) -> Any:
    """A copy in which every object is one of its own.  Raises `Invalid` where it is not JSON or is nested too deep."""
    if depth > MAX_DEPTH:
        raise Invalid(f"The document is nested more than {MAX_DEPTH} levels deep.")
    match value:
        case dict():
            return {_text(key): copy_of(inner, depth + 1) for key, inner in value.items()}
        case list() | tuple():
            return [copy_of(inner, depth + 1) for inner in value]
        case str():
            return _text(value)
        case None | bool():
            return value
        case int() if abs(value) < 2**63:
            return value
        case float() if math.isfinite(value):
            return value
        case _:
            raise Invalid("The document holds something that is not JSON, or a number beyond 64 bits.")


def _text(value: object) -> str:
    """Text that every database takes: no NUL, no half of a surrogate pair."""
    return str(value).replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@dataclass(slots=True)
class Ledger:
    """What was read of a document, what was passed over knowingly, and what there is to tell.

    Objects are known by identity: a rewritten panel holds the original's parts, and what is read of one is read of
    both.
    """

    read: set[tuple[int, str]] = field(default_factory=set)
    skipped: set[tuple[int, str]] = field(default_factory=set)
    """Of those read, the ones that make no difference here."""
    roots: list[Node] = field(default_factory=list)
    notes: dict[Note, None] = field(default_factory=dict)
    made: list[Json] = field(default_factory=list)
    """Objects that are not the document's own; kept, so that none of its has the identity of one."""

    def root(self, data: Json, path: str = "", panel: tuple[int, str] = (0, "")) -> Node:
        """A node whose keys must be accounted for."""
        node = Node(data, self, path, panel)
        self.roots.append(node)
        return node

    def tell(self, panel: tuple[int, str], what: str, severity: Severity) -> None:
        """Note something once."""
        self.notes[Note(*panel, severity, what)] = None

    def settle(self) -> None:
        """Tell of every key that nobody read."""
        done: set[int] = set()
        # What was rewritten last is the nearest to a panel, and says best where a key belongs.
        for root in reversed(self.roots):
            for node, key in self._unread(root, done):
                node.tell(f"`{node.path}{key}` ({_brief(node.data[key])}) has no counterpart here")

    def _unread(self, node: Node, done: set[int]) -> Iterator[tuple[Node, str]]:
        if id(node.data) in done:
            return
        done.add(id(node.data))
        for key, value in node.data.items():
            place = (id(node.data), key)
            if place not in self.read:
                yield node, key
            elif place not in self.skipped:
                for inner in node.within(key, value):
                    yield from self._unread(inner, done)


@dataclass(slots=True)
class Node:
    """An object of the document.  Whatever is asked of it is noted in the ledger; a wrong type is told, and absent."""

    data: Json
    ledger: Ledger
    path: str = ""
    panel: tuple[int, str] = (0, "")

    # -- what there is to say ------------------------------------------------------------------------------------------

    def tell(self, what: str, severity: Severity = "info") -> None:
        """Put a line into the report, of this node's panel."""
        self.ledger.tell(self.panel, what, severity)

    def skip(self, *keys: str) -> None:
        """These make no difference here, whatever they hold."""
        for key in keys:
            self._mark(key)
            self.ledger.skipped.add((id(self.data), key))

    def usual(self, **usual: object) -> None:
        """These are passed over as long as they hold what is usual; else they are left to be told."""
        for key, value in usual.items():
            values = value if isinstance(value, tuple) else (value,)
            if key in self.data and any(_same(self.data[key], one) for one in values):
                self.skip(key)

    # -- what it holds -------------------------------------------------------------------------------------------------

    def has(self, key: str) -> bool:
        """Whether there is a value that is not null; it does not count as read."""
        return self.data.get(key) is not None

    def take(self, key: str, kind: type[T] | tuple[type[T], ...]) -> T | None:
        """The value if it has this type."""
        value = self._mark(key)
        if value is None or (isinstance(value, kind) and (kind is bool or not isinstance(value, bool))):
            return value
        self.tell(f"`{self.path}{key}` ({_brief(value)}) is of another type than Grafana's")
        return None

    def text(self, key: str, limit: int = LONG) -> str:
        """Text, at most so long; a number is taken as its digits."""
        value = self._mark(key)
        if isinstance(value, bool | dict | list):
            self.tell(f"`{self.path}{key}` ({_brief(value)}) is of another type than Grafana's")
            return ""
        return self.cut("" if value is None else str(value), limit, key)

    def short(self, key: str) -> str:
        """Text of one line."""
        return self.text(key, SHORT)

    def cut(self, text: str, limit: int, key: str) -> str:
        """Text that is shortened, and told, where it is over the limit."""
        if len(text) > limit:
            self.tell(f"`{self.path}{key}` is longer than {limit} characters and was cut", "warning")
        return text[:limit]

    def number(self, key: str) -> float | None:
        """A number; text that is one counts."""
        value = self._mark(key)
        if isinstance(value, str):
            try:
                value = float(value) if value.strip() else None
            except ValueError:
                value = value or None
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)):
            return value
        self.tell(f"`{self.path}{key}` ({_brief(value)}) is not a number")
        return None

    def whole(self, key: str, low: int, high: int) -> int | None:
        """A whole number, brought within bounds."""
        value = self.number(key)
        if value is None:
            return None
        within = min(max(round(value), low), high)
        if within != value:
            self.tell(f"`{self.path}{key}` ({_brief(value)}) became {within}")
        return within

    def flag(self, key: str, default: bool = False) -> bool:
        """A yes or no; 0 and 1 count."""
        value = self._mark(key)
        if value in {0, 1} if isinstance(value, int | float) else False:
            return bool(value)
        if value is not None:
            self.tell(f"`{self.path}{key}` ({_brief(value)}) is neither true nor false")
        return default

    def pick(self, key: str, table: Mapping[str, T], default: T) -> T:
        """What the table has for the text; what it has not is told."""
        value = self._mark(key)
        if value is None:
            return default
        if isinstance(value, str) and value in table:
            return table[value]
        self.tell(f"`{self.path}{key}` ({_brief(value)}) is not known here")
        return default

    def texts(self, key: str) -> list[str]:
        """A list of texts; one text is a list of it."""
        value = self._mark(key)
        if isinstance(value, str):
            return [value]
        if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
            return [self.cut(str(one), LONG, key) for one in value]
        if value is not None:
            self.tell(f"`{self.path}{key}` ({_brief(value)}) is not a list of texts")
        return []

    def node(self, key: str) -> Node:
        """The object within; an empty one if there is none."""
        value = self.take(key, dict)
        if value is None:
            value = {}
            self.ledger.made.append(value)
        return self._within(f"{key}.", value)

    def nodes(self, key: str) -> list[Node]:
        """The objects of a list; anything else in it is told."""
        value = self.take(key, list) or []
        for one in value:
            if not isinstance(one, dict):
                self.tell(f"`{self.path}{key}` holds something that is not an object ({_brief(one)})")
        return [self._within(f"{key}[].", one) for one in value if isinstance(one, dict)]

    def whole_of(self, key: str) -> Any:
        """A value as it is, all of which counts as read."""
        value = self._mark(key)
        self.read_all(value)
        return value

    def read_all(self, value: object) -> None:
        """All within counts as read."""
        if isinstance(value, dict):
            for key, inner in value.items():
                self.ledger.read.add((id(value), key))
                self.read_all(inner)
        elif isinstance(value, list):
            for inner in value:
                self.read_all(inner)

    def names(self) -> list[str]:
        """The names of what it holds."""
        return list(self.data)

    def rewritten(self, data: Json, path: str | None = None) -> Node:
        """A node on what this was rewritten into; parts that are the same objects are the same to the ledger."""
        return self.ledger.root(data, self.path if path is None else path, self.panel)

    def rest(self, *without: str) -> Json:
        """All but some keys, to go on in a rewritten object."""
        kept = {key: value for key, value in self.data.items() if key not in without}
        for key in kept:
            self._mark(key)
        return kept

    def within(self, key: str, value: object) -> Iterator[Node]:
        """The objects in a value, however deep in lists."""
        if isinstance(value, dict):
            yield self._within(f"{key}.", value)
        elif isinstance(value, list):
            for one in value:
                yield from self.within(key, one)

    def _within(self, step: str, data: Json) -> Node:
        return Node(data, self.ledger, self.path + step, self.panel)

    def _mark(self, key: str) -> Any:
        self.ledger.read.add((id(self.data), key))
        return self.data.get(key)


def _same(one: object, other: object) -> bool:
    """Equal, and true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _brief(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
