/** Parts of a document by their path, such as `view.legend.show`. Pure. */

type Table = Readonly<Record<string, unknown>>

const asTable = (value: unknown): Table => (typeof value === 'object' && value !== null ? (value as Table) : {})

export function read(whole: unknown, path: string): unknown {
  return path.split('.').reduce((part: unknown, name) => asTable(part)[name], whole)
}

/** The same with another value there; all beside the path stays the same object. */
export function written<T>(whole: T, path: string, value: unknown): T {
  const [name = '', ...rest] = path.split('.')
  const inner = rest.length > 0 ? written(asTable(whole)[name], rest.join('.'), value) : value
  return { ...asTable(whole), [name]: inner } as T
}

/** A list with one item moved by some places. */
export function shifted<T>(list: readonly T[], index: number, by: number): T[] {
  const to = index + by
  const item = list[index]
  if (item === undefined || to < 0 || to >= list.length) return [...list]
  const rest = list.filter((_, at) => at !== index)
  return [...rest.slice(0, to), item, ...rest.slice(to)]
}

export function replaced<T>(list: readonly T[], index: number, item: T): T[] {
  return list.map((one, at) => (at === index ? item : one))
}

export function without<T>(list: readonly T[], index: number): T[] {
  return list.filter((_, at) => at !== index)
}
