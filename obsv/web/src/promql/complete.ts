/** What can be written next. */

import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete'
import { HybridComplete } from '@prometheus-io/codemirror-promql/dist/esm/complete/hybrid'
import { t } from '../lib/i18n'
import { clientOf } from './client'

function builtins(): Completion[] {
  const told = [
    ['$__rate_interval', t('A window for rate() that fits the step')],
    ['$__interval', t('The step between points')],
    ['$__range', t('The whole time that is shown')],
  ] as const
  return told.map(([label, info]) => ({ label, info, type: 'variable', boost: 10 }))
}

/** Variables, after `$` anywhere and where a range begins. */
function variablesIn(names: () => readonly string[]): CompletionSource {
  return (context: CompletionContext): CompletionResult | null => {
    const [begun, range] = [context.matchBefore(/\$\w*/), context.matchBefore(/\[/)]
    if (!begun && !range) return null
    const own = names().map((name): Completion => ({ label: `$${name}`, type: 'variable' }))
    return { from: begun?.from ?? context.pos, options: begun ? [...own, ...builtins()] : builtins(), validFor: /^\$\w*$/ }
  }
}

/** The sources of an organisation. Where the server does not answer, what needs no server is there. */
export function sourcesOf(org: string, names: () => readonly string[]): CompletionSource[] {
  const [online, offline] = [new HybridComplete(clientOf(org)), new HybridComplete()]
  async function promql(context: CompletionContext): Promise<CompletionResult | null> {
    if (context.matchBefore(/\$\w*/)) return null
    try {
      return await online.promQL(context)
    } catch {
      return offline.promQL(context)
    }
  }
  return [promql, variablesIn(names)]
}
