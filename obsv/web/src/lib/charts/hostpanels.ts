/** The charts of a host, over node_exporter's metric names. */

import { t } from '../i18n'
import { selector } from '../promql'
import type { Labels } from '../types'
import type { Panel } from './types'

const VIRTUAL_DEVICES = 'lo|veth.*|docker.*|br-.*|cali.*|flannel.*|tap.*|virbr.*|ifb.*|dummy.*'
export const PSEUDO_FILESYSTEMS = 'tmpfs|devtmpfs|overlay|squashfs|ramfs|iso9660|rootfs|autofs|fuse.lxcfs|nsfs|erofs'
const NO_DISKS = 'loop.*|ram.*|zram.*|sr.*|fd.*'

const CPU_MODES = ['user', 'system', 'iowait', 'nice', 'irq', 'softirq', 'steal']

/** The panels of the host that these labels (instance, perhaps job) name. */
export function hostPanels(host: Labels): readonly Panel[] {
  const s = (...matchers: string[]): string => selector(host, ...matchers)
  const rate = (metric: string, ...matchers: string[]): string => `rate(${metric}${s(...matchers)}[$window])`
  const all = s()
  const constant = (name: string) => (): string => name
  const by = (label: string) => (labels: Labels): string => labels[label] ?? ''
  const physical = `device!~"${VIRTUAL_DEVICES}"`
  const disks = `device!~"${NO_DISKS}"`
  const real = `fstype!~"${PSEUDO_FILESYSTEMS}"`
  const cached = `node_memory_Cached_bytes${all} + node_memory_Buffers_bytes${all} + (node_memory_SReclaimable_bytes${all} or node_memory_Buffers_bytes${all} * 0)`
  return [
    {
      id: 'cpu',
      title: t('CPU by mode'),
      unit: 'percent',
      isStacked: true,
      limit: 1,
      order: CPU_MODES,
      // A share of the time that was counted, so that it is right from the second sample on.
      targets: [
        {
          expr: `sum by (mode) (${rate('node_cpu_seconds_total', 'mode!="idle"')}) / scalar(sum(${rate('node_cpu_seconds_total')}))`,
          name: by('mode'),
        },
      ],
    },
    {
      id: 'load',
      title: t('Load'),
      unit: 'count',
      order: ['1 min', '5 min', '15 min'],
      targets: [
        { expr: s('__name__=~"node_load(1|5|15)"'), name: ({ __name__ }) => `${__name__?.slice('node_load'.length) ?? ''} min` },
        { expr: coresQuery(host), name: constant(t('CPUs')), isReference: true },
      ],
    },
    {
      id: 'memory',
      title: t('Memory'),
      unit: 'bytes',
      isStacked: true,
      order: [t('used'), t('cached'), t('free')],
      targets: [
        { expr: `node_memory_MemTotal_bytes${all} - node_memory_MemFree_bytes${all} - (${cached})`, name: constant(t('used')) },
        { expr: cached, name: constant(t('cached')) },
        { expr: `node_memory_MemFree_bytes${all}`, name: constant(t('free')) },
      ],
    },
    {
      id: 'filesystems',
      title: t('Disk usage'),
      unit: 'percent',
      limit: 1,
      showsLimit: true,
      targets: [
        {
          expr: `max by (mountpoint) (1 - node_filesystem_avail_bytes${s(real)} / (node_filesystem_size_bytes${s(real)} > 0))`,
          name: by('mountpoint'),
        },
      ],
    },
    {
      id: 'disk-io',
      title: t('Disk reads and writes'),
      unit: 'bytes/s',
      targets: [
        { expr: `sum by (device) (${rate('node_disk_read_bytes_total', disks)})`, name: (labels) => t('{device} read', { device: labels.device ?? '' }) },
        { expr: `sum by (device) (${rate('node_disk_written_bytes_total', disks)})`, name: (labels) => t('{device} written', { device: labels.device ?? '' }), isMirrored: true },
      ],
    },
    {
      id: 'network',
      title: t('Network'),
      unit: 'bytes/s',
      targets: [
        { expr: `sum by (device) (${rate('node_network_receive_bytes_total', physical)})`, name: (labels) => t('{device} in', { device: labels.device ?? '' }) },
        { expr: `sum by (device) (${rate('node_network_transmit_bytes_total', physical)})`, name: (labels) => t('{device} out', { device: labels.device ?? '' }), isMirrored: true },
      ],
    },
    {
      id: 'processes',
      title: t('Processes'),
      unit: 'count',
      isWhole: true,
      order: [t('running'), t('blocked')],
      targets: [
        { expr: `node_procs_running${all}`, name: constant(t('running')) },
        { expr: `node_procs_blocked${all}`, name: constant(t('blocked')) },
      ],
    },
    {
      id: 'pressure',
      title: t('Pressure: time spent waiting'),
      unit: 'percent',
      limit: 1,
      isOptional: true,
      order: ['CPU', t('memory'), 'I/O'],
      targets: [
        { expr: rate('node_pressure_cpu_waiting_seconds_total'), name: constant('CPU') },
        { expr: rate('node_pressure_memory_waiting_seconds_total'), name: constant(t('memory')) },
        { expr: rate('node_pressure_io_waiting_seconds_total'), name: constant('I/O') },
      ],
    },
    {
      id: 'temperature',
      title: t('Temperature'),
      unit: 'celsius',
      isOptional: true,
      targets: [
        {
          expr: `max by (chip, sensor) (node_hwmon_temp_celsius${all})`,
          name: (labels) => `${labels.chip ?? ''} ${labels.sensor ?? ''}`,
        },
        { expr: `max by (type, zone) (node_thermal_zone_temp${all})`, name: (labels) => `${labels.type ?? ''} ${labels.zone ?? ''}` },
      ],
    },
  ]
}

/** Metrics whose newest sample describes the host itself, in one query. */
export function describingQuery(host: Labels): string {
  const names = '__name__=~"node_os_info|node_uname_info|node_memory_MemTotal_bytes|node_processes_pids"'
  return selector(host, names)
}

export function coresQuery(host: Labels): string {
  return `count(node_cpu_seconds_total${selector(host, 'mode="idle"')})`
}
