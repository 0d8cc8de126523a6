/** How values are shown: the options of a field, for a panel and for its overrides. */

import { t } from '../../lib/i18n'
import type { Mapping, View } from '../model'
import { linkOptions, type Control, type Option } from './options'

type Kind = View['kind']

const LINES: readonly Kind[] = ['timeseries']
const NUMBERS: readonly Kind[] = ['timeseries', 'stat', 'gauge', 'bargauge', 'table', 'heatmap', 'histogram', 'state-timeline', 'pie']
const COLOURED: readonly Kind[] = ['timeseries', 'stat', 'gauge', 'bargauge', 'table', 'state-timeline', 'pie', 'histogram']
const TABLE: readonly Kind[] = ['table']
const SWITCH: Control = { type: 'switch' }
const TEXT: Control = { type: 'text' }

const choice = (...of: (readonly [string, string])[]): Control => ({ type: 'choice', of: [['', t('As usual')], ...of] })

function mappings(): Control {
  const is = (...kinds: Mapping['kind'][]) => ({ kind }: Mapping): boolean => kinds.includes(kind)
  return {
    type: 'rows',
    add: t('Add a mapping'),
    fresh: () => ({ kind: 'value', value: '', low: null, high: null, text: '', color: '' }),
    of: [
      { path: 'kind', label: t('Where it is'), group: '', control: { type: 'choice', of: [['value', t('Value')], ['range', t('Range')], ['regex', t('Pattern')], ['special', t('Special')]] } },
      { path: 'value', label: t('Value'), control: TEXT, group: '', when: is('value', 'regex') },
      { path: 'value', label: t('Value'), group: '', when: is('special'), control: { type: 'choice', of: [['null', t('Nothing')], ['nan', 'NaN'], ['null+nan', t('Nothing or NaN')], ['true', t('True')], ['false', t('False')], ['empty', t('Empty text')]] } },
      { path: 'low', label: t('From'), control: { type: 'number' }, group: '', when: is('range'), none: null },
      { path: 'high', label: t('To'), control: { type: 'number' }, group: '', when: is('range'), none: null },
      { path: 'text', label: t('Shown as'), control: TEXT, group: '' },
      { path: 'color', label: t('Colour'), control: { type: 'colour' }, group: '' },
    ],
  }
}

function thresholds(): Control {
  return {
    type: 'rows',
    add: t('Add a threshold'),
    fresh: () => ({ value: null, color: 'ok' }),
    of: [
      { path: 'value', label: t('From'), control: { type: 'number' }, placeholder: t('Base'), group: '', none: null },
      { path: 'color', label: t('Colour'), control: { type: 'colour' }, group: '' },
    ],
  }
}

function lineFields(): Option[] {
  const group = t('Lines and axes')
  const of = (path: string, label: string, control: Control, more: Partial<Option> = {}): Option => ({ path, label, control, group, kinds: LINES, ...more })
  return [
    of('draw', t('Draw'), choice(['line', t('Lines')], ['bars', t('Bars')], ['points', t('Points')])),
    of('line', t('Line'), choice(['linear', t('Straight')], ['smooth', t('Smooth')], ['step-after', t('Steps after')], ['step-before', t('Steps before')])),
    of('width', t('Line width'), { type: 'number', min: 0, max: 10, step: 0.5 }),
    of('fill', t('Fill (percent)'), { type: 'number', min: 0, max: 100 }),
    of('dash', t('Dashes'), { type: 'numbers' }, { placeholder: '8, 4' }),
    of('points', t('Points'), choice(['auto', t('Automatic')], ['always', t('Always')], ['never', t('Never')])),
    of('point_size', t('Point size'), { type: 'number', min: 1, max: 40 }),
    of('stack', t('Stack'), choice(['none', t('No')], ['normal', t('Yes')], ['percent', t('To 100 percent')])),
    of('stack_group', t('Stack group'), TEXT),
    of('gaps', t('Gaps'), choice(['gap', t('Stay open')], ['connect', t('Are bridged')])),
    of('gap_over', t('Gap over'), TEXT, { placeholder: '5m' }),
    of('negate', t('Below zero'), SWITCH),
    of('fill_below', t('Fill down to series'), TEXT),
    of('axis', t('Axis'), choice(['auto', t('Automatic')], ['left', t('Left')], ['right', t('Right')], ['hidden', t('Hidden')])),
    of('axis_label', t('Axis label'), TEXT),
    of('scale', t('Scale'), choice(['linear', t('Linear')], ['log2', t('Logarithmic (2)')], ['log10', t('Logarithmic (10)')], ['symlog', t('Symmetric logarithmic')])),
    of('soft_min', t('At least from'), { type: 'number' }),
    of('soft_max', t('At least to'), { type: 'number' }),
    of('center_zero', t('Zero in the middle'), SWITCH),
    of('threshold_marks', t('Thresholds'), choice(['none', t('Not shown')], ['line', t('Lines')], ['dashed', t('Dashed lines')], ['area', t('Areas')], ['line+area', t('Lines and areas')])),
    of('hide_from', t('Hide from'), { type: 'many', of: [['chart', t('Chart')], ['legend', t('Legend')], ['tooltip', t('Tooltip')]] }),
  ]
}

