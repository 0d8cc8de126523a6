/**
 * A dashboard as a document, complete: what a stored one leaves out is filled in by `complete.ts`.
 * Made from obsv/dashboards/model.py by `python -m tests.dashboards.model_ts`; do not edit.
 */
/* eslint-disable max-lines -- as long as the model is */

export const COLUMNS = 24

export type Calculation = 'last' | 'last-not-null' | 'first' | 'first-not-null' | 'min' | 'max' | 'mean' | 'sum' | 'count' | 'range' | 'delta' | 'difference' | 'difference-percent' | 'median' | 'stddev' | 'distinct' | 'changes' | 'p90' | 'p95' | 'p99'

/** A dashboard.  `key` is its stable name in files and addresses, unique in the organisation. */
export interface Dashboard {
  key: string
  title: string
  description: string
  folder: string
  tags: string[]
  time: TimeRange
  refresh: string
  zone: string
  variables: Variable[]
  annotations: AnnotationQuery[]
  links: Link[]
  panels: Panel[]
}

/** What is shown at first: `now-6h` to `now`, or ISO times. */
export interface TimeRange {
  start: string
  end: string
}

/**
 * `$name`, `${name}`, `${name:format}` or `[[name]]` in expressions, titles, legends, links.
 *
 * A query is `label_values(selector, label)`, `label_values(label)`, `metrics(regex)`, `label_names()`,
 * `query_result(expression)`, or a selector.  `value` is what is chosen at first: one value, several, or `$__all`; of
 * `filters` each is a matcher, such as `job=~"api|web"`, that every query's selectors take on.
 */
export interface Variable {
  name: string
  kind: 'constant' | 'custom' | 'filters' | 'interval' | 'query' | 'text'
  label: string
  description: string
  query: string
  regex: string
  options: Choice[]
  sort: '' | 'asc' | 'desc' | 'natural-asc' | 'natural-desc' | 'number-asc' | 'number-desc'
  multi: boolean
  all: boolean
  all_value: string
  value: string[]
  refresh: 'load' | 'time'
  hide: '' | 'label' | 'variable'
}

/** One value to choose; shown as `text` if that is not empty. */
export interface Choice {
  value: string
  text: string
}

/**
 * Marks on charts: stored events by tag (deploys), incidents, alert states, or where an expression is not 0.
 *
 * Of alerts, those count that fulfil all `matchers`, such as `team=~"$team"`: from when they fired to their end.
 */
export interface AnnotationQuery {
  name: string
  source: 'alerts' | 'events' | 'expression' | 'incidents'
  tags: string[]
  matchers: string[]
  expr: string
  title: string
  color: string
  enabled: boolean
}

/**
 * A way elsewhere; `url` is an address on this instance, or an http or https one.
 *
 * It may hold variables, `${__all_variables}` (all of them, as `var-NAME=value`), `${__from}` and `${__to}`; that of a
 * series or cell also `${__value.raw}`, `${__value.text}`, `${__value.time}`, `${__series.name}`, `${__field.name}`,
 * `${__field.labels.NAME}` and, in tables, another column of the row: `${__data.fields.NAME}`,
 * `${__data.fields["NAME"]}`.
 */
export interface Link {
  title: string
  url: string
  new_tab: boolean
  keep_time: boolean
}

/** One panel: what is asked, how it is shown, where it lies.  `id` is unique in the dashboard. */
export interface Panel {
  id: number
  title: string
  description: string
  grid: Grid
  view: View
  queries: Query[]
  field: Field
  overrides: Override[]
  repeat: Repeat | null
  links: Link[]
  last: string
  shift: string
  max_points: number
  transparent: boolean
}

/** Where a panel lies, in columns and rows of the grid. */
export interface Grid {
  x: number
  y: number
  w: number
  h: number
}

/** Lines, areas, bars over time. */
export interface TimeSeries {
  kind: 'timeseries'
  legend: Legend
  tooltip: 'all' | 'none' | 'one'
  tooltip_sort: '' | 'asc' | 'desc'
}

/** Which series there are, with these calculations of each. */
export interface Legend {
  show: boolean
  place: 'bottom' | 'right'
  calcs: Calculation[]
  sort: Calculation | '' | 'name'
  descending: boolean
  width: number
}

