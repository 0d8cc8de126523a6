/** What people read: the English text is its own key. */

type Values = Readonly<Record<string, string | number>>

function filled(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole))
}

/** A text with `{name}` replaced. */
export function t(text: string, values: Values = {}): string {
  return filled(text, values)
}

/** One text for one thing, another for several: `tn(n, '{n} host', '{n} hosts')`. */
export function tn(n: number, one: string, many: string, values: Values = {}): string {
  return filled(n === 1 ? one : many, { ...values, n })
}
