/** What the logs of changes say, in words. */

import { t, words } from '../lib/i18n'

/** "member.role_changed" as "Member: role changed". */
function plain(event: string): string {
  const [kind = '', ...rest] = event.split('.')
  const told = rest.join(' ').replaceAll('_', ' ')
  const thing = kind.charAt(0).toUpperCase() + kind.slice(1).replaceAll('_', ' ')
  return told ? `${thing}: ${told}` : thing
}

/** The catalogue's part for events. */
export const EVENTS: ReadonlySet<string> = new Set([
  words('Account: closed'), words('Account: disabled'), words('Account: enabled'), words('Account: erased'), words('Account: reopened'),
  words('Agent: created'), words('Agent: deleted'), words('Agent: updated'), words('Alert rule: created'), words('Alert rule: deleted'),
  words('Alert rule: updated'), words('Alert: acknowledged'), words('Alert: resolved'), words('Alert: unacknowledged'), words('Annotation: created'),
  words('Annotation: deleted'), words('Audit: accepted'), words('Audit: exported'),
  words('Auth: login failure'), words('Auth: login locked'), words('Auth: login success'), words('Auth: logout'), words('Auth: mfa failure'),
  words('Auth: mfa success'), words('Auth: recovery code used'), words('Auth: stepup'), words('Backup: created'), words('Backup: restored'),
  words('Billing: address changed'), words('Billing: payment failed'), words('Billing: subscription changed'), words('Channel: created'),
  words('Channel: deleted'), words('Channel: test sent'), words('Channel: updated'), words('Clock: accepted'), words('Config: changed'),
  words('Dashboard: created'), words('Dashboard: deleted'), words('Dashboard: restored'), words('Dashboard: shared'), words('Dashboard: unshared'),
  words('Dashboard: updated'), words('Datasource: created'), words('Datasource: deleted'), words('Datasource: updated'), words('Dpa: accepted'),
  words('Dsr: answered'), words('Dsr: erased'), words('Dsr: exported'), words('Dsr: received'), words('Egress: blocked'),
  words('Factors: removal asked'), words('Factors: removal cancelled'), words('Folder: editors added'), words('Folder: editors removed'),
  words('Folder: moved'), words('Hold: released'), words('Hold: set'), words('Instance: admin added'), words('Instance: admin removed'),
  words('Instance: set up'), words('Job: requested'), words('Key: retired'), words('Key: rotated'), words('Member: invitation revoked'),
  words('Member: invited'), words('Member: joined'), words('Member: removed'), words('Member: role changed'), words('Metrics: deleted'),
  words('Monitor: created'), words('Monitor: deleted'), words('Monitor: updated'), words('Oauth: linked'), words('Oauth: unlinked'),
  words('Objection: recorded'), words('Org: closed'), words('Org: created'), words('Org: mfa required'), words('Org: renamed'),
  words('Org: transferred'), words('Passkey: added'), words('Passkey: clone suspected'), words('Passkey: removed'), words('Passkey: renamed'),
  words('Plan: changed'), words('Privacy: clause failed'), words('Privacy: clause recovered'), words('Processing: restricted'),
  words('Processing: resumed'), words('Purge: held'), words('Purge: ran'), words('Recovery codes: regenerated'), words('Routing: updated'),
  words('Schema: migrated'),
  words('Session: revoked'), words('Silence: created'), words('Silence: deleted'), words('Silence: updated'), words('Site: created'),
  words('Site: deleted'), words('Site: updated'), words('Status page: created'), words('Status page: deleted'), words('Status page: updated'),
  words('Subprocessor: changed'), words('Support: accessed'), words('Support: granted'), words('Support: revoked'), words('Team: created'),
  words('Team: member added'), words('Team: member removed'), words('Team: removed'), words('Team: renamed'), words('Team: role changed'),
  words('Token: created'), words('Token: expired'), words('Token: leaked'), words('Token: revoked'), words('Totp: disabled'), words('Totp: enabled'),
  words('User: email changed'), words('User: email verified'), words('User: name changed'), words('User: password changed'),
  words('User: password reset'), words('User: password reset requested'), words('User: registered'),
  words('Announcement: created'), words('Announcement: updated'), words('Announcement: deleted'), words('Announcement: sent'),
  words('Announcement: paused'), words('Delivery: retried'), words('Subscriber: removed'), words('Monitor: paused'), words('Monitor: resumed'),
  words('Monitor: tested'), words('Monitor: address changed'), words('Status component: created'), words('Status component: updated'),
  words('Status component: deleted'), words('Incident: created'), words('Incident: updated'), words('Incident: deleted'),
  words('Maintenance: created'), words('Maintenance: updated'), words('Maintenance: deleted'),
])

/** The catalogue's part for what events and tokens are about, as the API names it. */
export const KINDS: ReadonlySet<string> = new Set([
  words('account'), words('after'), words('agent'), words('alert'), words('alert rule'), words('annotation'), words('audit'), words('auth'),
  words('backup'),
  words('before'), words('billing'), words('case ref'), words('channel'), words('classes'), words('clause'), words('clock'), words('config'),
  words('count'), words('counts'), words('dashboard'), words('datasource'), words('digest'), words('dpa'), words('dsr'), words('egress'),
  words('event'),
  words('expires on'), words('factors'), words('folder'), words('hold'), words('host'), words('instance'), words('invitation'), words('job'),
  words('key'), words('key id'), words('kind'), words('member'), words('method'), words('metrics'), words('migrations'), words('monitor'),
  words('name length'), words('oauth'), words('objection'), words('org'), words('organisation'), words('passkey'), words('person'), words('plan'),
  words('plan after'), words('plan before'), words('privacy'), words('processing'), words('purge'), words('purpose'), words('reason'),
  words('recovery codes'), words('role'), words('role after'), words('role before'), words('routing'), words('schema'), words('scopes'),
  words('session'),
  words('silence'), words('site'), words('status page'), words('subprocessor'), words('support'), words('support grant'), words('tables'),
  words('team'), words('token'),
  words('totp'), words('until'), words('user'), words('version'),
  words('announcement'), words('delivery'), words('subscriber'), words('status component'), words('incident'), words('maintenance'),
  words('mailing'), words('incident update'),
])

/** An event, told. */
export function eventWords(event: string): string {
  return t(plain(event))
}

/** A kind of thing, told. */
export function kindWords(kind: string): string {
  return t(kind.replaceAll('_', ' '))
}

function valueWords(value: unknown): string {
  if (Array.isArray(value)) return value.join(' ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Details as short text: "role before viewer · role after editor". */
export function detailWords(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .map(([name, value]) => `${kindWords(name)} ${valueWords(value)}`)
    .join(' · ')
}