/** Large numbers. */
export interface Stat {
  kind: 'stat'
  reduce: Reduce
  text: 'auto' | 'name' | 'none' | 'value' | 'value+name'
  color: 'background' | 'none' | 'value'
  spark: boolean
  change: boolean
  direction: 'auto' | 'h' | 'v'
}

/** How a series becomes one value; or, with `rows`, each of its values by itself (at most so many). */
export interface Reduce {
  calc: Calculation
  rows: number
  field: string
}

/** Arcs. */
export interface Gauge {
  kind: 'gauge'
  reduce: Reduce
  marks: boolean
  labels: boolean
  direction: 'auto' | 'h' | 'v'
}

/** Bars, one a series. */
export interface BarGauge {
  kind: 'bargauge'
  reduce: Reduce
  direction: 'auto' | 'h' | 'v'
  style: 'basic' | 'cells' | 'gradient'
  unfilled: boolean
}

/**
 * A row a series (labels and values as columns, queries joined by their labels), or a row a sample.
 *
 * Columns are `Time` (of a row a sample), each label by its name, and `Value`, or `Value #A`, `Value #B` of several
 * queries.  In this order: `calcs` makes one row of a series' samples, with its name as column `Field` and a column a
 * calculation, named as it is (`max`); `join` puts rows of several queries with one value of this label (or of `Time`)
 * together; `group` makes one row of those with equal columns, where columns keep their names unless several
 * calculations are made of one (`Value (max)`); `columns` names, orders and hides, those not named come after.
 */
export interface Table {
  kind: 'table'
  calcs: Calculation[]
  join: string
  group: GroupColumn[]
  columns: Column[]
  only_named: boolean
  sort: TableSort[]
  footer: Calculation | ''
  header: boolean
  height: 'large' | 'medium' | 'small'
}

/** A column in a table that is grouped: what the rows are grouped by (no calculation), or what is made of theirs. */
export interface GroupColumn {
  name: string
  calc: Calculation | ''
}

/** What becomes of a column of a table. */
export interface Column {
  name: string
  title: string
  hidden: boolean
}

/** By which column a table is sorted at first. */
export interface TableSort {
  column: string
  descending: boolean
}

/** Counts by bucket over time: classic buckets by `le`, native histograms, or values put into buckets. */
export interface Heatmap {
  kind: 'heatmap'
  source: 'auto' | 'buckets' | 'values'
  scheme: 'accent' | 'grey' | 'heat' | 'spectrum'
  scale: 'linear' | 'log' | 'sqrt'
  y_scale: 'linear' | 'log10' | 'log2'
  legend: boolean
}

/** How often which value came; 0 finds a width. */
export interface Histogram {
  kind: 'histogram'
  bucket: number
  combine: boolean
  legend: Legend
}

/** Values as coloured stretches of time, a row a series; with `steps` a cell each sample (status history). */
export interface StateTimeline {
  kind: 'state-timeline'
  merge: boolean
  show_values: 'always' | 'auto' | 'never'
  row_height: number
  steps: boolean
  legend: Legend
}

/** Shares. */
export interface Pie {
  kind: 'pie'
  reduce: Reduce
  donut: boolean
  labels: ('name' | 'percent' | 'value')[]
  legend: Legend
  legend_values: ('percent' | 'value')[]
}

/**
 * Alerts that fulfil all `matchers`: those that fire, or with `history` those of obsv's rules in the time shown.
 *
 * Without `quiet` only those that wait for somebody: not acknowledged, silenced, inhibited or muted.
 */
export interface AlertList {
  kind: 'alert-list'
  matchers: string[]
  history: boolean
  quiet: boolean
  sort: 'name' | 'newest' | 'oldest' | 'severity'
  most: number
}

/** Markdown, in which variables stand for their values; raw HTML is shown as text. */
export interface Text {
  kind: 'text'
  markdown: string
}

/** A heading over the panels below it, up to the next; they fold away. */
export interface Row {
  kind: 'row'
  folded: boolean
}

/** What could not be brought over from elsewhere: what it was, and its model, so that nothing is lost. */
export interface Placeholder {
  kind: 'placeholder'
  was: string
  reason: string
  source: string
}

/**
 * An expression, asked over the range or at its end.
 *
 * `legend` names its series: text with `{{label}}`; empty shows their labels.  `step` is a least one, such as `1m`.
 */
