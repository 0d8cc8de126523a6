/** The one door to the server: adds what a session's call needs, and turns every refusal into an `ApiError`. */

import { connection } from './connection.svelte'
import { t } from './i18n'

export interface FieldProblem {
  pointer: string
  detail: string
}

export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 if no answer came. */
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly code = '',
    readonly requestId = '',
    readonly errors: readonly FieldProblem[] = [],
    /** The whole problem: some have further members that say what a program needs. */
    readonly facts: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail || title)
    this.name = 'ApiError'
  }
}

/** Nothing came back. */
export function noAnswer(): ApiError {
  return new ApiError(0, t('No answer'), t('The server did not answer. It may be restarting, or the network is down.'))
}

/** A list is a parameter given several times. */
type Parameters = Readonly<Record<string, string | number | readonly string[]>>

interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  /** Instead of a body: what is too long for an address. */
  form?: Parameters
  query?: Parameters
  signal?: AbortSignal
  /** The call is about the person, not about an organisation. */
  isPersonal?: boolean
  /** The call is nobody's: without the cookie, even if there is one. */
  isPublic?: boolean
  /** The page may be gone before the answer comes. */
  isParting?: boolean
}

/** What every call carries: `org` follows the address, `csrf` comes with the session; `prove` lets the person prove anew who they are. */
export const credentials = { org: (): string => '', csrf: '', prove: (): Promise<boolean> => Promise.resolve(false) }

/** How far the server's clock is ahead of ours, in ms; charts are drawn by the server's. */
export const clock = { skewMs: 0 }

const SKEW_THAT_MATTERS_MS = 5000

function noteClock(response: Response): void {
  const told = Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(told)) return
  const skew = told - Date.now()
  // The header has whole seconds and travels; a small difference is noise.
  clock.skewMs = Math.abs(skew) > SKEW_THAT_MATTERS_MS ? skew : 0
}

/** The server's time. */
export function serverNow(): number {
  return Date.now() + clock.skewMs
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** An error from a body in either shape: problem details (our own API) or Prometheus'. */
export function errorOf(status: number, body: unknown, requestId: string): ApiError {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const title = text(fields.title) || t('Error {status}', { status })
  const detail = text(fields.detail) || text(fields.error) || t('The server gave no reason.')
  const errors = Array.isArray(fields.errors) ? (fields.errors as FieldProblem[]) : []
  const code = text(fields.code) || text(fields.errorType)
  return new ApiError(status, title, detail, code, text(fields.request_id) || requestId, errors, fields)
}

/** Leave for the sign-in page, to come back here after it. */
function signIn(): void {
  const here = location.pathname + location.search
  location.assign(`/login?next=${encodeURIComponent(here)}`)
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return (await response.json()) as unknown
  } catch {
    return undefined
  }
}

function encoded(parameters: Parameters): URLSearchParams {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => (typeof value === 'object' ? value : [value]).map((one) => [name, String(one)]))
  return new URLSearchParams(pairs)
}

function requestOf({ method = 'GET', body, form, signal, isPersonal = false, isPublic = false, isParting = false }: Call): RequestInit {
  const headers: Record<string, string> = { accept: 'application/json' }
  const org = isPersonal || isPublic ? '' : credentials.org()
  if (org) headers['x-obsv-org'] = org
  if (method !== 'GET' && !isPublic) headers['x-csrf-token'] = credentials.csrf
  if (body !== undefined) headers['content-type'] = 'application/json'
  return {
    method,
    headers,
    credentials: isPublic ? 'omit' : 'same-origin',
    ...(form ? { body: encoded(form) } : body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
    ...(isParting && { keepalive: true }),
  }
}

function addressOf(path: string, query: Call['query']): string {
  if (!query) return path
  return `${path}?${encoded(query).toString()}`
}

/** Call the API; the answer's JSON is trusted to be what the caller names. */
export async function call<T>(path: string, options: Call = {}): Promise<T> {
  let response: Response
  try {
    response = await fetch(addressOf(path, options.query), requestOf(options))
  } catch (cause) {
    if (options.signal?.aborted) throw cause
    connection.lost()
    throw noAnswer()
  }
  connection.found()
  noteClock(response)
  if (response.ok) return (response.status === 204 ? undefined : await bodyOf(response)) as T
  const error = errorOf(response.status, await bodyOf(response), response.headers.get('x-request-id') ?? '')
  if (error.status === 401) signIn()
  // What needs a fresh proof is asked for, then done: the person need not begin again.
  if (error.code.startsWith('step_up') && (await credentials.prove())) return call<T>(path, options)
  throw error
}

interface PrometheusAnswer<T> {
  data: { result: T[] }
}

/** A Prometheus query, over a range or at an instant. */
export async function query<T>(kind: 'query' | 'query_range', parameters: Parameters, signal?: AbortSignal): Promise<T[]> {
  const answer = await call<PrometheusAnswer<T>>(`/api/v1/${kind}`, { query: parameters, ...(signal ? { signal } : {}) })
  return answer.data.result
}
