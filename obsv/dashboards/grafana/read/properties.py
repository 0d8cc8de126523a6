"""Properties of how values are shown: each is read by a function that puts what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from obsv.dashboards.grafana.reader import Node
from obsv.dashboards.model import Field


@dataclass(slots=True)
class Made:
    """What is being gathered for a `Field`; `base` says that it is the panel's own, where what is usual is left out."""

    kind: str
    base: bool
    values: dict[str, Any] = field(default_factory=dict)

    def put(self, name: str, value: object, usual: object = None) -> None:
        """Set one, unless it is none, or usual in a base."""
        if value is not None and not (self.base and value == usual):
            self.values[name] = value

    def field(self) -> Field:
        """The field."""
        return Field(**self.values)


Property = Callable[[Node, str, Made], None]


def text(name: str, usual: str | None = None) -> Property:
    """Text of one line; empty where it is usual."""

    def read(node: Node, key: str, made: Made) -> None:
        if node.has(key):
            made.put(name, node.short(key), usual)
        else:
            node.skip(key)

    return read


def number(name: str, low: float = float("-inf"), high: float = float("inf")) -> Property:
    """A number, brought within bounds."""

    def read(node: Node, key: str, made: Made) -> None:
        value = node.number(key)
        if value is not None and not low <= value <= high:
            node.tell(f"`{key}` of {value:g} was brought between {low:g} and {high:g}")
            value = min(max(value, low), high)
        made.put(name, value)

    return read


def whole(name: str, low: int, high: int) -> Property:
    """A whole number, brought within bounds."""

    def read(node: Node, key: str, made: Made) -> None:
        made.put(name, node.whole(key, low, high))

    return read


def flag(name: str) -> Property:
    """A yes or no."""

    def read(node: Node, key: str, made: Made) -> None:
        if node.has(key):
            made.put(name, node.flag(key), usual=False)

    return read


def choice(name: str, table: Mapping[str, str], usual: str | None = None) -> Property:
    """A word by what the table has for it."""

    def read(node: Node, key: str, made: Made) -> None:
        made.put(name, node.pick(key, table, None), usual)

    return read


def usual_as(*values: object) -> Property:
    """Nothing, as long as it has one of these values."""

    def read(node: Node, key: str, made: Made) -> None:
        if not node.has(key):
            node.skip(key)
        node.usual(**{key: values})

    return read
