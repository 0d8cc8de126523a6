/** What a kind of panel is given. */

import type { Palette } from '../../charts/colours'
import type { Annotation } from '../../charts/types'
import type { Span } from '../../lib/time'
import type { Answers } from '../data/asked'
import type { PanelData } from '../data/types'
import type { Panel, View } from '../model'
import type { Scope } from '../variables/interpolate'

/** What all panels of a dashboard are drawn with. */
export interface Drawing {
  scope: Scope
  answers: Answers
  /** Of the dashboard's filters. */
  matchers: readonly string[]
  annotations: readonly Annotation[]
}

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
