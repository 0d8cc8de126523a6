/** Dashboards that somebody brings: each read, looked at, and kept if they want it. */

import { ApiError, call } from '../../lib/api'
import { t } from '../../lib/i18n'

type Severity = 'info' | 'warning' | 'error'

/** One thing that is not as it was in Grafana; panel 0 is the dashboard itself. */
export interface Note {
  panel: number
  title: string
  severity: Severity
  what: string
}

/** As it is stored: what is as usual is left out. */
interface Stored {
  key: string
  title: string
  folder?: string
  panels?: readonly { view?: { kind?: string } }[]
}

interface Imported {
  dashboard: Stored
  report: Note[]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether it is a document of obsv's own, which needs no translation. */
export function isOwn(document: unknown): document is Stored {
  if (!isObject(document) || typeof document.key !== 'string' || typeof document.title !== 'string') return false
  return Array.isArray(document.panels) && document.panels.every((panel) => isObject(panel) && !('type' in panel))
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

/** A key for one that may not have its own, because it is taken. */
export function besideKey(key: string, attempt: number): string {
  const suffix = `-${attempt}`
  return key.slice(0, 80 - suffix.length) + suffix
}

export class Candidate {
  readonly name: string
  state = $state<'reading' | 'unreadable' | 'ready' | 'saving' | 'taken' | 'refused' | 'saved'>('reading')
  /** Why not, in words. */
  problem = $state('')
  title = $state('')
  folder = $state('')
  report = $state.raw<readonly Note[]>([])
  panels = $state(0)
  placeholders = $state(0)
  /** Where it is once it is kept. */
  key = $state('')
  #dashboard: Stored | undefined

  constructor(name: string) {
    this.name = name
  }

  count(severity: Severity): number {
    return this.report.filter((note) => note.severity === severity).length
  }

  /** Read it, and let the server say what becomes of it; nothing is kept. */
  async read(text: string): Promise<void> {
    try {
      const document: unknown = JSON.parse(text)
      const { dashboard, report } = isOwn(document)
        ? { dashboard: document, report: [] }
        : await call<Imported>('/api/obsv/v1/dashboards/import', { method: 'POST', body: document })
      const kinds = (dashboard.panels ?? []).map(({ view }) => view?.kind).filter((kind) => kind !== 'row')
      this.#dashboard = dashboard
      ;[this.title, this.folder, this.key, this.report] = [dashboard.title, dashboard.folder ?? '', dashboard.key, report]
      ;[this.panels, this.placeholders] = [kinds.length, kinds.filter((kind) => kind === 'placeholder').length]
      this.state = 'ready'
    } catch (cause) {
      this.state = 'unreadable'
      this.problem = cause instanceof SyntaxError ? t('It is not JSON: {why}', { why: cause.message }) : messageOf(cause)
    }
  }

  /** Keep it under its own key. */
  async save(): Promise<void> {
    await this.#keep((dashboard) => call('/api/obsv/v1/dashboards', { method: 'POST', body: { dashboard, message: this.#message } }))
  }

  /** Keep it in place of the one that has its key. */
  async replace(): Promise<void> {
    await this.#keep((dashboard) =>
      call(`/api/obsv/v1/dashboards/${encodeURIComponent(dashboard.key)}`, { method: 'PUT', body: { dashboard, message: this.#message } }),
    )
  }

  /** Keep it under a key that is free. */
  async saveBeside(): Promise<void> {
    const own = this.key
    for (let attempt = 2; attempt < 100; attempt += 1) {
      this.key = besideKey(own, attempt)
      await this.save()
      if (this.state !== 'taken') return
    }
  }

  get #message(): string {
    return t('Imported from {name}', { name: this.name })
  }

  async #keep(keep: (dashboard: Stored) => Promise<unknown>): Promise<void> {
    if (!this.#dashboard) return
    this.state = 'saving'
    try {
      await keep({ ...this.#dashboard, key: this.key, title: this.title.trim() || this.#dashboard.title, folder: this.folder.trim() })
      this.state = 'saved'
    } catch (cause) {
      this.state = cause instanceof ApiError && cause.code === 'key_taken' ? 'taken' : 'refused'
      this.problem = messageOf(cause)
    }
  }
}
