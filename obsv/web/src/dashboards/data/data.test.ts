import { describe, expect, it } from 'vitest'
import { completePanel } from '../complete'
import { csvOf, jsonOf } from './export'
import { merged, missing, type Kept } from './merge'
import { seriesName } from './names'
import { planOf } from './plan'
import { answerOf } from './source'
import type { Answer, Ask, PanelData, RawSeries } from './types'

const span = { fromMs: 1_000_000_000, toMs: 1_003_600_000 }
const scope = new Map([['job', { values: ['x'], isSeveral: false }]])

describe('a plan', () => {
  const panel = completePanel({ id: 1, queries: [{ expr: 'rate(up{job="$job"}[$__interval])' }, { ref: 'B', expr: 'up', at: 'both', step: '5m' }, { ref: 'C', expr: 'up', hidden: true }] })

  it('asks on the grid of each step, with all in place of variables', () => {
    const { asks, stepS } = planOf(panel, span, 600, scope, ['a="b"'])
    expect(stepS).toBe(10)
    expect(asks).toEqual([
      { ref: 'A', at: 'range', expr: 'rate(up{a="b",job="x"}[10s])', startS: 1_000_000, endS: 1_003_600, stepS: 10 },
      { ref: 'B', at: 'range', expr: 'up{a="b"}', startS: 1_000_200, endS: 1_003_500, stepS: 300 },
      { ref: 'B', at: 'instant', expr: 'up{a="b"}', startS: 1_003_600, endS: 1_003_600, stepS: 300 },
    ])
  })

  it('may have a time of its own', () => {
    const own = planOf(completePanel({ id: 1, last: '10m', shift: '1h' }), span, 600, scope)
    expect(own.span).toEqual({ fromMs: span.toMs - 4_200_000, toMs: span.toMs - 3_600_000 })
  })
})

describe('live answers', () => {
  const ask: Ask = { ref: 'A', expr: 'up', at: 'range', startS: 0, endS: 600, stepS: 60 }
  const series = (labels: Record<string, string>, times: number[], value: number): RawSeries => ({ labels, times, values: times.map(() => value), histograms: [] })
  const kept: Kept = { ask, answer: { series: [series({ a: '1' }, [0, 60, 540, 600], 1), series({ a: '2' }, [0], 1)], notices: [] }, wholeAtMs: 0 }
  const later: Ask = { ...ask, startS: 60, endS: 660 }

  it('miss only their end', () => {
    expect(missing(kept, later, 1000)).toEqual({ ...later, startS: 480 })
    expect(missing(kept, ask, 1000)).toBeNull()
    expect(missing(undefined, ask, 1000)).toEqual(ask)
    expect(missing(kept, later, 600_000)).toEqual(later)
    expect(missing(kept, { ...later, expr: 'down' }, 1000)).toMatchObject({ startS: 60 })
    expect(missing({ ...kept, ask: { ...ask, expr: 'x @ end()' } }, { ...later, expr: 'x @ end()' }, 1000)).toMatchObject({ startS: 60 })
  })

  it('are put together, and lose what fell out', () => {
    const tail: Answer = { series: [series({ a: '1' }, [480, 660], 2), series({ a: '3' }, [660], 2)], notices: ['new'] }
    expect(merged(kept, later, 480, tail)).toEqual({
      series: [
        { labels: { a: '1' }, times: [60, 480, 660], values: [1, 2, 2], histograms: [] },
        { labels: { a: '3' }, times: [660], values: [2], histograms: [] },
      ],
      notices: ['new'],
    })
  })

  it('are read from what Prometheus says', () => {
    const matrix = { resultType: 'matrix' as const, result: [{ metric: { a: '1' }, values: [[1, '2'], [2, '+Inf']] }] }
    expect(answerOf({ data: matrix, warnings: ['w'], infos: ['i'] })).toEqual({ series: [{ labels: { a: '1' }, times: [1, 2], values: [2, Infinity], histograms: [] }], notices: ['w', 'i'] })
    expect(answerOf({ data: { resultType: 'scalar', result: [1, '5'] } }).series).toEqual([{ labels: {}, times: [1], values: [5], histograms: [] }])
  })
})

describe('names of series', () => {
  it.each([
    ['{{a}} of $job', { a: '1' }, '1 of x'],
    ['{{nobody}}-', { a: '1' }, '-'],
    ['', { __name__: 'up', b: '2', a: '1' }, 'up{a="1", b="2"}'],
    ['', {}, 'sum(up)'],
  ])('%s', (legend, labels, name) => {
    expect(seriesName(legend, labels, 'sum(up)', scope)).toBe(name)
  })
})

describe('a file', () => {
  const data: PanelData = {
    series: [{ key: 'a', ref: 'A', name: '=a,"b"', labels: { x: '1' }, times: [60], values: [Number.NaN], histograms: [], isInstant: false, stepS: 60 }],
    ...{ notices: [], refs: ['A'], fromMs: 0, toMs: 60_000, stepS: 60 },
  }

  it('has a column a series, and no formula', () => {
    expect(csvOf(completePanel({ id: 1 }), data)).toBe('Time,"\'=a,""b"""\r\n1970-01-01T00:00:00.000Z,\r\n1970-01-01T00:01:00.000Z,\r\n')
    expect(csvOf(completePanel({ id: 1, view: { kind: 'table' } }), data)).toBe('Time,x,Value\r\n1970-01-01T00:01:00.000Z,1,NaN\r\n')
    expect(JSON.parse(jsonOf('T', data))).toMatchObject({ title: 'T', series: [{ labels: { x: '1' }, values: [[60, 'NaN']] }] })
  })
})
