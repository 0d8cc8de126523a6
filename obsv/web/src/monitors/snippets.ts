/** How a job reports to its heartbeat's address. Pure. */

import { words } from '../lib/i18n'

export interface Snippet {
  name: string
  label: string
  help: string
  text: (url: string, cron: string) => string
}

const CURL = 'curl -fsS -m 10 --retry 5 -o /dev/null'

export const SNIPPETS: readonly Snippet[] = [
  {
    name: 'cron',
    label: 'cron',
    help: words('Reports once the job ended well.'),
    text: (url, cron) => `${cron}  /usr/local/bin/job && ${CURL} ${url}`,
  },
  {
    name: 'exit-code',
    label: words('Exit code'),
    help: words('Reports that it begins, how it ended, and the end of what it printed.'),
    text: (url) => `#!/bin/sh\n${CURL} ${url}/start\nout=$(/usr/local/bin/job 2>&1); code=$?\n${CURL} --data-binary "$out" ${url}/$code`,
  },
  {
    name: 'systemd',
    label: 'systemd',
    help: words('In the unit of the service that a timer starts.'),
    text: (url) =>
      `[Service]\nType=oneshot\nExecStartPre=-/usr/bin/${CURL} ${url}/start\nExecStart=/usr/local/bin/job\nExecStopPost=-/bin/sh -c '${CURL} ${url}/\${EXIT_STATUS:-1}'`,
  },
  {
    name: 'curl',
    label: 'curl',
    help: words('From anywhere: it ended well. With /fail behind it failed, with /start it begins.'),
    text: (url) => `${CURL} ${url}`,
  },
]