export interface Query {
  ref: string
  expr: string
  legend: string
  at: 'both' | 'instant' | 'range'
  step: string
  hidden: boolean
}

/**
 * How values are shown.  A field that is not set (None) is as elsewhere: an override sets some alone.
 *
 * `unit` is one of the ids in units.py; `color` a token of the palette, `#rrggbb`, or how one is found: `series`,
 * `thresholds`, `value` (a shade between two).
 */
export interface Field {
  unit: string | null
  decimals: number | null
  min: number | null
  max: number | null
  name: string | null
  color: string | null
  no_value: string | null
  thresholds: Threshold[] | null
  thresholds_are: 'absolute' | 'percent' | null
  mappings: Mapping[] | null
  links: Link[] | null
  draw: 'bars' | 'line' | 'points' | null
  line: 'linear' | 'smooth' | 'step-after' | 'step-before' | null
  width: number | null
  dash: number[] | null
  fill: number | null
  fill_below: string | null
  points: 'always' | 'auto' | 'never' | null
  point_size: number | null
  stack: 'none' | 'normal' | 'percent' | null
  stack_group: string | null
  gaps: 'connect' | 'gap' | null
  gap_over: string | null
  negate: boolean | null
  axis: 'auto' | 'hidden' | 'left' | 'right' | null
  axis_label: string | null
  scale: 'linear' | 'log10' | 'log2' | 'symlog' | null
  soft_min: number | null
  soft_max: number | null
  center_zero: boolean | null
  threshold_marks: 'area' | 'dashed' | 'line' | 'line+area' | 'none' | null
  hide_from: ('chart' | 'legend' | 'tooltip')[] | null
  cell: 'color-background' | 'color-text' | 'gauge' | 'json' | 'sparkline' | 'text' | null
  align: 'auto' | 'center' | 'left' | 'right' | null
  column_width: number | null
  filterable: boolean | null
  hidden: boolean | null
}

/** From `value` on the colour is `color`; the first has none and is the base. */
export interface Threshold {
  value: number | null
  color: string
}

/** What is shown instead of a value, range of values (inclusive), text that matches, or special value. */
export interface Mapping {
  kind: 'range' | 'regex' | 'special' | 'value'
  value: string
  low: number | null
  high: number | null
  text: string
  color: string
}

/**
 * Sets fields for some series or columns; a later one counts before an earlier.
 *
 * By name (a column also by its title), by a pattern that is searched for in it, by query, by type of value (`number`,
 * `string`, `time`), or by value: where a calculation compares so, as in `max >= 10` (`== != < <= > >=`), or where all
 * values are `zero` or `null`.
 */
export interface Override {
  by: 'name' | 'ref' | 'regex' | 'type' | 'value'
  match: string
  set: Field
}

/** One panel for each value of a variable, beside each other (`h`, at most so many a row) or below (`v`). */
export interface Repeat {
  variable: string
  direction: 'h' | 'v'
  most: number
}

export type View = TimeSeries | Stat | Gauge | BarGauge | Table | Heatmap | Histogram | StateTimeline | Pie | AlertList | Text | Row | Placeholder

export const VIEWS = { 'timeseries': 'TimeSeries', 'stat': 'Stat', 'gauge': 'Gauge', 'bargauge': 'BarGauge', 'table': 'Table', 'heatmap': 'Heatmap', 'histogram': 'Histogram', 'state-timeline': 'StateTimeline', 'pie': 'Pie', 'alert-list': 'AlertList', 'text': 'Text', 'row': 'Row', 'placeholder': 'Placeholder' } as const