/** In the order of the form; what is empty is as elsewhere. */
export function fieldOptions(): Option[] {
  const values = t('Values')
  const all: Option[] = [
    { path: 'unit', label: t('Unit'), control: { type: 'unit' }, group: values, kinds: NUMBERS },
    { path: 'decimals', label: t('Decimals'), control: { type: 'number', min: 0, max: 15 }, placeholder: t('Automatic'), group: values, kinds: NUMBERS },
    { path: 'min', label: t('Min'), control: { type: 'number' }, placeholder: t('Automatic'), group: values, kinds: NUMBERS },
    { path: 'max', label: t('Max'), control: { type: 'number' }, placeholder: t('Automatic'), group: values, kinds: NUMBERS },
    { path: 'name', label: t('Name'), control: TEXT, group: values, kinds: NUMBERS },
    { path: 'no_value', label: t('Shown for no value'), control: TEXT, placeholder: '–', group: values, kinds: NUMBERS },
    { path: 'color', label: t('Colour'), control: { type: 'colour' }, group: values, kinds: COLOURED },
    { path: 'thresholds', label: t('Thresholds'), control: thresholds(), group: t('Thresholds'), kinds: COLOURED },
    { path: 'thresholds_are', label: t('Thresholds are'), control: choice(['absolute', t('Values')], ['percent', t('Percent of the range')]), group: t('Thresholds'), kinds: COLOURED },
    { path: 'mappings', label: t('Mappings'), control: mappings(), group: t('Mappings'), kinds: COLOURED },
    ...lineFields(),
    { path: 'cell', label: t('Cell'), group: t('Cells'), kinds: TABLE, control: choice(['text', t('Text')], ['color-text', t('Coloured text')], ['color-background', t('Coloured background')], ['gauge', t('Gauge')], ['sparkline', t('Line')], ['json', 'JSON']) },
    { path: 'align', label: t('Align'), group: t('Cells'), kinds: TABLE, control: choice(['auto', t('Automatic')], ['left', t('Left')], ['center', t('Middle')], ['right', t('Right')]) },
    { path: 'column_width', label: t('Column width'), control: { type: 'number', min: 20, max: 2000 }, group: t('Cells'), kinds: TABLE },
    { path: 'filterable', label: t('Can be filtered'), control: SWITCH, group: t('Cells'), kinds: TABLE },
    { path: 'hidden', label: t('Hidden'), control: SWITCH, group: t('Cells'), kinds: TABLE },
    { path: 'links', label: t('Links of values'), group: t('Links of values'), kinds: NUMBERS, control: { type: 'rows', of: linkOptions(), add: t('Add a link'), fresh: () => ({ title: t('Link'), url: '/', new_tab: false, keep_time: true }) } },
  ]
  return all.map((one) => ({ ...one, none: null }))
}
