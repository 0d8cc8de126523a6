import { call } from './api'
import { learn, understood } from './languages'
import { remember, remembered } from './remembered'
import { theme, type ThemeChoice } from './theme.svelte'
import { known, zone } from './zone.svelte'

/** How a person wants the cabinet. What is empty is left to the browser; the clock, to the language. */
export interface Chosen {
  language: string
  time_zone: string
  clock: '' | '12' | '24'
  theme: '' | ThemeChoice
}

const KEY = 'obsv-language'
const SAID = ['language', 'time_zone', 'clock'] as const

/** What the account says. The language is remembered here too, so that its texts come beside the session, not after it. */
class Preferences {
  chosen = $state.raw<Chosen>({ language: '', time_zone: '', clock: '', theme: '' })
  /** Grows when everything has to be said anew. */
  version = $state(0)
  #language: Promise<void> | undefined
  #wanted = ''

  /** Before anybody is known: as this browser had it last. */
  begin(): Promise<void> {
    return this.#speak(remembered(KEY))
  }

  /** As the account has it, once its texts are here. */
  async follow(chosen: Chosen): Promise<void> {
    remember(KEY, chosen.language)
    await this.#speak(chosen.language)
    const before = this.chosen
    this.chosen = chosen
    ;[zone.chosen, zone.clock] = [known(chosen.time_zone), chosen.clock]
    if (chosen.theme) theme.choose(chosen.theme)
    if (SAID.some((name) => before[name] !== chosen[name])) this.version += 1
  }

  /** Change some of it, here and in the account. */
  async change(wish: Partial<Chosen>): Promise<void> {
    // What is seen at once need not wait for the answer.
    if (wish.theme) theme.choose(wish.theme)
    const body = { ...this.chosen, ...wish }
    await this.follow(await call<Chosen>('/api/obsv/v1/me/preferences', { method: 'PUT', body, isPersonal: true }))
  }

  #speak(chosen: string): Promise<void> {
    const language = understood(chosen ? [chosen] : navigator.languages)
    if (!this.#language || language !== this.#wanted) [this.#wanted, this.#language] = [language, learn(language)]
    return this.#language
  }
}

export const preferences = new Preferences()
