/** Keys of new dashboards. Pure. */

const LONGEST = 60

/** Small letters, digits and hyphens that remind of a title. */
export function keyOf(title: string): string {
  const plain = title.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase()
  const key = plain.replace(/[^a-z0-9]+/g, '-').slice(0, LONGEST).replace(/^-+|-+$/g, '')
  // That is an address of something else.
  return key === 'import' ? 'imported' : key || 'dashboard'
}

/** The same with a number, for a key that is taken. */
export function numbered(key: string, number: number): string {
  return number < 2 ? key : `${key}-${number}`
}
