import { expect, it } from 'vitest'
import { hostTables, loadHostTables } from './hosttables'
import type { Labels, VectorSample } from './types'

const sample = (value: string, metric: Labels): VectorSample => ({ metric, value: [0, value] })
const NONE = { sizes: [], available: [], up: [], received: [], sent: [], failed: [], active: [] }

it('filesystems and interfaces are put together from their metrics, in the order that people count', () => {
  const found = hostTables({
    ...NONE,
    sizes: [
      sample('100', { mountpoint: '/data10', device: 'sdb', fstype: 'xfs' }),
      sample('100', { mountpoint: '/data2', device: 'sda', fstype: 'ext4' }),
      sample('0', { mountpoint: '/empty' }),
    ],
    available: [sample('25', { mountpoint: '/data2' }), sample('90', { mountpoint: '/data10' })],
    up: [sample('1', { device: 'eth0' }), sample('0', { device: 'eth1' })],
    received: [sample('10', { device: 'eth0' })],
    sent: [sample('20', { device: 'eth0' })],
  })
  expect(found.filesystems.map(({ mountpoint, fstype, usedRatio }) => [mountpoint, fstype, usedRatio.toFixed(2)])).toEqual([
    ['/data2', 'ext4', '0.75'],
    ['/data10', 'xfs', '0.10'],
  ])
  expect(found.interfaces).toEqual([
    { device: 'eth0', isUp: true, receiveBytesPerS: 10, transmitBytesPerS: 20 },
    { device: 'eth1', isUp: false, receiveBytesPerS: undefined, transmitBytesPerS: undefined },
  ])
  expect(found.units).toBeUndefined()
})

it('failed units are named', () => {
  const failed = [sample('1', { name: 'b.service' }), sample('1', { name: 'a.service' })]
  expect(hostTables({ ...NONE, failed, active: [sample('84', {})] }).units).toEqual({ active: 84, failed: ['a.service', 'b.service'] })
})

it('every query is asked, for this host alone', async () => {
  const asked: string[] = []
  await loadHostTables({ instance: 'a"b' }, (expr) => {
    asked.push(expr)
    return Promise.resolve([])
  })
  expect(asked).toHaveLength(7)
  expect(asked.every((expr) => expr.includes('{instance="a\\"b"'))).toBe(true)
})
