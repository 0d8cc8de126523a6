"""A dashboard as a document: what is stored, versioned, exported as TOML or JSON, and drawn by the cabinet.

The same shapes are in `obsv/web/src/dashboards/model.ts`; a test holds one against the other.  Defaults are left out
when a document is written, so that files are short and a version's differences are what somebody changed.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

COLUMNS = 24
"""The grid's width; a row is 32 px high."""
MAX_PANELS = 400
MAX_QUERIES = 26
MAX_VARIABLES = 50

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Long = Annotated[str, msgspec.Meta(max_length=20_000)]
Expression = Annotated[str, msgspec.Meta(max_length=20_000)]


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something in a document."""


# -- the whole ---------------------------------------------------------------------------------------------------------


class TimeRange(Part, frozen=True):
    """What is shown at first: `now-6h` to `now`, or ISO times."""

    start: Short = "now-1h"
    end: Short = "now"


class Link(Part, frozen=True):
    """A way elsewhere; `url` is an address on this instance, or an http or https one.

    It may hold variables, `${__all_variables}` (all of them, as `var-NAME=value`), `${__from}` and `${__to}`; that of a
    series or cell also `${__value.raw}`, `${__value.text}`, `${__value.time}`, `${__series.name}`, `${__field.name}`,
    `${__field.labels.NAME}` and, in tables, another column of the row: `${__data.fields.NAME}`,
    `${__data.fields["NAME"]}`.
    """

    title: Name
    url: Annotated[str, msgspec.Meta(max_length=2000)]
    new_tab: bool = False
    keep_time: bool = False


class AnnotationQuery(Part, frozen=True):
    """Marks on charts: stored events by tag (deploys), incidents, alert states, or where an expression is not 0.

    Of alerts, those count that fulfil all `matchers`, such as `team=~"$team"`: from when they fired to their end.
    """

    name: Name
    source: Literal["events", "alerts", "incidents", "expression"] = "events"
    tags: tuple[Short, ...] = ()
    matchers: tuple[Short, ...] = ()
    expr: Expression = ""
    title: Short = ""
    color: Short = ""
    enabled: bool = True


class Dashboard(Part, frozen=True):
    """A dashboard.  `key` is its stable name in files and addresses, unique in the organisation."""

    key: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,79}$")]
    title: Name
    description: Long = ""
    folder: Short = ""
    tags: Annotated[tuple[Short, ...], msgspec.Meta(max_length=50)] = ()
    time: TimeRange = TimeRange()
    refresh: Short = ""
    zone: Short = ""
    """An IANA time zone; the person's own if empty."""
    variables: Annotated[tuple[Variable, ...], msgspec.Meta(max_length=MAX_VARIABLES)] = ()
    annotations: tuple[AnnotationQuery, ...] = ()
    links: tuple[Link, ...] = ()
    panels: Annotated[tuple[Panel, ...], msgspec.Meta(max_length=MAX_PANELS)] = ()


