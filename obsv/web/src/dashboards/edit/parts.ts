/** The options of a dashboard itself, of its variables and of its annotations. */

import { BEATS } from '../../lib/live.svelte'
import { t } from '../../lib/i18n'
import type { AnnotationQuery, Variable } from '../model'
import { linkOptions, type Option, type Pair } from './options'

const TEXT = { type: 'text' } as const

export function dashboardOptions(): Option[] {
  const [about, time] = [t('About'), t('Time')]
  const beats = Object.keys(BEATS).map((every): Pair => [every, every])
  return [
    { path: 'title', label: t('Title'), control: TEXT, group: about },
    { path: 'description', label: t('Description'), control: { type: 'area' }, group: about },
    { path: 'folder', label: t('Folder'), control: { type: 'folder' }, group: about, placeholder: t('Team/Databases') },
    { path: 'tags', label: t('Tags'), control: { type: 'tags' }, group: about, help: t('With commas between them.') },
    { path: 'time.start', label: t('Time at first, from'), control: TEXT, group: time, placeholder: 'now-1h' },
    { path: 'time.end', label: t('to'), control: TEXT, group: time, placeholder: 'now' },
    { path: 'refresh', label: t('Refresh'), control: { type: 'choice', of: [['', t('As usual')], ...beats] }, group: time },
  ]
}

export function dashboardLinks(): Option[] {
  return [{ path: 'links', label: t('Links'), group: '', control: { type: 'rows', of: linkOptions(), add: t('Add a link'), fresh: () => ({ title: t('Link'), url: '/', new_tab: false, keep_time: true }) } }]
}

export function variableKinds(): Pair[] {
  return [
    ['query', t('Query')],
    ['custom', t('List of values')],
    ['interval', t('Interval')],
    ['text', t('Text field')],
    ['constant', t('Constant')],
    ['filters', t('Filters')],
  ]
}

/** The calls that a variable's query may be, to begin with. */
export const QUERIES: readonly string[] = ['label_values(up, instance)', 'label_values(job)', 'metrics(^node_)', 'label_names()', 'query_result(topk(5, up))']

export function variableOptions(): Option[] {
  const is = (...kinds: Variable['kind'][]) => ({ kind }: Variable): boolean => kinds.includes(kind)
  return [
    { path: 'name', label: t('Name'), control: TEXT, group: '', help: t('In queries and titles: $name. Letters, digits and _.') },
    { path: 'kind', label: t('Kind'), control: { type: 'choice', of: variableKinds() }, group: '' },
    { path: 'label', label: t('Label'), control: TEXT, group: '', placeholder: t('The name') },
    { path: 'description', label: t('Description'), control: TEXT, group: '' },
    { path: 'query', label: t('Query'), control: { type: 'code' }, group: '', when: is('query'), placeholder: QUERIES[0] ?? '', help: t('label_values(selector, label), metrics(pattern), label_names(), query_result(expression), or a selector. Other variables may stand in it.') },
    { path: 'query', label: t('Value'), control: TEXT, group: '', when: is('constant', 'text') },
    { path: 'regex', label: t('Pattern'), control: TEXT, group: '', when: is('query'), help: t('What is taken of each value: the first group, or those named value and text.') },
    { path: 'sort', label: t('Sorted'), group: '', when: is('query'), control: { type: 'choice', of: [['natural-asc', t('Naturally')], ['natural-desc', t('Naturally, backwards')], ['asc', t('By letters')], ['desc', t('By letters, backwards')], ['number-asc', t('By number')], ['number-desc', t('By number, backwards')], ['', t('As it comes')]] } },
    { path: 'options', label: t('Values'), group: '', when: is('custom', 'interval'), control: { type: 'rows', add: t('Add a value'), fresh: () => ({ value: '', text: '' }), of: [{ path: 'value', label: t('Value'), control: TEXT, group: '' }, { path: 'text', label: t('Shown as'), control: TEXT, group: '' }] } },
    { path: 'multi', label: t('Several can be chosen'), control: { type: 'switch' }, group: '', when: is('query', 'custom') },
    { path: 'all', label: t('All can be chosen'), control: { type: 'switch' }, group: '', when: is('query', 'custom') },
    { path: 'all_value', label: t('All stands for'), control: TEXT, group: '', when: ({ all }: Variable) => all, placeholder: t('Each value') },
    { path: 'value', label: t('Chosen at first'), control: { type: 'tags' }, group: '', help: t('With commas between them; $__all for all.'), when: is('query', 'custom', 'interval', 'text', 'filters') },
    { path: 'refresh', label: t('Loaded anew'), group: '', when: is('query'), control: { type: 'choice', of: [['load', t('With the dashboard')], ['time', t('With each time range')]] } },
    { path: 'hide', label: t('Hidden'), group: '', control: { type: 'choice', of: [['', t('No')], ['label', t('Its label')], ['variable', t('All of it')]] } },
  ]
}

export function annotationOptions(): Option[] {
  const is = (source: AnnotationQuery['source']) => (one: AnnotationQuery): boolean => one.source === source
  return [
    { path: 'name', label: t('Name'), control: TEXT, group: '' },
    { path: 'source', label: t('Marks'), group: '', control: { type: 'choice', of: [['events', t('Events, such as deploys')], ['expression', t('Where a query is not 0')], ['alerts', t('Alert states')], ['incidents', t('Incidents')]] } },
    { path: 'tags', label: t('With all of these tags'), control: { type: 'tags' }, group: '', when: is('events') },
    { path: 'matchers', label: t('With all of these labels'), help: t('Matchers such as team="web", with commas between them.'), control: { type: 'tags' }, group: '', when: is('alerts') },
    { path: 'expr', label: t('Query'), control: { type: 'promql' }, group: '', when: is('expression') },
    { path: 'title', label: t('Title'), control: TEXT, group: '', when: is('expression'), placeholder: '{{instance}}' },
    { path: 'color', label: t('Colour'), control: { type: 'colour' }, group: '' },
    { path: 'enabled', label: t('Shown'), control: { type: 'switch' }, group: '' },
  ]
}

export function newVariable(taken: readonly Variable[]): Variable {
  const names = new Set(taken.map(({ name }) => name))
  const name = Array.from({ length: taken.length + 1 }, (_, index) => `variable${index + 1}`).find((one) => !names.has(one)) ?? 'variable'
  return { name, kind: 'query', label: '', description: '', query: '', regex: '', options: [], sort: 'natural-asc', multi: false, all: false, all_value: '', value: [], refresh: 'load', hide: '' }
}

export function newAnnotation(): AnnotationQuery {
  return { name: t('Deploys'), source: 'events', tags: ['deploy'], matchers: [], expr: '', title: '', color: '', enabled: true }
}
