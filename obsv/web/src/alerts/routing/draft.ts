/** A route and a time interval as their forms have them, and back. Pure. */

import type { Interval, RouteText, Span, Step } from './api'
import { matchersOfRoute } from './tree'
import { daysOf, hoursOf, linesOf, namesOf, rangesOf, timesOf } from './words'

export interface RouteDraft {
  matchers: string
  receiver: string
  groupBy: string
  wait: string
  interval: string
  repeat: string
  mute: string[]
  active: string[]
  goesOn: boolean
  hasOwnSteps: boolean
  steps: Step[]
}

export function draftOf(route: RouteText): RouteDraft {
  return {
    matchers: matchersOfRoute(route).join('\n'),
    receiver: route.receiver ?? '',
    groupBy: (route.group_by ?? []).join(', '),
    wait: route.group_wait ?? '',
    interval: route.group_interval ?? '',
    repeat: route.repeat_interval ?? '',
    mute: [...(route.mute_time_intervals ?? [])],
    active: [...(route.active_time_intervals ?? [])],
    goesOn: route.continue ?? false,
    hasOwnSteps: Array.isArray(route.escalate),
    steps: (route.escalate ?? []).map((step) => ({ ...step })),
  }
}

/** The route that a form describes, with what stands below the one that it changes. */
export function routeOf(draft: RouteDraft, { routes = [] }: RouteText): RouteText {
  return {
    matchers: linesOf(draft.matchers),
    receiver: draft.receiver,
    group_by: namesOf(draft.groupBy),
    group_wait: draft.wait.trim(),
    group_interval: draft.interval.trim(),
    repeat_interval: draft.repeat.trim(),
    mute_time_intervals: draft.mute,
    active_time_intervals: draft.active,
    continue: draft.goesOn,
    escalate: draft.hasOwnSteps ? draft.steps.map(({ after, receiver }) => ({ after: after.trim(), receiver })) : null,
    routes,
  }
}

export interface SpanDraft {
  times: string
  days: string[]
  monthDays: string
  months: string
  years: string
  zone: string
}

export function freshSpan(zone: string): SpanDraft {
  return { times: '22:00-06:00', days: [], monthDays: '', months: '', years: '', zone }
}

export function spanDraftOf({ times = [], weekdays = [], days_of_month = [], months = [], years = [], location = '' }: Span): SpanDraft {
  return {
    times: hoursOf(times, '-'),
    days: daysOf(weekdays),
    monthDays: days_of_month.join(', '),
    months: months.join(', '),
    years: years.join(', '),
    zone: location || 'UTC',
  }
}

export function spanOf({ times, days, monthDays, months, years, zone }: SpanDraft): Span {
  return {
    times: timesOf(times),
    weekdays: days.length < 7 ? rangesOf(days) : [],
    days_of_month: namesOf(monthDays),
    months: namesOf(months),
    years: namesOf(years),
    location: zone.trim() === 'UTC' ? '' : zone.trim(),
  }
}

export function intervalOf(name: string, spans: readonly SpanDraft[]): Interval {
  return { name: name.trim(), time_intervals: spans.map(spanOf) }
}
