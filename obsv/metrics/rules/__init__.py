"""Rules: expressions whose results are stored, and those that alert.

`files` reads and checks those that stand in Prometheus' format, a `GroupRunner` evaluates those of a group in order at
ticks that are spread by a hash, `states` says what becomes of alerts, and `api` lists all of it as Prometheus does.
The node that leads evaluates; a `Journal` keeps the states that it finds, and hands on what is to be told.
"""

from obsv.metrics.rules.api import RulesOf, alerts_handler, rules_handler
from obsv.metrics.rules.files import FileText, GroupText, RuleText, load_groups, made_groups, made_rule, mistakes_of
from obsv.metrics.rules.model import AlertingRule, GroupStatus, RecordingRule, RuleGroup
from obsv.metrics.rules.ports import Groups, Journal, Outcome, Ports, Restored, Told, Turn
from obsv.metrics.rules.rules import Rules
from obsv.metrics.rules.states import Alert

__all__ = [
    "Alert",
    "AlertingRule",
    "FileText",
    "GroupStatus",
    "GroupText",
    "Groups",
    "Journal",
    "Outcome",
    "Ports",
    "RecordingRule",
    "Restored",
    "RuleGroup",
    "RuleText",
    "Rules",
    "RulesOf",
    "Told",
    "Turn",
    "alerts_handler",
    "load_groups",
    "made_groups",
    "made_rule",
    "mistakes_of",
    "rules_handler",
]
