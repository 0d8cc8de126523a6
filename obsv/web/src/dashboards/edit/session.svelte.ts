/** One dashboard being edited: what it is now, what can be undone, and whether the server has it. */

import { ApiError } from '../../lib/api'
import { t } from '../../lib/i18n'
import type { DashboardView } from '../api'
import { openDashboard } from '../api'
import { completeDashboard } from '../complete'
import type { Dashboard, Panel } from '../model'
import { restoreVersion, rivalOf, saveDashboard, type Rival } from './api'
import { draftOf, dropDraft, keepDraft } from './drafts'
import { begun, changed, redone, undone } from './history'

const DRAFT_MS = 300
/** How long saving can be taken back from where it is told. */
const UNDO_MS = 10_000

/** What saving was asked for last. */
interface Wanted {
  document: Dashboard
  message: string
  isWritten: boolean
}

export class EditSession {
  readonly key: string
  readonly draftedAtMs: number | undefined
  #org: string
  #history = $state.raw(begun<Dashboard>(null as unknown as Dashboard))
  #saved = $state.raw<Dashboard>(null as unknown as Dashboard)
  version = $state(0)
  /** What happened to it last, in words. */
  told = $state('')
  /** The version that saving can be taken back to, for some seconds. */
  before = $state<number>()
  busy = $state(false)
  error = $state.raw<ApiError>()
  rival = $state.raw<Rival>()
  #timers: { draft?: ReturnType<typeof setTimeout>; told?: ReturnType<typeof setTimeout> } = {}
  #onsaved: () => void
  #wanted: Wanted | undefined

  readonly dashboard: Dashboard = $derived(this.#history.now)
  readonly canUndo: boolean = $derived(this.#history.past.length > 0)
  readonly canRedo: boolean = $derived(this.#history.future.length > 0)
  readonly isDirty: boolean = $derived(this.#history.now !== this.#saved && JSON.stringify(this.#history.now) !== JSON.stringify(this.#saved))

  constructor(org: string, view: DashboardView, onsaved: () => void) {
    this.key = view.dashboard.key
    this.#org = org
    this.#onsaved = onsaved
    this.#history = begun(view.dashboard)
    this.#saved = view.dashboard
    this.version = view.version
    const draft = draftOf(org, this.key)
    this.draftedAtMs = draft?.atMs
    if (!draft) return
    // What is stored is one "undo" away; and if somebody saved since, saving says so.
    this.#history = changed(this.#history, draft.dashboard)
    this.version = draft.version
  }

  panel(id: number): Panel | undefined {
    return this.dashboard.panels.find((panel) => panel.id === id)
  }

  /** Make it another one; changes of one name that follow each other are undone at once. */
  change(next: Dashboard, name = ''): void {
    this.#history = changed(this.#history, next, name)
    this.#moved()
  }

  setPanel(panel: Panel, name = ''): void {
    this.change({ ...this.dashboard, panels: this.dashboard.panels.map((one) => (one.id === panel.id ? panel : one)) }, name)
  }

  undo(): void {
    this.#history = undone(this.#history)
    this.#moved()
  }

  redo(): void {
    this.#history = redone(this.#history)
    this.#moved()
  }

  /** Back to what is stored; also that can be undone. */
  discard(): void {
    this.change(this.#saved)
    this.#tell(t('Changes discarded'))
  }

  #moved(): void {
    this.error = undefined
    if (this.told) this.#tell('')
    clearTimeout(this.#timers.draft)
    this.#timers.draft = setTimeout(() => this.keep(), DRAFT_MS)
  }

  /** Keep in the browser what is not saved. */
  keep(): void {
    clearTimeout(this.#timers.draft)
    if (this.isDirty) keepDraft(this.#org, this.key, { dashboard: this.dashboard, version: this.version, atMs: Date.now() })
    else dropDraft(this.#org, this.key)
  }

  #tell(text: string, before?: number): void {
    clearTimeout(this.#timers.told)
    this.told = text
    this.before = before
    if (text) this.#timers.told = setTimeout(() => this.#tell(''), UNDO_MS)
  }

  async #doing<T>(does: () => Promise<T>): Promise<T | undefined> {
    if (this.busy) return undefined
    this.busy = true
    this.error = undefined
    this.rival = undefined
    try {
      return await does()
    } catch (cause) {
      const error = cause instanceof ApiError ? cause : new ApiError(0, t('Something went wrong here'), String(cause))
      this.rival = rivalOf(error)
      if (!this.rival) this.error = error
      return undefined
    } finally {
      this.busy = false
    }
  }

  /** Whether it is saved now. */
  async save(message = ''): Promise<boolean> {
    return this.#put({ document: this.dashboard, message, isWritten: false }, this.version)
  }

  /** A document that was written by hand: it counts once the server has taken it. */
  async saveDocument(document: Dashboard): Promise<boolean> {
    return this.#put({ document, message: '', isWritten: true }, this.version)
  }

  /** Over what somebody saved meanwhile. */
  async saveOver(): Promise<void> {
    if (this.rival && this.#wanted) await this.#put(this.#wanted, this.rival.version)
  }

  async #put(wanted: Wanted, from: number): Promise<boolean> {
    const { document, message, isWritten } = (this.#wanted = wanted)
    const saved = await this.#doing(() => saveDashboard(document, from, message))
    if (!saved) return false
    this.#saved = isWritten ? completeDashboard(document) : document
    if (isWritten) this.#history = changed(this.#history, this.#saved)
    this.version = saved.version
    this.keep()
    this.#tell(t('Saved'), saved.is_changed && saved.version > 1 ? saved.version - 1 : undefined)
    this.#onsaved()
    return true
  }

  /** What is stored now instead of one's own changes, which "undo" brings back. */
  async takeStored(): Promise<void> {
    const view = await this.#doing(() => openDashboard(this.key, new AbortController().signal))
    if (!view) return
    this.#saved = view.dashboard
    this.version = view.version
    this.change(view.dashboard)
    this.keep()
    this.#onsaved()
  }

  /** Take the last saving back. */
  async undoSave(): Promise<void> {
    const { before } = this
    if (before === undefined) return
    await this.#doing(() => restoreVersion(this.key, before))
    await this.takeStored()
    this.#tell(t('The version before is back'))
  }

  stop(): void {
    this.keep()
    clearTimeout(this.#timers.told)
  }
}
