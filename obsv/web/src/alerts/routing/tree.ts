/** The document of a routing, read and changed. Pure: each change is a new document. */

import type { InhibitRule, Interval, Receiver, RouteText, RoutingDocument, Step } from './api'

/** Which of the routes below, from the root on; the root itself has none. */
export type Place = readonly number[]

export function placeOf(text: string): Place {
  return text ? text.split('.').map(Number) : []
}

/** The same as the API points at it. */
export function pointerOf(place: Place): string {
  return ['/route', ...place.map((index) => `routes/${index}`)].join('/')
}

export function routeAt(root: RouteText, place: Place): RouteText | undefined {
  return place.reduce<RouteText | undefined>((route, index) => route?.routes?.[index], root)
}

/** The tree with another list of routes below one of its nodes. */
function withBelow(root: RouteText, place: Place, change: (routes: readonly RouteText[]) => RouteText[]): RouteText {
  const [first, ...rest] = place
  const routes = root.routes ?? []
  if (first === undefined) return { ...root, routes: change(routes) }
  return { ...root, routes: routes.map((one, index) => (index === first ? withBelow(one, rest, change) : one)) }
}

export function withRoute(root: RouteText, place: Place, route: RouteText): RouteText {
  const last = place.at(-1)
  return last === undefined ? route : withBelow(root, place.slice(0, -1), (routes) => routes.map((one, index) => (index === last ? route : one)))
}

/** With one more at the end of those below a node. */
export function withNew(root: RouteText, above: Place, route: RouteText): RouteText {
  return withBelow(root, above, (routes) => [...routes, route])
}

export function withoutRoute(root: RouteText, place: Place): RouteText {
  return withBelow(root, place.slice(0, -1), (routes) => routes.filter((_, index) => index !== place.at(-1)))
}

/** One earlier (-1) or later (1) among its siblings, which are asked in this order. */
export function moved(root: RouteText, place: Place, by: -1 | 1): RouteText {
  const from = place.at(-1) ?? 0
  return withBelow(root, place.slice(0, -1), (routes) => {
    const all = [...routes]
    const taken = all.splice(from, 1)
    all.splice(from + by, 0, ...taken)
    return all
  })
}

/** What a node has that says nothing itself. */
export interface Inherited {
  receiver: string
  groupBy: readonly string[]
  wait: string
  interval: string
  repeat: string
  steps: readonly Step[]
}

const USUAL: Inherited = { receiver: '', groupBy: [], wait: '30s', interval: '5m', repeat: '4h', steps: [] }

/** A text that says something, or else what stands above. */
function or(own: string | undefined, above: string): string {
  return own === undefined || own === '' ? above : own
}

function below(above: Inherited, route: RouteText): Inherited {
  return {
    receiver: or(route.receiver, above.receiver),
    groupBy: route.group_by?.length ? route.group_by : above.groupBy,
    wait: or(route.group_wait, above.wait),
    interval: or(route.group_interval, above.interval),
    repeat: or(route.repeat_interval, above.repeat),
    steps: route.escalate ?? above.steps,
  }
}

/** What holds for a node, with what comes from above. */
export function effective(root: RouteText, place: Place): Inherited {
  let [found, route]: [Inherited, RouteText | undefined] = [below(USUAL, root), root]
  for (const index of place) {
    route = route?.routes?.[index]
    if (route) found = below(found, route)
  }
  return found
}

/** What it has unless it says otherwise; the root has what is usual. */
export function inherited(root: RouteText, place: Place): Inherited {
  return place.length > 0 ? effective(root, place.slice(0, -1)) : USUAL
}

/** Matchers in whichever of the three ways they are written. */
export function matchersOf(exact: Readonly<Record<string, string>> = {}, patterns: Readonly<Record<string, string>> = {}, texts: readonly string[] = []): string[] {
  return [
    ...Object.entries(exact).map(([name, value]) => `${name}=${JSON.stringify(value)}`),
    ...Object.entries(patterns).map(([name, value]) => `${name}=~${JSON.stringify(value)}`),
    ...texts,
  ]
}

