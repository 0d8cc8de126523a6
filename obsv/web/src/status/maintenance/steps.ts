/** What is done to a maintenance by hand, and what is asked before. */

import { words } from '../../lib/i18n'
import type { Step } from '../api'

export const STEPS: Readonly<Record<Step, { title: string; text: string; action: string; done: string }>> = {
  begin: {
    title: words('Begin the maintenance now'),
    text: words('Its components are in maintenance at once; it ends as planned.'),
    action: words('Begin now'),
    done: words('The maintenance is under way.'),
  },
  end: {
    title: words('End the maintenance now'),
    text: words('Its components are as their monitors, alerts and incidents say again.'),
    action: words('End now'),
    done: words('The maintenance is over.'),
  },
  cancel: {
    title: words('Call the maintenance off'),
    text: words('It stays among what is past, as called off, and cannot be planned again.'),
    action: words('Call off'),
    done: words('The maintenance is called off.'),
  },
}
