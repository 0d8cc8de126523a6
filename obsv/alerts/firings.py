"""What fired, from when to when: the events of an alert's beginning and end, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from obsv.alertmanager import Matcher, all_match
from obsv.alerts.events import facts_of
from obsv.alerts.types import FiringList, FiringView
from obsv.db import fetch

MOST_READ: Final = 5000
"""Alerts that are looked at for those that matchers want."""
_OVER: Final = """
SELECT coalesce(f.id, r.id) AS id, r.rule_key, coalesce(f.rule_version, r.rule_version) AS rule_version, r.group_name,
    r.rule_name, r.fingerprint, r.active_at_ms, r.fired_at_ms, r.at_ms AS ended_at_ms, r.labels,
    coalesce(f.annotations, r.annotations) AS annotations, r.query, coalesce(f.value, r.value) AS value,
    coalesce(f.link, r.link) AS link
FROM alert_events r LEFT JOIN alert_events f ON f.org = r.org AND f.rule_key = r.rule_key AND f.at_ms = r.fired_at_ms
    AND f.fingerprint = r.fingerprint AND f.status = 'firing'
WHERE r.org = {{}} AND r.status = 'resolved' AND r.at_ms >= {{}} AND r.fired_at_ms <= {{}}{where}
ORDER BY r.fired_at_ms DESC, r.id DESC LIMIT {{}}
"""
# One that fires still has a state, and no event of its end.
_STILL: Final = """
SELECT r.id, r.rule_key, r.rule_version, r.group_name, r.rule_name, r.fingerprint, r.active_at_ms, r.fired_at_ms,
    0 AS ended_at_ms, r.labels, r.annotations, r.query, r.value, r.link
FROM alert_events r
WHERE r.org = {{}} AND r.status = 'firing' AND r.at_ms <= {{}}{where}
    AND r.at_ms IN (SELECT fired_at_ms FROM alert_states WHERE org = {{}} AND state = 'firing')
    AND NOT EXISTS (SELECT 1 FROM alert_events o WHERE o.org = r.org AND o.rule_key = r.rule_key
        AND o.at_ms >= r.at_ms AND o.status = 'resolved' AND o.fingerprint = r.fingerprint
        AND o.fired_at_ms = r.fired_at_ms)
ORDER BY r.fired_at_ms DESC, r.id DESC LIMIT {{}}
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Alerts that fired at some time between the two, of a rule, of an identity, with labels."""

    since_ms: int
    until_ms: int
    rule: str = ""
    fingerprint: str = ""
    matchers: Sequence[Matcher] = ()


async def firings(org: int, wanted: Wanted, *, limit: int) -> FiringList:
    """Those that began last come first."""
    where, args = "", list[object]()
    for column, value in (("rule_key", wanted.rule), ("fingerprint", wanted.fingerprint)):
        if value:
            where += f" AND r.{column} = {{}}"
            args.append(value)
    most = MOST_READ if wanted.matchers else limit + 1
    over = await fetch(_OVER.format(where=where), org, wanted.since_ms, wanted.until_ms, *args, most)
    still = await fetch(_STILL.format(where=where), org, wanted.until_ms, *args, org, most)
    rows = sorted([*over, *still], key=lambda row: (row["fired_at_ms"], row["id"]), reverse=True)[:most]
    views = [FiringView(**facts_of(row), ended_at_ms=row["ended_at_ms"]) for row in rows]
    views = [view for view in views if all_match(wanted.matchers, view.labels)]
    return FiringList(views[:limit], len(views) <= limit and (not wanted.matchers or len(rows) < most))
