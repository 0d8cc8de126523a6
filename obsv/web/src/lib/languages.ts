/** The languages that the cabinet speaks: English, and one file of `words/` each. */

import { language as spoken, speak, type Catalogue } from './i18n'

const FILES = import.meta.glob<Catalogue>(['./words/*.json', '!./words/en.json'], { import: 'default' })

export const LANGUAGES: readonly string[] = ['en', ...Object.keys(FILES).map((path) => path.replace(/^.*\/|\.json$/g, ''))]

/** The first of these tags that the cabinet speaks, be it as the language of another country; else English. */
export function understood(tags: readonly string[]): string {
  const plain = tags.map((tag) => tag.split('-')[0] ?? '')
  return plain.find((tag) => LANGUAGES.includes(tag)) ?? 'en'
}

/** Load the texts of a language and speak it. A file that cannot be had leaves English. */
export async function learn(language: string): Promise<void> {
  const file = FILES[`./words/${language}.json`]
  try {
    const catalogue = await file?.()
    speak(catalogue ? language : 'en', catalogue)
  } catch {
    speak('en')
  }
  document.documentElement.lang = spoken()
}