/** By part: what is left out where it is this, and which of its fields are parts themselves. */
export const SHAPES = {
  Dashboard: { defaults: { description: '', folder: '', tags: [], time: {}, refresh: '', zone: '', variables: [], annotations: [], links: [], panels: [] }, parts: { time: 'TimeRange', variables: 'Variable', annotations: 'AnnotationQuery', links: 'Link', panels: 'Panel' } },
  TimeRange: { defaults: { start: 'now-1h', end: 'now' }, parts: {} },
  Variable: { defaults: { kind: 'query', label: '', description: '', query: '', regex: '', options: [], sort: 'natural-asc', multi: false, all: false, all_value: '', value: [], refresh: 'load', hide: '' }, parts: { options: 'Choice' } },
  Choice: { defaults: { text: '' }, parts: {} },
  AnnotationQuery: { defaults: { source: 'events', tags: [], matchers: [], expr: '', title: '', color: '', enabled: true }, parts: {} },
  Link: { defaults: { new_tab: false, keep_time: false }, parts: {} },
  Panel: { defaults: { title: '', description: '', grid: {}, view: { kind: 'timeseries' }, queries: [], field: {}, overrides: [], repeat: null, links: [], last: '', shift: '', max_points: 0, transparent: false }, parts: { grid: 'Grid', view: 'View', queries: 'Query', field: 'Field', overrides: 'Override', repeat: 'Repeat', links: 'Link' } },
  Grid: { defaults: { x: 0, y: 0, w: 12, h: 8 }, parts: {} },
  TimeSeries: { defaults: { legend: {}, tooltip: 'all', tooltip_sort: '' }, parts: { legend: 'Legend' } },
  Legend: { defaults: { show: true, place: 'bottom', calcs: [], sort: '', descending: false, width: 0 }, parts: {} },
  Stat: { defaults: { reduce: {}, text: 'auto', color: 'value', spark: false, change: false, direction: 'auto' }, parts: { reduce: 'Reduce' } },
  Reduce: { defaults: { calc: 'last-not-null', rows: 0, field: '' }, parts: {} },
  Gauge: { defaults: { reduce: {}, marks: true, labels: false, direction: 'auto' }, parts: { reduce: 'Reduce' } },
  BarGauge: { defaults: { reduce: {}, direction: 'auto', style: 'basic', unfilled: true }, parts: { reduce: 'Reduce' } },
  Table: { defaults: { calcs: [], join: '', group: [], columns: [], only_named: false, sort: [], footer: '', header: true, height: 'small' }, parts: { group: 'GroupColumn', columns: 'Column', sort: 'TableSort' } },
  GroupColumn: { defaults: { calc: '' }, parts: {} },
  Column: { defaults: { title: '', hidden: false }, parts: {} },
  TableSort: { defaults: { descending: false }, parts: {} },
  Heatmap: { defaults: { source: 'auto', scheme: 'accent', scale: 'sqrt', y_scale: 'linear', legend: true }, parts: {} },
  Histogram: { defaults: { bucket: 0.0, combine: false, legend: {} }, parts: { legend: 'Legend' } },
  StateTimeline: { defaults: { merge: true, show_values: 'auto', row_height: 0.9, steps: false, legend: {} }, parts: { legend: 'Legend' } },
  Pie: { defaults: { reduce: {}, donut: false, labels: [], legend: { place: 'right' }, legend_values: [] }, parts: { reduce: 'Reduce', legend: 'Legend' } },
  AlertList: { defaults: { matchers: [], history: false, quiet: true, sort: 'newest', most: 20 }, parts: {} },
  Text: { defaults: { markdown: '' }, parts: {} },
  Row: { defaults: { folded: false }, parts: {} },
  Placeholder: { defaults: { reason: '', source: '' }, parts: {} },
  Query: { defaults: { ref: 'A', expr: '', legend: '', at: 'range', step: '', hidden: false }, parts: {} },
  Field: { defaults: { unit: null, decimals: null, min: null, max: null, name: null, color: null, no_value: null, thresholds: null, thresholds_are: null, mappings: null, links: null, draw: null, line: null, width: null, dash: null, fill: null, fill_below: null, points: null, point_size: null, stack: null, stack_group: null, gaps: null, gap_over: null, negate: null, axis: null, axis_label: null, scale: null, soft_min: null, soft_max: null, center_zero: null, threshold_marks: null, hide_from: null, cell: null, align: null, column_width: null, filterable: null, hidden: null }, parts: { thresholds: 'Threshold', mappings: 'Mapping', links: 'Link' } },
  Threshold: { defaults: { value: null, color: '' }, parts: {} },
  Mapping: { defaults: { kind: 'value', value: '', low: null, high: null, text: '', color: '' }, parts: {} },
  Override: { defaults: { by: 'name', match: '', set: {} }, parts: { set: 'Field' } },
  Repeat: { defaults: { direction: 'h', most: 4 }, parts: {} },
} as const
