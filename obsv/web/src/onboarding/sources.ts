/** The ways to send metrics: what each is called, and what to paste where. Pure. */

import { t, words } from '../lib/i18n'

export interface Snippet {
  /** Where it goes. */
  label: string
  text: string
}

export interface Source {
  name: string
  label: string
  about: string
  /** Given this server's address and a token. */
  snippets: (base: string, token: string) => Snippet[]
  /** What to look at when nothing comes. */
  check: string
  docs: string
}

function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** Whether an address leads to this machine itself, so that no other one can use it. */
export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || host.startsWith('127.')
}

/** On three lines, so that it is read before it is pasted. */
function agentCommand(base: string, token: string): string {
  return (
    `curl -fsS ${shellQuoted(`${base}/agent.pyz`)} -o obsv-agent.pyz && \\\n` +
    `  python3 obsv-agent.pyz --url ${shellQuoted(base)} \\\n` +
    `  --token ${shellQuoted(token)}`
  )
}

const REMOTE_WRITE = (base: string, token: string): string =>
  ['remote_write:', `  - url: ${base}/api/v1/write`, '    authorization:', `      credentials: ${token}`].join('\n')

const VMAGENT = (base: string, token: string): string =>
  ['vmagent -promscrape.config=prometheus.yml \\', `  -remoteWrite.url=${shellQuoted(`${base}/api/v1/write`)} \\`, `  -remoteWrite.bearerToken=${shellQuoted(token)}`].join('\n')

const ALLOY = (base: string, token: string): string =>
  ['prometheus.remote_write "obsv" {', '  endpoint {', `    url          = "${base}/api/v1/write"`, `    bearer_token = "${token}"`, '  }', '}'].join('\n')

const OTEL_SDK = (base: string, token: string): string =>
  [
    'export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
    `export OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=${shellQuoted(`${base}/v1/metrics`)}`,
    `export OTEL_EXPORTER_OTLP_HEADERS=${shellQuoted(`Authorization=Bearer%20${token}`)}`,
    'export OTEL_TRACES_EXPORTER=none OTEL_LOGS_EXPORTER=none',
  ].join('\n')

const OTEL_COLLECTOR = (base: string, token: string): string =>
  ['exporters:', '  otlphttp/obsv:', `    endpoint: ${base}`, `    headers: {Authorization: "Bearer ${token}"}`, 'service:', '  pipelines:', '    metrics: {receivers: [otlp], processors: [batch], exporters: [otlphttp/obsv]}'].join('\n')

const TELEGRAF = (base: string, token: string): string =>
  ['[[outputs.influxdb_v2]]', `  urls = ["${base}/influx"]`, `  token = "${token}"`, '  organization = "obsv"', '  bucket = "telegraf"'].join('\n')

const INFLUX_SCHEME = 'Token'

const LINE_PROTOCOL = (base: string, token: string): string =>
  ['curl -sS --fail-with-body \\', `  -H ${shellQuoted(`Authorization: ${INFLUX_SCHEME} ${token}`)} \\`, `  --data-binary "room,host=$(hostname) temperature=21.5" \\`, `  ${shellQuoted(`${base}/api/v2/write?bucket=home`)}`].join('\n')

const PUSH = (base: string, token: string): string =>
  [
    'curl -sS --fail-with-body \\',
    `  -H ${shellQuoted(`Authorization: Bearer ${token}`)} \\`,
    `  --data-binary 'backup_duration_seconds{job="backup"} 42'$'\\n' \\`,
    `  "${base}/api/v1/import/prometheus?extra_label=instance=$(hostname)"`,
  ].join('\n')

export const SOURCES: readonly Source[] = [
  {
    name: 'agent',
    label: words('obsv agent'),
    about: words('A small program for a Linux host: processors, memory, disks, network, services. It needs Python 3.8 or newer and nothing else, and sends every 15 seconds.'),
    snippets: (base, token) => [{ label: t('Run this on the host'), text: agentCommand(base, token) }],
    check: words('The command says itself why it cannot send.'),
    docs: '/docs/agent',
  },
  {
    name: 'prometheus',
    label: 'Prometheus',
    about: words('A Prometheus that runs already keeps scraping, and sends all that it scrapes here as well.'),
    snippets: (base, token) => [{ label: t('Put this into prometheus.yml, and reload'), text: REMOTE_WRITE(base, token) }],
    check: words('Prometheus logs what it could not send; the counter prometheus_remote_storage_samples_failed_total tells how much.'),
    docs: '/docs/metrics',
  },
  {
    name: 'vmagent',
    label: words('vmagent, Grafana Alloy'),
    about: words('Agents that scrape like Prometheus, and send by its remote_write.'),
    snippets: (base, token) => [
      { label: t('vmagent: start it so'), text: VMAGENT(base, token) },
      { label: t('Grafana Alloy: put this into its configuration'), text: ALLOY(base, token) },
    ],
    check: words('Both log what they could not send.'),
    docs: '/docs/metrics',
  },
  {
    name: 'opentelemetry',
    label: 'OpenTelemetry',
    about: words('Programs with an OpenTelemetry SDK, or a collector. An SDK sends every 60 seconds unless OTEL_METRIC_EXPORT_INTERVAL says otherwise.'),
    snippets: (base, token) => [
      { label: t('An SDK: set this where the program runs'), text: OTEL_SDK(base, token) },
      { label: t('A collector: put this into its configuration'), text: OTEL_COLLECTOR(base, token) },
    ],
    check: words('An SDK sends every 60 seconds at first, and logs what it could not export.'),
    docs: '/docs/push',
  },
  {
    name: 'telegraf',
    label: words('Telegraf, Influx'),
    about: words('Telegraf, and whatever else writes Influx’ line protocol.'),
    snippets: (base, token) => [
      { label: t('Put this into telegraf.conf'), text: TELEGRAF(base, token) },
      { label: t('Or a line by curl'), text: LINE_PROTOCOL(base, token) },
    ],
    check: words('Telegraf sends every 10 seconds, and logs what was refused.'),
    docs: '/docs/push',
  },
  {
    name: 'curl',
    label: 'curl',
    about: words('A script or a job that has a number to tell, in Prometheus’ text format.'),
    snippets: (base, token) => [{ label: t('Run this anywhere'), text: PUSH(base, token) }],
    check: words('curl prints what the server says.'),
    docs: '/docs/push',
  },
]

/** The one of a name; the agent where there is none such. */
export function sourceOf(name: string | null): Source {
  const [first] = SOURCES
  const found = SOURCES.find((one) => one.name === name) ?? first
  if (!found) throw new Error('there are no sources')
  return found
}
