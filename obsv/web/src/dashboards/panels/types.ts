/** What a kind of panel is given. */

import type { Palette } from '../../charts/colours'
import type { Annotation } from '../../charts/types'
import type { Span } from '../../lib/time'
import type { PanelData } from '../data/types'
import type { Panel, View } from '../model'
import type { Scope } from '../variables/interpolate'

export interface PanelProperties<Kind extends View> {
  panel: Panel
  view: Kind
  data: PanelData
  /** As it is shown, its variables replaced. */
  title: string
  scope: Scope
  annotations: readonly Annotation[]
  palette: Palette
  /** The person wants rows rather than a picture. */
  isTable: boolean
  onzoom: (span: Span) => void
  onwiden: () => void
}
