"""A table's columns as Grafana's transformations, and the names that its columns have after them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from obsv.dashboards.grafana.reader import Json
from obsv.dashboards.grafana.write.views import CALCULATIONS, TITLES
from obsv.dashboards.model import Override, Table

_CALCULATED: Final = re.compile(r"(.+) \(([a-z0-9-]+)\)")


@dataclass(frozen=True, slots=True)
class TableWriter:
    """The table, and of how many queries it is."""

    table: Table
    queries: int

    def transformations(self) -> list[Json]:
        """What makes the table, in the order of its own steps."""
        made: list[Json] = []
        if self.table.calcs:
            made.append(_step("reduce", {"reducers": [CALCULATIONS[calc] for calc in self.table.calcs]}))
        if self.table.join:
            made.append(_step("joinByField", {"byField": self.table.join, "mode": "outer"}))
        elif self.queries > 1:
            made.append(_step("merge", {}))
        if self.table.group:
            made.append(_step("groupBy", {"fields": self._group()}))
        if self.table.only_named:
            shown = [self._name(one.name) for one in self.table.columns if not one.hidden]
            made.append(_step("filterFieldsByName", {"include": {"names": shown}}))
        if self.table.columns:
            made.append(_step("organize", self._organized()))
        return made

    def sort(self) -> list[Json]:
        """By which column, as it is called in the end."""
        return [{"displayName": self.title(one.column), "desc": one.descending} for one in self.table.sort]

    def override(self, override: Override) -> Override:
        """An override by the name that its column has there."""
        if override.by != "name":
            return override
        return msgspec.structs.replace(override, match=self.title(override.match))

    def title(self, name: str) -> str:
        """What a column is headed with."""
        titles = {one.name: one.title for one in self.table.columns}
        return titles.get(name) or self._name(name)

    def _group(self) -> Json:
        made: Json = {}
        for one in self.table.group:
            if not one.calc:
                made[one.name] = {"operation": "groupby", "aggregations": []}
                continue
            field = made.setdefault(one.name, {"operation": "aggregate", "aggregations": []})
            field["aggregations"].append(CALCULATIONS[one.calc])
        return made

    def _name(self, name: str) -> str:
        """The column as Grafana calls it before it is renamed."""
        found = _CALCULATED.fullmatch(name)
        calculations = {calc.name: calc.calc for calc in self.table.group if calc.calc}
        if found and found[1] in calculations and found[2] in CALCULATIONS:
            return f"{found[1]} ({CALCULATIONS[found[2]]})"
        if calculation := calculations.get(name):
            return f"{name} ({CALCULATIONS[calculation]})"
        if name in self.table.calcs:
            return TITLES[name]
        return f"{name} 1" if self._is_doubled(name) else name

    def _is_doubled(self, name: str) -> bool:
        """Whether each of the joined tables has such a column."""
        return bool(self.table.join) and self.queries > 1 and name not in {"", self.table.join} and "#" not in name

    def _organized(self) -> Json:
        columns = [(self._name(one.name), one) for one in self.table.columns]
        doubles = [
            f"{one.name} {number}"
            for one in self.table.columns
            if self._is_doubled(one.name) and not self.table.group
            for number in range(2, self.queries + 1)
        ]
        return {
            "excludeByName": {
                **{name: True for name, one in columns if one.hidden},
                **dict.fromkeys(doubles, True),
            },
            "indexByName": {name: index for index, (name, _) in enumerate(columns)},
            "renameByName": {name: one.title for name, one in columns if one.title},
        }


def _step(id_: str, options: Json) -> Json:
    return {"id": id_, "options": options}
