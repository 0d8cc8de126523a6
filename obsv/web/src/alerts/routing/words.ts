/** How routes and time intervals are told. Pure but for the language. */

import type { ApiError } from '../../lib/api'
import { locale, t, tn } from '../../lib/i18n'
import type { Inherited } from './tree'
import type { RouteText, Span } from './api'

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const
const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'] as const
/** A Sunday. */
const SUNDAY_MS = Date.UTC(2023, 0, 1, 12)
const DAY_MS = 86_400_000

/** The week as its days are chosen, Monday first. */
export const WEEK: readonly string[] = [...DAYS.slice(1), 'sunday']

export function dayName(day: string): string {
  const index = DAYS.findIndex((one) => one === day.trim().toLowerCase())
  return index < 0 ? day : new Intl.DateTimeFormat(locale(), { weekday: 'short', timeZone: 'UTC' }).format(SUNDAY_MS + index * DAY_MS)
}

function monthName(month: string): string {
  const word = month.trim().toLowerCase()
  const index = /^\d+$/.test(word) ? Number(word) - 1 : MONTHS.findIndex((one) => one === word)
  return MONTHS[index] === undefined ? month : new Intl.DateTimeFormat(locale(), { month: 'short', timeZone: 'UTC' }).format(Date.UTC(2023, index, 15))
}

function monthDay(text: string): string {
  const day = Number(text)
  if (day >= 0 || Number.isNaN(day)) return text
  return day === -1 ? t('the last') : t('the {n} before the end', { n: String(-day) })
}

/** `a:b` as "a–b", each end in words. */
function ranged(texts: readonly string[], word: (text: string) => string): string {
  return texts.map((text) => [...new Set(text.split(':').map(word))].join('–')).join(', ')
}

/** When a span holds: "Mon–Fri, 22:00–24:00, Europe/Berlin". */
export function spanWords({ times = [], weekdays = [], days_of_month = [], months = [], years = [], location = '' }: Span): string {
  const parts = [
    weekdays.length > 0 ? ranged(weekdays, dayName) : days_of_month.length === 0 ? t('every day') : '',
    days_of_month.length > 0 ? t('days {days} of the month', { days: ranged(days_of_month, monthDay) }) : '',
    ranged(months, monthName),
    ranged(years, (year) => year),
    times.length > 0 ? hoursOf(times, '–') : t('all day'),
    location || 'UTC',
  ]
  return parts.filter(Boolean).join(' · ')
}

/** The days of a week that ranges name. */
export function daysOf(texts: readonly string[]): string[] {
  const found = texts.flatMap((text) => {
    const [from = -1, to = from] = text.split(':').map((one) => DAYS.findIndex((day) => day === one.trim().toLowerCase()))
    return DAYS.slice(from, to + 1)
  })
  return WEEK.filter((day) => found.some((one) => one === day))
}

/** Days as ranges, as few as there can be. Sunday comes first in a range. */
export function rangesOf(days: readonly string[]): string[] {
  const out: string[][] = []
  for (const day of DAYS.filter((one) => days.includes(one))) {
    const last = out.at(-1)
    if (last && DAYS.findIndex((one) => one === last.at(-1)) + 1 === DAYS.indexOf(day)) last.push(day)
    else out.push([day])
  }
  return out.map((run) => (run.length > 1 ? `${run[0] ?? ''}:${run.at(-1) ?? ''}` : (run[0] ?? '')))
}

/** Hours as they are typed, "22:00-06:00, 12-13", in spans that none goes over midnight. */
export function timesOf(text: string): { start_time: string; end_time: string }[] {
  return text.split(',').filter((one) => one.trim()).flatMap((one) => {
    const [start_time = '', end_time = ''] = one.trim().split(/\s*[-–]\s*/).map(clockOf)
    const end = end_time === '00:00' ? '24:00' : end_time
    if (start_time < end || !end) return [{ start_time, end_time: end }]
    return [{ start_time, end_time: '24:00' }, { start_time: '00:00', end_time: end }]
  })
}

/** The same as a text: what stops at midnight and goes on from there is one span. */
export function hoursOf(times: readonly { start_time: string; end_time: string }[], dash: string): string {
  const [late, early] = [times.find(({ start_time, end_time }) => end_time === '24:00' && start_time !== '00:00'), times.find(({ start_time, end_time }) => start_time === '00:00' && end_time !== '24:00')]
  const all = late && early ? times.flatMap((one) => (one === late ? [{ ...late, end_time: early.end_time }] : one === early ? [] : [one])) : times
  return all.map(({ start_time, end_time }) => `${start_time}${dash}${end_time}`).join(', ')
}

function clockOf(text: string): string {
  const [, hours, minutes = '00'] = /^(\d{1,2})(?::?(\d\d))?$/.exec(text) ?? []
  return hours === undefined ? text : `${hours.padStart(2, '0')}:${minutes}`
}

/** The names in a text, between commas or blanks. */
export function namesOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean)
}

export function groupWords(labels: readonly string[]): string {
  if (labels.length === 0) return t('all together')
  return labels.includes('...') ? t('each alert alone') : t('together by {labels}', { labels: labels.join(', ') })
}

export function stepWords(steps: readonly { after: string; receiver: string }[]): string {
  return steps.map(({ after, receiver }) => t('{receiver} after {time}', { receiver, time: after })).join(', ')
}

/** What a route says itself; the root also what is usual. */
export function routeWords(route: RouteText, all: Inherited, isRoot: boolean): string[] {
  const { mute_time_intervals: mute = [], active_time_intervals: active = [], escalate } = route
  return [
    isRoot || route.group_by?.length ? groupWords(all.groupBy) : '',
    isRoot || route.group_wait ? t('waits {time}', { time: all.wait }) : '',
    isRoot || route.group_interval ? t('news every {time}', { time: all.interval }) : '',
    isRoot || route.repeat_interval ? t('again after {time}', { time: all.repeat }) : '',
    mute.length > 0 ? t('quiet: {names}', { names: mute.join(', ') }) : '',
    active.length > 0 ? t('only: {names}', { names: active.join(', ') }) : '',
    escalate?.length ? t('if nobody acknowledges: {steps}', { steps: stepWords(escalate) }) : escalate && !isRoot ? t('does not escalate') : '',
  ].filter(Boolean)
}

export function usesWords(uses: number): string {
  return uses === 0 ? t('no route names it') : tn(uses, '{n} route', '{n} routes')
}

/** What is wrong with a routing, each with its part's name alone: the form is about the rest of its place. */
export function told({ title, detail, errors, requestId }: ApiError): { title: string; detail: string; requestId: string } {
  const said = errors.map(({ pointer, detail: one }) => `${pointer.split('/').findLast((part) => part && !/^\d+$/.test(part)) ?? ''} ${one}`.trim())
  return { title, detail: [...new Set(said)].join('; ') || detail, requestId }
}

/** Lines that are not empty. */
export function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trim()).filter(Boolean)
}
