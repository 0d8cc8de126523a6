/** Where a rule of the form goes. */

import { createGroup, createRule, saveGroup, saveRule, type Group, type RuleDocument } from './api'
import { groupWith } from './draft'

interface Place {
  /** None: a new one of this name. */
  group: Group | undefined
  name: string
  interval: string
  /** Of the rule that is changed. */
  version: number
}

/** Save a new rule or a changed one. What another person saved meanwhile is a conflict. */
export async function save(rule: RuleDocument, { group, name, interval, version }: Place): Promise<void> {
  if (!group) await createGroup({ name, interval, rules: [rule] })
  // The rule alone, unless it changes how often its group is evaluated.
  else if (interval !== (group.group.interval ?? '')) await saveGroup(group.id, groupWith(group.group, rule, interval), group.version)
  else if (rule.id) await saveRule(rule.id, rule, version)
  else await createRule(group.id, rule)
}
