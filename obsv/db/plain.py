"""Tables that are not Piccolo's, declared so that the data inventory knows them too."""

from __future__ import annotations

from dataclasses import dataclass

from obsv.core.holds import Holds


@dataclass(frozen=True, slots=True)
class PlainTable:
    """A table made by plain SQL; its columns are those that `holds` declares.

    `is_optional`: it exists only where the part that makes it is in use (a metric store), and keeps its own retention.
    """

    name: str
    holds: Holds
    is_optional: bool = True


_declared: dict[str, PlainTable] = {}


def declare(*tables: PlainTable) -> None:
    """Add tables to the inventory; called when a feature's `tables.py` is imported."""
    _declared.update({table.name: table for table in tables})


def plain_tables() -> tuple[PlainTable, ...]:
    """Everything declared so far, by name."""
    return tuple(_declared[name] for name in sorted(_declared))
