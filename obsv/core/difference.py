"""What differs between two documents, by what things are called: a dashboard's panels by id, a group's rules by name.

What was moved in a list, or had another inserted before it, is the same thing.  The changes are complete: put into the
older document they make the newer one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

ORDER: Final = "(order)"
"""Last part of a path: the order of what is in a list changed; the values are the names in order."""

Json = dict[str, Any]
Names = Callable[[Sequence[Json]], Sequence[str]]


class Change(msgspec.Struct, frozen=True):
    """One difference at `path`, such as `rules.Busy.for`; None is what is not there.

    Lists whose items have no names are counted from 0.
    """

    path: str
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True)
class Shape:
    """What names the items of a list, by the list's own name, and which tables are others if their `kind` is."""

    names: Mapping[str, Names] = field(default_factory=dict[str, Names])
    whole: Collection[str] = ()

    def changes(self, before: Json, after: Json) -> Iterator[Change]:
        """The changes in the order of the document."""
        return self._tables("", before, after)

    def _tables(self, path: str, before: Json, after: Json) -> Iterator[Change]:
        if before.get("kind") != after.get("kind") and path.rpartition(".")[2] in self.whole:
            yield Change(path, before, after)
            return
        for name in [*before, *(name for name in after if name not in before)]:
            yield from self._values(f"{path}.{name}" if path else name, name, before.get(name), after.get(name))

    def _values(self, path: str, name: str, before: object, after: object) -> Iterator[Change]:
        if before == after and type(before) is type(after):
            return
        match before, after:
            case dict(), dict():
                yield from self._tables(path, before, after)
            case list() | None, list() | None if name in self.names:
                yield from self._named(path, self.names[name], before or [], after or [])
            case list(), list() if _are_tables(before) and _are_tables(after):
                yield from self._counted(path, before, after)
            case _:
                yield Change(path, before, after)

    def _counted(self, path: str, before: list[Json], after: list[Json]) -> Iterator[Change]:
        for index in range(max(len(before), len(after))):
            pair = [items[index] if index < len(items) else None for items in (before, after)]
            yield from self._values(f"{path}.{index}", "", *pair)

    def _named(self, path: str, names: Names, before: list[Json], after: list[Json]) -> Iterator[Change]:
        old, new = (dict(zip(names(items), items, strict=True)) for items in (before, after))
        for name in [*old, *(name for name in new if name not in old)]:
            yield from self._values(f"{path}.{name}", "", old.get(name), new.get(name))
        stayed = [name for name in old if name in new]
        if list(new) != stayed + [name for name in new if name not in old]:
            yield Change(f"{path}.{ORDER}", list(old), list(new))


def _are_tables(items: Sequence[object]) -> bool:
    return all(isinstance(item, dict) for item in items)
