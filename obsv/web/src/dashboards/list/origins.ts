import { t } from '../../lib/i18n'
import type { Origin } from '../api'

/** Where a dashboard comes from, in words; nothing for what was made here. */
export const ORIGINS: Readonly<Record<Origin, () => string>> = {
  stored: () => '',
  file: () => t('from a file'),
  builtin: () => t('built in'),
}
