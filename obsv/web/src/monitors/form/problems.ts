/** What is wrong with a form, by the pointer of the field, in words that say how to mend it. Pure. */

import type { ApiError } from '../../lib/api'
import { t } from '../../lib/i18n'
import { durationS } from '../../lib/time'
import { addressOf } from '../quick'
import type { Draft } from './draft'

export type Problems = Readonly<Record<string, string>>

const HOST = /^[A-Za-z0-9_.:%-]{1,253}$/
const KEY = /^[a-z0-9][a-z0-9-]{0,79}$/
const STATUSES = /^\s*(\d{3}(-\d{3})?)([\s,]+\d{3}(-\d{3})?)*[\s,]*$/

function wholeNumber(text: string, least: number, most: number): string {
  const value = Number(text.trim())
  return text.trim() && Number.isInteger(value) && value >= least && value <= most ? '' : t('Give a whole number from {least} to {most}.', { least, most })
}

function time(text: string, least: number, most: number): string {
  const seconds = durationS(text.trim())
  if (seconds === undefined || !Number.isInteger(seconds)) return t('Give a time such as 15m, 6h or 1d.')
  return seconds >= least && seconds <= most ? '' : t('This is too short or too long.')
}

function host(text: string): string {
  if (!text.trim()) return t('This is needed.')
  return HOST.test(text.trim()) ? '' : t('Give a name such as db.example.com, or an IP address, without http:// or a port.')
}

function certificate({ certificateDays }: Draft): Record<string, string> {
  return { '/check/certificate_days': wholeNumber(certificateDays, 0, 365) }
}

function ofCheck(draft: Draft): Record<string, string> {
  switch (draft.kind) {
    case 'http':
      return {
        '/check/url': !draft.url.trim() ? t('This is needed.') : /^https?:\/\//i.test(draft.url.trim()) && addressOf(draft.url) ? '' : t('Give an address that begins with https:// or http://.'),
        '/check/statuses': STATUSES.test(draft.statuses) ? '' : t('Give statuses such as 200-299, 401.'),
        '/check/max_redirects': wholeNumber(draft.redirects, 0, 10),
        '/check/max_bytes': wholeNumber(draft.maxBytes, 1, 8192),
        ...certificate(draft),
      }
    case 'tcp':
      return { '/check/host': host(draft.host), '/check/port': wholeNumber(draft.port, 1, 65_535), ...(draft.tls && certificate(draft)) }
    case 'ping':
      return { '/check/host': host(draft.host) }
    case 'dns':
      return {
        '/check/hostname': !draft.hostname.trim() ? t('This is needed.') : /\s/.test(draft.hostname.trim()) ? t('A name has no spaces.') : '',
        '/check/server': draft.server.trim() ? host(draft.server) : '',
        '/check/port': wholeNumber(draft.dnsPort, 1, 65_535),
      }
    case 'heartbeat':
      return {
        ...(draft.schedule === 'cron'
          ? { '/check/cron': draft.cron.trim() ? '' : t('Give a cron expression such as 30 4 * * *.'), '/check/time_zone': draft.timeZone.trim() ? '' : t('This is needed.') }
          : { '/check/period_s': time(draft.period, 60, 31_536_000) }),
        '/check/grace_s': time(draft.grace, 10, 31_536_000),
      }
  }
}

function ofRhythm({ interval, timeout, failures, retry }: Draft): Record<string, string> {
  const isLong = Number(timeout) > Number(interval)
  return {
    '/interval_s': wholeNumber(interval, 10, 86_400),
    '/timeout_s': wholeNumber(timeout, 1, 60) || (isLong ? t('It must not be longer than the time between two checks.') : ''),
    '/failures': wholeNumber(failures, 1, 10),
    '/retry_s': wholeNumber(retry, 5, 3600),
  }
}

/** Only what is wrong is there. */
export function problemsOf(draft: Draft): Problems {
  const all: Record<string, string> = {
    ...ofCheck(draft),
    '/name': draft.name.trim() ? '' : t('This is needed.'),
    '/key': KEY.test(draft.key.trim()) ? '' : t('Small letters, digits and hyphens; it begins with a letter or a digit.'),
    ...(draft.kind !== 'heartbeat' && ofRhythm(draft)),
  }
  return Object.fromEntries(Object.entries(all).filter(([, said]) => said))
}

const CODES: Readonly<Record<string, string>> = { name_taken: '/name', key_taken: '/key' }

/** What the server found, at the fields of the form. */
export function toldBy(error: ApiError | undefined): Problems {
  if (!error) return {}
  const place = CODES[error.code]
  if (place) return { [place]: error.detail }
  return Object.fromEntries(error.errors.map(({ pointer, detail }) => [pointer.replace(/^\/monitor(?=\/)/, '').replace(/^(\/check\/(?:headers|secret_headers|answers|statuses)|\/tags)\/.*$/, '$1'), detail]))
}