export function matchersOfRoute({ match, match_re, matchers }: RouteText): string[] {
  return matchersOf(match, match_re, matchers)
}

export function sourcesOf({ source_match, source_match_re, source_matchers }: InhibitRule): string[] {
  return matchersOf(source_match, source_match_re, source_matchers)
}

export function targetsOf({ target_match, target_match_re, target_matchers }: InhibitRule): string[] {
  return matchersOf(target_match, target_match_re, target_matchers)
}

function walked(root: RouteText): RouteText[] {
  return [root, ...(root.routes ?? []).flatMap(walked)]
}

/** How many routes tell a receiver, at once or when nobody acknowledges. */
export function usesOfReceiver({ route }: RoutingDocument, name: string): number {
  return walked(route).filter(({ receiver, escalate }) => receiver === name || escalate?.some((step) => step.receiver === name)).length
}

/** How many routes name a time interval. */
export function usesOfInterval({ route }: RoutingDocument, name: string): number {
  return walked(route).filter((one) => [...(one.mute_time_intervals ?? []), ...(one.active_time_intervals ?? [])].includes(name)).length
}

function mapped(route: RouteText, change: (route: RouteText) => RouteText): RouteText {
  const own = change(route)
  return own.routes ? { ...own, routes: own.routes.map((one) => mapped(one, change)) } : own
}

/** A list with one of its members changed, or with one more if there is none at that place. */
function put<T>(all: readonly T[], at: number, one: T): T[] {
  return at < all.length ? all.map((old, index) => (index === at ? one : old)) : [...all, one]
}

/** With a receiver changed or added; routes follow to its new name. */
export function withReceiver(document: RoutingDocument, at: number, receiver: Receiver): RoutingDocument {
  const receivers = document.receivers ?? []
  const before = receivers[at]?.name
  const renamed = (name: string): string => (name === before ? receiver.name : name)
  const route = mapped(document.route, (one) => ({
    ...one,
    ...(one.receiver && { receiver: renamed(one.receiver) }),
    ...(one.escalate && { escalate: one.escalate.map((step) => ({ ...step, receiver: renamed(step.receiver) })) }),
  }))
  return { ...document, route, receivers: put(receivers, at, receiver) }
}

/** All time intervals, in whichever of the two lists they are written. */
export function intervalsOf({ time_intervals = [], mute_time_intervals = [] }: RoutingDocument): Interval[] {
  return [...time_intervals, ...mute_time_intervals]
}

/** With an interval changed or added; routes follow to its new name. */
export function withInterval(document: RoutingDocument, at: number, interval: Interval): RoutingDocument {
  const all = intervalsOf(document)
  const before = all[at]?.name
  const renamed = (names: string[]): string[] => names.map((name) => (name === before ? interval.name : name))
  const route = mapped(document.route, (one) => ({
    ...one,
    ...(one.mute_time_intervals && { mute_time_intervals: renamed(one.mute_time_intervals) }),
    ...(one.active_time_intervals && { active_time_intervals: renamed(one.active_time_intervals) }),
  }))
  return { ...document, route, time_intervals: put(all, at, interval), mute_time_intervals: [] }
}

export function withoutInterval(document: RoutingDocument, at: number): RoutingDocument {
  return { ...document, time_intervals: intervalsOf(document).filter((_, index) => index !== at), mute_time_intervals: [] }
}

export function withInhibition(document: RoutingDocument, at: number, rule: InhibitRule): RoutingDocument {
  return { ...document, inhibit_rules: put(document.inhibit_rules ?? [], at, rule) }
}

/** Labels as they are typed: `alertname=DiskFull severity="page"`, with commas, lines or braces as one likes. */
export function labelsOf(text: string): Record<string, string> {
  const found = [...text.matchAll(/([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"{}]+))/g)]
  return Object.fromEntries(found.map(([, name = '', quoted, plain]) => [name, quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '']))
}