class Variable(Part, frozen=True):
    """`$name`, `${name}`, `${name:format}` or `[[name]]` in expressions, titles, legends, links.

    A query is `label_values(selector, label)`, `label_values(label)`, `metrics(regex)`, `label_names()`,
    `query_result(expression)`, or a selector.  `value` is what is chosen at first: one value, several, or `$__all`; of
    `filters` each is a matcher, such as `job=~"api|web"`, that every query's selectors take on.
    """

    name: Annotated[str, msgspec.Meta(pattern="^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
    kind: Literal["query", "custom", "interval", "text", "constant", "filters"] = "query"
    label: Short = ""
    description: Long = ""
    query: Expression = ""
    regex: Short = ""
    """What is taken of each value: the first group, or groups named `value` and `text`."""
    options: tuple[Choice, ...] = ()
    """Of `custom` and `interval`."""
    sort: Literal["", "asc", "desc", "number-asc", "number-desc", "natural-asc", "natural-desc"] = "natural-asc"
    multi: bool = False
    all: bool = False
    all_value: Short = ""
    """What "all" stands for in an expression; if empty, every value."""
    value: tuple[Short, ...] = ()
    refresh: Literal["load", "time"] = "load"
    hide: Literal["", "label", "variable"] = ""


class Choice(Part, frozen=True):
    """One value to choose; shown as `text` if that is not empty."""

    value: Short
    text: Short = ""


# -- a panel -----------------------------------------------------------------------------------------------------------


class Grid(Part, frozen=True):
    """Where a panel lies, in columns and rows of the grid."""

    x: Annotated[int, msgspec.Meta(ge=0, lt=COLUMNS)] = 0
    y: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0
    w: Annotated[int, msgspec.Meta(ge=1, le=COLUMNS)] = 12
    h: Annotated[int, msgspec.Meta(ge=1, le=200)] = 8


class Query(Part, frozen=True):
    """An expression, asked over the range or at its end.

    `legend` names its series: text with `{{label}}`; empty shows their labels.  `step` is a least one, such as `1m`.
    """

    ref: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_]{1,20}$")] = "A"
    expr: Expression = ""
    legend: Short = ""
    at: Literal["range", "instant", "both"] = "range"
    step: Short = ""
    hidden: bool = False


class Threshold(Part, frozen=True):
    """From `value` on the colour is `color`; the first has none and is the base."""

    value: float | None = None
    color: Short = ""


class Mapping(Part, frozen=True):
    """What is shown instead of a value, range of values (inclusive), text that matches, or special value."""

    kind: Literal["value", "range", "regex", "special"] = "value"
    value: Short = ""
    """The value as text; a regular expression; or one of null, nan, true, false, empty."""
    low: float | None = None
    high: float | None = None
    text: Short = ""
    color: Short = ""


class Field(Part, frozen=True):
    """How values are shown.  A field that is not set (None) is as elsewhere: an override sets some alone.

    `unit` is one of the ids in units.py; `color` a token of the palette, `#rrggbb`, or how one is found: `series`,
    `thresholds`, `value` (a shade between two).
    """

    unit: Short | None = None
    decimals: Annotated[int, msgspec.Meta(ge=0, le=15)] | None = None
    min: float | None = None
    max: float | None = None
    name: Short | None = None
    color: Short | None = None
    no_value: Short | None = None
    thresholds: tuple[Threshold, ...] | None = None
    thresholds_are: Literal["absolute", "percent"] | None = None
    mappings: tuple[Mapping, ...] | None = None
    links: tuple[Link, ...] | None = None
    # Of time series and histograms.
    draw: Literal["line", "bars", "points"] | None = None
    line: Literal["linear", "smooth", "step-before", "step-after"] | None = None
    width: Annotated[float, msgspec.Meta(ge=0, le=10)] | None = None
    dash: tuple[float, ...] | None = None
    fill: Annotated[float, msgspec.Meta(ge=0, le=100)] | None = None
    """Opacity below the line in percent."""
    fill_below: Short | None = None
    """The name of the series down to which it is filled."""
    points: Literal["auto", "always", "never"] | None = None
    point_size: Annotated[float, msgspec.Meta(ge=1, le=40)] | None = None
    stack: Literal["none", "normal", "percent"] | None = None
    stack_group: Short | None = None
    gaps: Literal["gap", "connect"] | None = None
    gap_over: Short | None = None
    """Gaps up to this long are connected, such as `5m`."""
    negate: bool | None = None
    """Drawn below zero, shown as it is."""
    axis: Literal["auto", "left", "right", "hidden"] | None = None
    axis_label: Short | None = None
    scale: Literal["linear", "log2", "log10", "symlog"] | None = None
    soft_min: float | None = None
    soft_max: float | None = None
    center_zero: bool | None = None
    threshold_marks: Literal["none", "line", "dashed", "area", "line+area"] | None = None
    hide_from: tuple[Literal["chart", "legend", "tooltip"], ...] | None = None
    # Of tables.
    cell: Literal["text", "color-text", "color-background", "gauge", "sparkline", "json"] | None = None
    align: Literal["auto", "left", "center", "right"] | None = None
    column_width: Annotated[int, msgspec.Meta(ge=20, le=2000)] | None = None
    filterable: bool | None = None
    hidden: bool | None = None


class Override(Part, frozen=True):
    """Sets fields for some series or columns; a later one counts before an earlier.

    By name (a column also by its title), by a pattern that is searched for in it, by query, by type of value (`number`,
    `string`, `time`), or by value: where a calculation compares so, as in `max >= 10` (`== != < <= > >=`), or where all
    values are `zero` or `null`.
    """

    by: Literal["name", "regex", "ref", "type", "value"] = "name"
    match: Short = ""
    set: Field = Field()


class Repeat(Part, frozen=True):
    """One panel for each value of a variable, beside each other (`h`, at most so many a row) or below (`v`)."""

    variable: Short
    direction: Literal["h", "v"] = "h"
    most: Annotated[int, msgspec.Meta(ge=1, le=24)] = 4


Calculation = Literal[
    "last", "last-not-null", "first", "first-not-null", "min", "max", "mean", "sum", "count", "range", "delta",
    "difference", "difference-percent", "median", "stddev", "distinct", "changes", "p90", "p95", "p99",
]  # fmt: skip


class Reduce(Part, frozen=True):
    """How a series becomes one value; or, with `rows`, each of its values by itself (at most so many)."""

    calc: Calculation = "last-not-null"
    rows: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    field: Short = ""
    """A name or pattern of those that count; all if empty."""


class Legend(Part, frozen=True):
    """Which series there are, with these calculations of each."""

    show: bool = True
    place: Literal["bottom", "right"] = "bottom"
    calcs: tuple[Calculation, ...] = ()
    sort: Calculation | Literal["", "name"] = ""
    descending: bool = False
    width: Annotated[int, msgspec.Meta(ge=0, le=2000)] = 0


class TimeSeries(Part, frozen=True, tag="timeseries", tag_field="kind"):
    """Lines, areas, bars over time."""

    legend: Legend = Legend()
    tooltip: Literal["one", "all", "none"] = "all"
    tooltip_sort: Literal["", "asc", "desc"] = ""


class Stat(Part, frozen=True, tag="stat", tag_field="kind"):
    """Large numbers."""

    reduce: Reduce = Reduce()
    text: Literal["auto", "value", "name", "value+name", "none"] = "auto"
    color: Literal["none", "value", "background"] = "value"
    spark: bool = False
    change: bool = False
    direction: Literal["auto", "h", "v"] = "auto"


class Gauge(Part, frozen=True, tag="gauge", tag_field="kind"):
    """Arcs."""

    reduce: Reduce = Reduce()
    marks: bool = True
    labels: bool = False
    direction: Literal["auto", "h", "v"] = "auto"


class BarGauge(Part, frozen=True, tag="bargauge", tag_field="kind"):
    """Bars, one a series."""

    reduce: Reduce = Reduce()
    direction: Literal["auto", "h", "v"] = "auto"
    style: Literal["basic", "gradient", "cells"] = "basic"
    unfilled: bool = True


class Column(Part, frozen=True):
    """What becomes of a column of a table."""

    name: Short
    title: Short = ""
    hidden: bool = False


class GroupColumn(Part, frozen=True):
    """A column in a table that is grouped: what the rows are grouped by (no calculation), or what is made of theirs."""

    name: Short
    calc: Calculation | Literal[""] = ""


class TableSort(Part, frozen=True):
    """By which column a table is sorted at first."""

    column: Short
    descending: bool = False


class Table(Part, frozen=True, tag="table", tag_field="kind"):
    """A row a series (labels and values as columns, queries joined by their labels), or a row a sample.

    Columns are `Time` (of a row a sample), each label by its name, and `Value`, or `Value #A`, `Value #B` of several
    queries.  In this order: `calcs` makes one row of a series' samples, with its name as column `Field` and a column a
    calculation, named as it is (`max`); `join` puts rows of several queries with one value of this label (or of `Time`)
    together; `group` makes one row of those with equal columns, where columns keep their names unless several
    calculations are made of one (`Value (max)`); `columns` names, orders and hides, those not named come after.
    """

    calcs: tuple[Calculation, ...] = ()
    join: Short = ""
    group: tuple[GroupColumn, ...] = ()
    columns: tuple[Column, ...] = ()
    only_named: bool = False
    sort: tuple[TableSort, ...] = ()
    footer: Calculation | Literal[""] = ""
    header: bool = True
    height: Literal["small", "medium", "large"] = "small"


class Heatmap(Part, frozen=True, tag="heatmap", tag_field="kind"):
    """Counts by bucket over time: classic buckets by `le`, native histograms, or values put into buckets."""

    source: Literal["auto", "buckets", "values"] = "auto"
    scheme: Literal["accent", "grey", "heat", "spectrum"] = "accent"
    scale: Literal["linear", "sqrt", "log"] = "sqrt"
    y_scale: Literal["linear", "log2", "log10"] = "linear"
    legend: bool = True


class Histogram(Part, frozen=True, tag="histogram", tag_field="kind"):
    """How often which value came; 0 finds a width."""

    bucket: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    combine: bool = False
    legend: Legend = Legend()


class StateTimeline(Part, frozen=True, tag="state-timeline", tag_field="kind"):
    """Values as coloured stretches of time, a row a series; with `steps` a cell each sample (status history)."""

    merge: bool = True
    show_values: Literal["auto", "always", "never"] = "auto"
    row_height: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.9
    steps: bool = False
    legend: Legend = Legend()


class Pie(Part, frozen=True, tag="pie", tag_field="kind"):
    """Shares."""

    reduce: Reduce = Reduce()
    donut: bool = False
    labels: tuple[Literal["name", "value", "percent"], ...] = ()
    legend: Legend = Legend(place="right", calcs=())
    legend_values: tuple[Literal["value", "percent"], ...] = ()


class AlertList(Part, frozen=True, tag="alert-list", tag_field="kind"):
    """Alerts that fulfil all `matchers`: those that fire, or with `history` those of obsv's rules in the time shown.

    Without `quiet` only those that wait for somebody: not acknowledged, silenced, inhibited or muted.
    """

    matchers: tuple[Short, ...] = ()
    history: bool = False
    quiet: bool = True
    sort: Literal["newest", "oldest", "name", "severity"] = "newest"
    most: Annotated[int, msgspec.Meta(ge=1, le=200)] = 20


class Text(Part, frozen=True, tag="text", tag_field="kind"):
    """Markdown, in which variables stand for their values; raw HTML is shown as text."""

    markdown: Long = ""


class Row(Part, frozen=True, tag="row", tag_field="kind"):
    """A heading over the panels below it, up to the next; they fold away."""

    folded: bool = False


class Placeholder(Part, frozen=True, tag="placeholder", tag_field="kind"):
    """What could not be brought over from elsewhere: what it was, and its model, so that nothing is lost."""

    was: Short
    reason: Short = ""
    source: Annotated[str, msgspec.Meta(max_length=200_000)] = ""


View = (
    TimeSeries
    | Stat
    | Gauge
    | BarGauge
    | Table
    | Heatmap
    | Histogram
    | StateTimeline
    | Pie
    | AlertList
    | Text
    | Row
    | Placeholder
)


class Panel(Part, frozen=True):
    """One panel: what is asked, how it is shown, where it lies.  `id` is unique in the dashboard."""

    id: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    title: Short = ""
    description: Long = ""
    grid: Grid = Grid()
    view: View = TimeSeries()
    queries: Annotated[tuple[Query, ...], msgspec.Meta(max_length=MAX_QUERIES)] = ()
    field: Field = Field()
    overrides: tuple[Override, ...] = ()
    repeat: Repeat | None = None
    links: tuple[Link, ...] = ()
    last: Short = ""
    """Shows the last `6h` or so, whatever the dashboard's range is."""
    shift: Short = ""
    """Shows what was so long before."""
    max_points: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    transparent: bool = False
