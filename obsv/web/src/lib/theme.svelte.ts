import { remember, remembered } from './remembered'

export type ThemeChoice = 'system' | 'light' | 'dark'

const KEY = 'obsv-theme'
const systemIsDark = matchMedia('(prefers-color-scheme: dark)')

function stored(): ThemeChoice {
  const value = remembered(KEY)
  return value === 'light' || value === 'dark' ? value : 'system'
}

/** Light or dark: as the system has it, unless the person chose. */
class Theme {
  choice = $state<ThemeChoice>(stored())
  #system = $state(systemIsDark.matches)
  readonly isDark: boolean = $derived(this.choice === 'system' ? this.#system : this.choice === 'dark')

  constructor() {
    systemIsDark.addEventListener('change', (event) => {
      this.#system = event.matches
      this.#apply()
    })
    this.#apply()
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice
    this.#apply()
    remember(KEY, choice === 'system' ? '' : choice)
  }

  /** One attribute says what holds, so that the style sheet has each theme once. */
  #apply(): void {
    document.documentElement.dataset.theme = this.isDark ? 'dark' : 'light'
  }
}

export const theme = new Theme()
