/** The options of panels, dashboards and their parts as one table each: the form is made from them. */

import { t } from '../../lib/i18n'
import type { View } from '../model'

type Kind = View['kind']

/** A choice of a select: what is stored, and what is read. */
export type Pair = readonly [value: string, label: string]

export type Control =
  | { type: 'text' | 'area' | 'code' | 'unit' | 'colour' | 'tags' | 'switch' | 'variable' | 'folder' }
  | { type: 'promql' }
  | { type: 'number'; min?: number; max?: number; step?: number }
  | { type: 'choice'; of: readonly Pair[] }
  | { type: 'many'; of: readonly Pair[] }
  | { type: 'numbers' }
  | { type: 'rows'; of: readonly Option[]; fresh: () => object; add: string }

export interface Option {
  /** Where it stands, such as `view.legend.show`. */
  path: string
  label: string
  control: Control
  group: string
  help?: string
  placeholder?: string
  /** Only these kinds of panel have it. */
  kinds?: readonly Kind[]
  /** Only where this holds of what it stands in. */
  when?: (whole: never) => boolean
  /** What is kept where nothing is given: `null` for fields. */
  none?: null
}

const SERIES: readonly Kind[] = ['timeseries']
const DRAWN: readonly Kind[] = ['timeseries', 'stat', 'gauge', 'bargauge', 'table', 'heatmap', 'histogram', 'state-timeline', 'pie']
const VALUED: readonly Kind[] = ['stat', 'gauge', 'bargauge', 'pie']
const LEGENDS: readonly Kind[] = ['timeseries', 'histogram', 'state-timeline', 'pie']

const SWITCH: Control = { type: 'switch' }
const TEXT: Control = { type: 'text' }

export function calculations(): Pair[] {
  return [
    ['last-not-null', t('Last (not empty)')],
    ['last', t('Last')],
    ['first-not-null', t('First (not empty)')],
    ['first', t('First')],
    ['min', t('Min')],
    ['max', t('Max')],
    ['mean', t('Mean')],
    ['median', t('Median')],
    ['sum', t('Sum')],
    ['count', t('Count')],
    ['range', t('Range')],
    ['delta', t('Increase')],
    ['difference', t('Difference')],
    ['difference-percent', t('Difference in percent')],
    ['stddev', t('Standard deviation')],
    ['distinct', t('Distinct values')],
    ['changes', t('Changes')],
    ['p90', t('90th percentile')],
    ['p95', t('95th percentile')],
    ['p99', t('99th percentile')],
  ]
}

const direction = (): Control => ({ type: 'choice', of: [['auto', t('Automatic')], ['h', t('Beside each other')], ['v', t('Below each other')]] })

export function linkOptions(): Option[] {
  return [
    { path: 'title', label: t('Title'), control: TEXT, group: '' },
    { path: 'url', label: t('Address'), control: TEXT, group: '', placeholder: 'https://' },
    { path: 'new_tab', label: t('In a new tab'), control: SWITCH, group: '' },
    { path: 'keep_time', label: t('Keep the time range'), control: SWITCH, group: '' },
  ]
}

const links = (path: string): Omit<Option, 'group' | 'label'> => ({
  path,
  control: { type: 'rows', of: linkOptions(), add: t('Add a link'), fresh: () => ({ title: t('Link'), url: '/', new_tab: false, keep_time: true }) },
})

function panelOptions(): Option[] {
  const group = t('Panel')
  const repeat = t('Repeat')
  const time = t('Time and resolution')
  return [
    { path: 'title', label: t('Title'), control: TEXT, group },
    { path: 'description', label: t('Description'), control: { type: 'area' }, group },
    { path: 'transparent', label: t('No background'), control: SWITCH, group },
    { path: 'repeat.variable', label: t('Repeat for each value of'), control: { type: 'variable' }, group: repeat },
    { path: 'repeat.direction', label: t('Repeated panels lie'), control: { type: 'choice', of: [['h', t('Beside each other')], ['v', t('Below each other')]] }, group: repeat, when: ({ repeat }: { repeat: unknown }) => repeat !== null },
    { path: 'repeat.most', label: t('At most so many beside each other'), control: { type: 'number', min: 1, max: 24 }, group: repeat, when: ({ repeat }: { repeat: { direction: string } | null }) => repeat?.direction === 'h' },
    { path: 'last', label: t('Own time'), help: t('The last so much, such as 1h; empty: the dashboard’s time.'), control: TEXT, group: time, kinds: DRAWN },
    { path: 'shift', label: t('Shifted back by'), control: TEXT, group: time, kinds: DRAWN, placeholder: '1d' },
    { path: 'max_points', label: t('Most points'), help: t('0: as many as the width can show.'), control: { type: 'number', min: 0, max: 10_000 }, group: time, kinds: DRAWN },
    { ...links('links'), label: t('Links'), group: t('Links') },
  ]
}

