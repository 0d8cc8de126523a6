"""A table's transformations, gathered into what our table does: calculations, a join, groups, columns, an order."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from obsv.dashboards.grafana import names
from obsv.dashboards.grafana.patterns import names_of, to_pattern
from obsv.dashboards.grafana.read.common import calculations
from obsv.dashboards.grafana.reader import SHORT, Node
from obsv.dashboards.model import Calculation, Column, GroupColumn, Override, Table, TableSort

_NUMBERED = re.compile(r"(.+) (\d+)")
_CALCULATED = re.compile(r"(.+) \((\w+)\)")


@dataclass(slots=True)
class _Plan:
    hidden: bool = False
    title: str = ""
    at: float | None = None


@dataclass(slots=True)
class TablePlan:
    """What is known of the table after the transformations so far; `known` finds a column by its name by then."""

    is_instant: bool
    """Rows are of one time, which has no column."""
    calcs: tuple[Calculation, ...] = ()
    join: str = ""
    group: list[GroupColumn] = field(default_factory=list)
    columns: dict[str, _Plan] = field(default_factory=dict)
    only_named: bool = False
    sort: list[TableSort] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)

    def apply(self, id_: str, options: Node) -> None:
        """Take one transformation into the plan; one that our table has not is told."""
        if id_ in _STEPS:
            _STEPS[id_](self, options)
            return
        options.read_all(options.data)
        options.tell(
            f"the transformation {id_!r} is not brought over: columns and rows are as they were before", "warning"
        )

    def source(self, name: str) -> str:
        """The column's own name, whatever it is called by now; empty for a second copy of one that was joined."""
        name = self.known.get(name, name)
        if self.join and (found := _NUMBERED.fullmatch(name)) and "#" not in name:
            return found[1] if found[2] == "1" else ""
        if (found := _CALCULATED.fullmatch(name)) and found[2] in names.CALCULATIONS:
            return self._of_group(found[1], names.CALCULATIONS[found[2]])
        if self.calcs and name in names.CALCULATION_TITLES:
            return names.CALCULATION_TITLES[name]
        return name

    def _of_group(self, name: str, calc: Calculation) -> str:
        several = sum(one.name == name and one.calc != "" for one in self.group) > 1
        return f"{name} ({calc})" if several else name

    def _column(self, name: str) -> _Plan | None:
        """What is planned for a column; None for one that is not there."""
        source = self.source(name)
        if not source or (self.is_instant and source in {"Time", "time"} and self.join not in {"Time", "time"}):
            return None
        return self.columns.setdefault(source, _Plan())

    # -- the transformations -------------------------------------------------------------------------------------------

    def merge(self, options: Node) -> None:
        """Rows with equal labels are one row anyway."""
        options.skip(*options.names())

    def joined(self, options: Node) -> None:
        """One row for each value of a label."""
        self.join = options.short("byField") or "Time"
        if (mode := options.short("mode")) not in {"", "outer", "outerTabular"}:
            options.tell(f"the {mode} join keeps rows without a partner here")
        if self.join == "Time":
            options.tell("tables joined by time have a column a query here, not a column a series")

    def organized(self, options: Node) -> None:
        """Hide, order, rename."""
        options.skip("orderByMode", "orderBy")
        excluded, included = options.node("excludeByName"), options.node("includeByName")
        order, renamed = options.node("indexByName"), options.node("renameByName")
        for name in excluded.names():
            if (column := self._column(name)) is not None:
                column.hidden = excluded.flag(name)
            else:
                excluded.skip(name)
        for name in order.names():
            if (column := self._column(name)) is not None:
                column.at = order.number(name)
            else:
                order.skip(name)
        chosen = [name for name in included.names() if included.flag(name)]
        if chosen:
            self._only(chosen)
        self._rename(renamed)

    def _rename(self, renamed: Node) -> None:
        fresh: dict[str, str] = {}
        for name in renamed.names():
            title, source = renamed.short(name), self.source(name)
            if not source and title:
                renamed.tell(f"the column {name!r} is the same as the first of that name here")
            elif title and title != source:
                column = self._column(name)
                if column is None:
                    renamed.tell("there is no column of the time where all is of one time")
                    continue
                column.title = title
                fresh[title] = source
        self.known |= fresh

    def filtered(self, options: Node) -> None:
        """Some columns alone, or all but some."""
        options.usual(byVariable=False)
        include, exclude = options.node("include"), options.node("exclude")
        for chosen, hides in ((include, False), (exclude, True)):
            chosen.usual(variable="")
            listed, pattern = chosen.texts("names"), chosen.text("pattern")
            if pattern:
                found = names_of(to_pattern(pattern if pattern.startswith("/") else f"/{pattern}/")[0])
                if found is None:
                    chosen.tell("columns are not chosen by a pattern here", "warning")
                listed = [*listed, *(found or ())]
            if hides:
                for name in listed:
                    if (column := self._column(name)) is not None:
                        column.hidden = True
            elif listed:
                self._only(listed)

    def _only(self, listed: list[str]) -> None:
        """Show these alone; those that were named before stay as they are, if they are among them."""
        sources = [source for name in listed if (source := self.source(name))]
        for source in sources:
            self.columns.setdefault(source, _Plan())
        for name, column in self.columns.items():
            column.hidden = column.hidden or name not in sources
        self.only_named = True

    def grouped(self, options: Node) -> None:
        """One row for what is equal in some columns."""
        fields, groups = options.node("fields"), list[GroupColumn]()
        for name in fields.names():
            one = fields.node(name)
            operation, source = one.short("operation"), self.source(name) or name
            if operation == "groupby":
                one.skip("aggregations")
                groups.append(GroupColumn(name=source[:SHORT]))
            elif operation == "aggregate":
                groups += [GroupColumn(name=source[:SHORT], calc=calc) for calc in self._aggregations(one)]
            else:
                one.skip("aggregations")
        self.group = groups

    def _aggregations(self, one: Node) -> tuple[Calculation, ...]:
        if "uniqueValues" in one.texts("aggregations"):
            one.tell("of all unique values of a group the first is shown", "warning")
            return ("first",)
        return calculations(one, "aggregations")

    def sorted_by(self, options: Node) -> None:
        """An order of rows."""
        options.skip("fields")
        for one in options.nodes("sort"):
            column = self.source(one.short("field"))
            self.sort.append(TableSort(column=column[:SHORT], descending=one.flag("desc")))

    def reduced(self, options: Node) -> None:
        """One row a series, with calculations of its samples."""
        options.usual(fields={}, includeTimeField=False)
        if options.short("mode") == "reduceFields":
            options.tell("one row of a calculation of each column is one row a series here", "warning")
        options.skip("labelsToFields")
        self.calcs = calculations(options, "reducers") or ("max",)
        self.known |= {title: calc for title, calc in names.CALCULATION_TITLES.items() if calc in self.calcs}

    def labelled(self, options: Node) -> None:
        """Labels are columns anyway."""
        mode, label = options.short("mode"), options.short("valueLabel")
        if label:
            options.tell(f"values of the label {label!r} are rows here, not columns", "warning")
        if mode == "rows":
            options.tell("labels are columns here, not rows", "warning")
        if kept := options.texts("keepLabels"):
            self._only([*kept, "Value", "Time"])

    def as_rows(self, options: Node) -> None:
        """A row a sample."""
        options.skip(*options.names())

    # -- what comes of it ----------------------------------------------------------------------------------------------

    def table(self, view: Table) -> Table:
        """The table with all of it."""
        order = sorted(self.columns.items(), key=lambda one: float("inf") if one[1].at is None else one[1].at)
        chosen = [one for one in view.sort if one.column]
        return msgspec.structs.replace(
            view,
            calcs=self.calcs,
            join=self.join,
            group=tuple(self.group),
            columns=tuple(
                Column(name=name[:SHORT], title=column.title, hidden=column.hidden)
                for name, column in order
                if column.hidden or column.title or column.at is not None or self.only_named
            ),
            only_named=self.only_named,
            sort=tuple(
                TableSort(column=(self.source(one.column) or one.column)[:SHORT], descending=one.descending)
                for one in chosen
            )
            or tuple(self.sort),
        )

    def override(self, override: Override) -> Override:
        """An override by the name that a column has here."""
        if override.by != "name":
            return override
        name = self.known.get(override.match, self.source(override.match)) or override.match
        return msgspec.structs.replace(override, match=name[:SHORT])


_STEPS: dict[str, Callable[[TablePlan, Node], None]] = {
    "merge": TablePlan.merge,
    "joinByField": TablePlan.joined,
    "seriesToColumns": TablePlan.joined,
    "organize": TablePlan.organized,
    "filterFieldsByName": TablePlan.filtered,
    "groupBy": TablePlan.grouped,
    "sortBy": TablePlan.sorted_by,
    "reduce": TablePlan.reduced,
    "labelsToFields": TablePlan.labelled,
    "seriesToRows": TablePlan.as_rows,
}
