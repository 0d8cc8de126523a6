/** The units by id. Pure. */

import units from 'virtual:units'

/** How values of a unit are written; the fields are those of `obsv/dashboards/units.py`. */
export interface Unit {
  kind:
    | 'number'
    | 'short'
    | 'si'
    | 'iec'
    | 'count'
    | 'steps'
    | 'percent'
    | 'locale'
    | 'scientific'
    | 'hex'
    | 'text'
    | 'bool'
    | 'time'
    | 'duration'
    | 'clock'
    | 'date'
    | 'currency'
  prefix?: string
  suffix?: string
  power?: number
  factor?: number
  seconds?: number
  days?: boolean
  letters?: boolean
  base?: number
  steps?: readonly string[]
  style?: 'iso' | 'us' | 'local' | 'system' | 'relative' | 'pattern'
  today?: 'time'
  pattern?: string
  yes?: string
  no?: string
}

const POWERS: Readonly<Record<string, number>> = { f: -5, p: -4, n: -3, µ: -2, μ: -2, m: -1, k: 1, M: 2, G: 3, T: 4, P: 5, E: 6 }
const PLAIN: Unit = { kind: 'si' }
const made = new Map<string, Unit>()

/** A unit that says itself what it is: `suffix:req`, `si:mV`, `time:YYYY-MM-DD`; or a suffix. */
function make(id: string): Unit {
  const colon = id.indexOf(':')
  const rest = id.slice(colon + 1)
  switch (colon < 0 ? '' : id.slice(0, colon)) {
    case 'suffix':
      return { kind: 'number', suffix: rest }
    case 'prefix':
      return { kind: 'number', prefix: rest }
    case 'count':
      return { kind: 'count', suffix: rest }
    case 'currency':
      return { kind: 'currency', prefix: rest }
    case 'time':
      return { kind: 'date', style: 'pattern', pattern: rest }
    case 'si': {
      const power = POWERS[rest.charAt(0)] ?? 0
      return { kind: 'si', suffix: power ? rest.slice(1) : rest, power }
    }
    case 'bool': {
      const [yes = '', no = '-'] = rest.split('/')
      return { kind: 'bool', yes, no }
    }
    default:
      return { kind: 'number', suffix: id }
  }
}

/** The unit of an id; numbers without one are short. */
export function unitOf(id: string | null): Unit {
  if (!id) return PLAIN
  const known = (units[id] as Unit | undefined) ?? made.get(id)
  if (known) return known
  const unit = make(id)
  made.set(id, unit)
  return unit
}