function legendOptions(): Option[] {
  const group = t('Legend')
  const shown = ({ view }: { view: { legend: { show: boolean } } }): boolean => view.legend.show
  return [
    { path: 'view.legend.show', label: t('Show the legend'), control: SWITCH, group, kinds: LEGENDS },
    { path: 'view.legend.place', label: t('Place'), control: { type: 'choice', of: [['bottom', t('Below')], ['right', t('On the right')]] }, group, kinds: LEGENDS, when: shown },
    { path: 'view.legend.calcs', label: t('Values'), control: { type: 'many', of: calculations() }, group, kinds: SERIES, when: shown },
    { path: 'view.legend.sort', label: t('Sorted by'), control: { type: 'choice', of: [['', t('As it comes')], ['name', t('Name')], ...calculations()] }, group, kinds: SERIES, when: shown },
    { path: 'view.legend.descending', label: t('Largest first'), control: SWITCH, group, kinds: SERIES, when: shown },
    { path: 'view.legend_values', label: t('Values'), control: { type: 'many', of: [['value', t('Value')], ['percent', t('Percent')]] }, group, kinds: ['pie'], when: shown },
  ]
}

function tableOptions(): Option[] {
  const group = t('Table')
  const kinds: readonly Kind[] = ['table']
  return [
    { path: 'view.header', label: t('Column heads'), control: SWITCH, group, kinds },
    { path: 'view.height', label: t('Row height'), control: { type: 'choice', of: [['small', t('Small')], ['medium', t('Medium')], ['large', t('Large')]] }, group, kinds },
    { path: 'view.footer', label: t('Footer'), control: { type: 'choice', of: [['', t('None')], ...calculations()] }, group, kinds },
    { path: 'view.calcs', label: t('A row a series, with'), control: { type: 'many', of: calculations() }, group, kinds },
    { path: 'view.join', label: t('Join queries by'), help: t('A label, or Time.'), control: TEXT, group, kinds },
    { path: 'view.columns', label: t('Columns'), help: t('By name, label or Value #A, in this order.'), group, kinds, control: { type: 'rows', add: t('Add a column'), fresh: () => ({ name: '', title: '', hidden: false }), of: [{ path: 'name', label: t('Column'), control: TEXT, group: '' }, { path: 'title', label: t('Shown as'), control: TEXT, group: '' }, { path: 'hidden', label: t('Hidden'), control: SWITCH, group: '' }] } },
    { path: 'view.only_named', label: t('Only these columns'), control: SWITCH, group, kinds },
    { path: 'view.group', label: t('Group by'), group, kinds, control: { type: 'rows', add: t('Add a column'), fresh: () => ({ name: '', calc: '' }), of: [{ path: 'name', label: t('Column'), control: TEXT, group: '' }, { path: 'calc', label: t('Made of the rest'), control: { type: 'choice', of: [['', t('Group by it')], ...calculations()] }, group: '' }] } },
    { path: 'view.sort', label: t('Sorted by'), group, kinds, control: { type: 'rows', add: t('Add a column'), fresh: () => ({ column: '', descending: true }), of: [{ path: 'column', label: t('Column'), control: TEXT, group: '' }, { path: 'descending', label: t('Largest first'), control: SWITCH, group: '' }] } },
  ]
}

