/** What people read: the English text is its own key, and a catalogue has it in another language. */

type Values = Readonly<Record<string, string | number>>

/** A text of the plural, by the categories of the language. Source: Unicode CLDR, plural rules. */
export type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>

/** The texts of a language by their English ones. */
export type Catalogue = Readonly<Record<string, string | Forms>>

interface Spoken {
  /** A tag such as `de`. */
  language: string
  /** What `Intl` is asked for: the English here is that of Europe, which writes 23 Nov and 14:05. */
  locale: string
  catalogue: Catalogue
  plural: Intl.PluralRules
  decimal: string
  countsTwelve: boolean
}

function spokenIn(language: string, catalogue: Catalogue): Spoken {
  const locale = language === 'en' ? 'en-GB' : language
  const countsTwelve = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions().hour12 ?? false
  return { language, locale, catalogue, plural: new Intl.PluralRules(locale), decimal: (0.5).toLocaleString(locale).charAt(1), countsTwelve }
}

let spoken = spokenIn('en', {})

/** Speak a language from now on; what is on the screen has to be drawn anew. */
export function speak(language: string, catalogue: Catalogue = {}): void {
  spoken = spokenIn(language, catalogue)
}

export function language(): string {
  return spoken.language
}

export function locale(): string {
  return spoken.locale
}

/** Whether the language counts the hours of a day by twelve. */
export function countsTwelve(): boolean {
  return spoken.countsTwelve
}

/** A number that is written with a point already, with the language's own sign. */
export function pointed(number: string): string {
  return spoken.decimal === '.' ? number : number.replace('.', spoken.decimal)
}

function filled(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    if (!Object.hasOwn(values, name)) return whole
    const value = values[name] ?? ''
    return typeof value === 'number' ? pointed(String(value)) : value
  })
}

/** A text with `{name}` replaced. */
export function t(text: string, values: Values = {}): string {
  const told = spoken.catalogue[text]
  return filled(typeof told === 'string' ? told : text, values)
}

/** One text for one thing, another for several: `tn(n, '{n} host', '{n} hosts')`. */
export function tn(n: number, one: string, many: string, values: Values = {}): string {
  const forms = spoken.catalogue[many]
  const told = typeof forms === 'object' ? (forms[spoken.plural.select(n)] ?? forms.other) : undefined
  return filled(told ?? (n === 1 ? one : many), { ...values, n })
}

/**
 * A text of a table that is made when its module loads, which may be before the language is there: the catalogue has
 * it, and whoever shows it says `t(it)`.
 */
export function words<const Text extends string>(text: Text): Text {
  return text
}
