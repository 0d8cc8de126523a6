/** Rules as a file. */

import { exportRules } from './api'

/** Have the browser keep the stored groups, or one, as a rule file of Prometheus. */
export async function keepAll(groupId = ''): Promise<void> {
  const address = URL.createObjectURL(new Blob([await exportRules(groupId)], { type: 'application/yaml' }))
  const link = document.createElement('a')
  link.href = address
  link.download = 'rules.yml'
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