function viewOptions(): Option[] {
  const value = t('Value')
  const display = t('Display')
  return [
    { path: 'view.markdown', label: t('Text (Markdown)'), control: { type: 'code' }, group: t('Text'), kinds: ['text'] },
    { path: 'view.matchers', label: t('With all of these labels'), help: t('Matchers such as team="web", with commas between them.'), control: { type: 'tags' }, group: display, kinds: ['alert-list'] },
    { path: 'view.history', label: t('What fired in the time shown'), control: SWITCH, group: display, kinds: ['alert-list'] },
    { path: 'view.quiet', label: t('Also those that are acknowledged or quiet'), control: SWITCH, group: display, kinds: ['alert-list'], when: ({ view }: { view: { history: boolean } }) => !view.history },
    { path: 'view.sort', label: t('Sorted by'), control: { type: 'choice', of: [['newest', t('Newest first')], ['oldest', t('Oldest first')], ['severity', t('Severity')], ['name', t('Name')]] }, group: display, kinds: ['alert-list'] },
    { path: 'view.most', label: t('Most alerts'), control: { type: 'number', min: 1, max: 200 }, group: display, kinds: ['alert-list'] },
    { path: 'view.folded', label: t('Folded at first'), control: SWITCH, group: display, kinds: ['row'] },
    { path: 'view.tooltip', label: t('Tooltip'), control: { type: 'choice', of: [['all', t('All series')], ['one', t('The nearest series')], ['none', t('None')]] }, group: display, kinds: SERIES },
    { path: 'view.tooltip_sort', label: t('Tooltip sorted'), control: { type: 'choice', of: [['', t('As it comes')], ['asc', t('Smallest first')], ['desc', t('Largest first')]] }, group: display, kinds: SERIES },
    { path: 'view.reduce.calc', label: t('Calculation'), control: { type: 'choice', of: calculations() }, group: value, kinds: VALUED },
    { path: 'view.reduce.rows', label: t('Each value by itself, at most'), help: t('0: one value a series.'), control: { type: 'number', min: 0, max: 1000 }, group: value, kinds: VALUED },
    { path: 'view.text', label: t('Shows'), control: { type: 'choice', of: [['auto', t('Automatic')], ['value', t('Value')], ['value+name', t('Value and name')], ['name', t('Name')], ['none', t('Nothing')]] }, group: display, kinds: ['stat'] },
    { path: 'view.color', label: t('Colour of'), control: { type: 'choice', of: [['value', t('The value')], ['background', t('The background')], ['none', t('Nothing')]] }, group: display, kinds: ['stat'] },
    { path: 'view.spark', label: t('Line behind'), control: SWITCH, group: display, kinds: ['stat'] },
    { path: 'view.change', label: t('Change in percent'), control: SWITCH, group: display, kinds: ['stat'] },
    { path: 'view.marks', label: t('Mark the thresholds'), control: SWITCH, group: display, kinds: ['gauge'] },
    { path: 'view.labels', label: t('Label the thresholds'), control: SWITCH, group: display, kinds: ['gauge'] },
    { path: 'view.style', label: t('Bars'), control: { type: 'choice', of: [['basic', t('Plain')], ['gradient', t('Gradient')], ['cells', t('Cells')]] }, group: display, kinds: ['bargauge'] },
    { path: 'view.unfilled', label: t('Show what is left'), control: SWITCH, group: display, kinds: ['bargauge'] },
    { path: 'view.direction', label: t('Values lie'), control: direction(), group: display, kinds: ['stat', 'gauge', 'bargauge'] },
    { path: 'view.donut', label: t('Ring'), control: SWITCH, group: display, kinds: ['pie'] },
    { path: 'view.labels', label: t('Labels'), control: { type: 'many', of: [['name', t('Name')], ['value', t('Value')], ['percent', t('Percent')]] }, group: display, kinds: ['pie'] },
    { path: 'view.source', label: t('The series are'), control: { type: 'choice', of: [['auto', t('Found out')], ['buckets', t('Buckets')], ['values', t('Values')]] }, group: display, kinds: ['heatmap'] },
    { path: 'view.scheme', label: t('Colours'), control: { type: 'choice', of: [['accent', t('Accent')], ['grey', t('Grey')], ['heat', t('Heat')], ['spectrum', t('Spectrum')]] }, group: display, kinds: ['heatmap'] },
    { path: 'view.scale', label: t('Scale of colours'), control: { type: 'choice', of: [['linear', t('Linear')], ['sqrt', t('Square root')], ['log', t('Logarithmic')]] }, group: display, kinds: ['heatmap'] },
    { path: 'view.y_scale', label: t('Scale of buckets'), control: { type: 'choice', of: [['linear', t('Linear')], ['log2', t('Logarithmic (2)')], ['log10', t('Logarithmic (10)')]] }, group: display, kinds: ['heatmap'] },
    { path: 'view.legend', label: t('Show the scale'), control: SWITCH, group: display, kinds: ['heatmap'] },
    { path: 'view.bucket', label: t('Width of a bucket'), help: t('0: a fitting one is found.'), control: { type: 'number', min: 0 }, group: display, kinds: ['histogram'] },
    { path: 'view.combine', label: t('All series in one'), control: SWITCH, group: display, kinds: ['histogram'] },
    { path: 'view.merge', label: t('Join equal values'), control: SWITCH, group: display, kinds: ['state-timeline'] },
    { path: 'view.steps', label: t('A cell each sample'), control: SWITCH, group: display, kinds: ['state-timeline'] },
    { path: 'view.show_values', label: t('Values in the bars'), control: { type: 'choice', of: [['auto', t('Where there is room')], ['always', t('Always')], ['never', t('Never')]] }, group: display, kinds: ['state-timeline'] },
    { path: 'view.row_height', label: t('Height of bars'), control: { type: 'number', min: 0.1, max: 1, step: 0.1 }, group: display, kinds: ['state-timeline'] },
    ...legendOptions(),
    ...tableOptions(),
  ]
}

/** All that a panel of some kind has, in the order of the form. */
export function optionsOfPanel(kind: Kind, fields: readonly Option[]): Option[] {
  const [about, rest] = [panelOptions().slice(0, 3), panelOptions().slice(3)]
  const all = [...about, ...viewOptions(), ...fields.map((one) => ({ ...one, path: `field.${one.path}` })), ...rest]
  return all.filter(({ kinds }) => kinds === undefined || kinds.includes(kind)).filter(({ path }) => kind !== 'row' || !/^(description|transparent|links)/.test(path))
}
