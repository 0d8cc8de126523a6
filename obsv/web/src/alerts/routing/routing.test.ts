import { describe, expect, it } from 'vitest'
import { ApiError } from '../../lib/api'
import type { RouteText, RoutingDocument } from './api'
import { draftOf, routeOf, spanDraftOf, spanOf } from './draft'
import { effective, inherited, intervalsOf, labelsOf, matchersOfRoute, moved, pointerOf, routeAt, usesOfInterval, usesOfReceiver, withInterval, withNew, withoutRoute, withReceiver, withRoute } from './tree'
import { daysOf, hoursOf, rangesOf, spanWords, timesOf, told } from './words'

const ROOT: RouteText = {
  receiver: 'team',
  group_by: ['alertname'],
  routes: [
    { matchers: ['a="1"'], receiver: 'web', escalate: [{ after: '15m', receiver: 'lead' }], routes: [{ matchers: ['b="2"'], group_wait: '1m', mute_time_intervals: ['nights'] }] },
    { match: { c: '3' }, match_re: { d: 'x|y' }, escalate: [] },
  ],
}
const DOCUMENT: RoutingDocument = { route: ROOT, receivers: [{ name: 'team' }, { name: 'web' }, { name: 'lead' }], mute_time_intervals: [{ name: 'nights' }] }

describe('the tree', () => {
  it('is read by places', () => {
    expect(routeAt(ROOT, [0, 0])?.group_wait).toBe('1m')
    expect(routeAt(ROOT, [2])).toBeUndefined()
    expect([pointerOf([]), pointerOf([0, 1])]).toEqual(['/route', '/route/routes/0/routes/1'])
  })
  it('hands down what a route does not say', () => {
    expect(effective(ROOT, [0, 0])).toEqual({ receiver: 'web', groupBy: ['alertname'], wait: '1m', interval: '5m', repeat: '4h', steps: [{ after: '15m', receiver: 'lead' }] })
    expect(inherited(ROOT, [0, 0]).wait).toBe('30s')
    expect(effective(ROOT, [1]).steps).toEqual([])
  })
  it('is changed in one place alone', () => {
    expect(routeAt(withRoute(ROOT, [0, 0], { receiver: 'x' }), [0, 0])).toEqual({ receiver: 'x' })
    expect(routeAt(withNew(ROOT, [0], { receiver: 'x' }), [0, 1])).toEqual({ receiver: 'x' })
    expect(withoutRoute(ROOT, [0]).routes).toEqual([ROOT.routes?.[1]])
    expect(moved(ROOT, [0], 1).routes).toEqual(ROOT.routes?.toReversed())
    expect(withRoute(ROOT, [], { receiver: 'x' })).toEqual({ receiver: 'x' })
  })
  it('tells matchers in one way, whichever they are written in', () => {
    expect(matchersOfRoute(ROOT.routes?.[1] ?? {})).toEqual(['c="3"', 'd=~"x|y"'])
  })
  it('follows to new names', () => {
    const renamed = withReceiver(DOCUMENT, 2, { name: 'boss' })
    expect(renamed.route.routes?.[0]?.escalate).toEqual([{ after: '15m', receiver: 'boss' }])
    expect([usesOfReceiver(renamed, 'lead'), usesOfReceiver(renamed, 'boss'), usesOfReceiver(renamed, 'team')]).toEqual([0, 1, 1])
    const evening = withInterval(DOCUMENT, 0, { name: 'evenings' })
    expect([usesOfInterval(evening, 'evenings'), usesOfInterval(evening, 'nights')]).toEqual([1, 0])
    expect(intervalsOf(withInterval(evening, Infinity, { name: 'days' })).map(({ name }) => name)).toEqual(['evenings', 'days'])
  })
})

describe('a form', () => {
  it('gives the route that it was made from', () => {
    const route = { ...ROOT.routes?.[0], group_by: ['x', 'y'], group_wait: '', group_interval: '', repeat_interval: '', mute_time_intervals: [], active_time_intervals: ['days'], continue: true }
    expect(routeOf(draftOf(route), route)).toEqual(route)
    expect(routeOf(draftOf({}), {}).escalate).toBeNull()
  })
  it('gives the span that it was made from', () => {
    const span = { times: [{ start_time: '08:00', end_time: '24:00' }], weekdays: ['sunday:tuesday', 'friday'], days_of_month: ['1:7', '-1'], months: ['may:august'], years: ['2026'], location: 'Europe/Berlin' }
    expect(spanOf(spanDraftOf(span))).toEqual(span)
  })
})

describe('words', () => {
  it('tell a span', () => {
    expect(spanWords({ times: [{ start_time: '22:00', end_time: '24:00' }], weekdays: ['monday:friday'], location: 'Europe/Berlin' })).toBe('Mon–Fri · 22:00–24:00 · Europe/Berlin')
    expect(spanWords({})).toBe('every day · all day · UTC')
    expect(spanWords({ days_of_month: ['1:7', '-1'], months: ['may:8'] })).toBe('days 1–7, the last of the month · May–Aug · all day · UTC')
  })
  it('read days and hours', () => {
    expect(daysOf(['saturday:saturday', 'sunday:monday'])).toEqual(['monday', 'saturday', 'sunday'])
    expect(rangesOf(['monday', 'tuesday', 'sunday', 'friday'])).toEqual(['sunday:tuesday', 'friday'])
    expect(timesOf('22-6:30, 12:00–13:00')).toEqual([
      { start_time: '22:00', end_time: '24:00' },
      { start_time: '00:00', end_time: '06:30' },
      { start_time: '12:00', end_time: '13:00' },
    ])
    expect(hoursOf(timesOf('22-6:30, 12:00–13:00'), '-')).toBe('22:00-06:30, 12:00-13:00')
    expect(timesOf('20:00-00:00')).toEqual([{ start_time: '20:00', end_time: '24:00' }])
  })
  it('read labels however they are typed', () => {
    expect(labelsOf('{alertname="Disk \\"full\\"", severity=page}\nteam = web')).toEqual({ alertname: 'Disk "full"', severity: 'page', team: 'web' })
    expect(labelsOf('nothing')).toEqual({})
  })
  it('say what is wrong by the name of its part', () => {
    const error = new ApiError(422, 'Invalid', 'all', 'bad_routing', 'r', [{ pointer: '/route/routes/0/matchers/0', detail: 'is bad' }])
    expect(told(error).detail).toBe('matchers is bad')
  })
})
