import { describe, expect, it } from 'vitest'
import { SPARK_HEIGHT, sparkPaths } from './spark'

describe('a sparkline', () => {
  it('stands on zero, and a gap is a gap', () => {
    const { line, area } = sparkPaths([1, 0, null, 1], 1)
    expect(line).toBe('M0.0 1.0h0L20.0 19.0M60.0 1.0h0')
    expect(area).toBe(`M0.0 ${SPARK_HEIGHT}V1.0L20.0 19.0V${SPARK_HEIGHT}ZM60.0 ${SPARK_HEIGHT}V1.0V${SPARK_HEIGHT}Z`)
  })

  it('does not make an idle host look busy', () => {
    expect(sparkPaths([0.01, 0.01], 1).line).toBe(sparkPaths([0.02, 0.02], 2).line)
  })

  it('of nothing is nothing', () => {
    expect(sparkPaths([null, null], 1)).toEqual({ line: '', area: '' })
  })
})
