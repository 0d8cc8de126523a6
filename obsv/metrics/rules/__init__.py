"""Recording rules: expressions whose results are stored, from files in Prometheus' format.

`files` reads and checks them, a `GroupRunner` evaluates those of a group in order at ticks that are spread by a hash,
and `api` lists them.  The node that leads evaluates.  Alerting rules are checked and kept aside.
"""

from obsv.metrics.rules.api import RulesOf, rules_handler
from obsv.metrics.rules.files import load_groups
from obsv.metrics.rules.group import Ports
from obsv.metrics.rules.rules import Rules

__all__ = ["Ports", "Rules", "RulesOf", "load_groups", "rules_handler"]
