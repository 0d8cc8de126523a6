"""GET /api/v1/rules and /api/v1/alerts, as Prometheus answers them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from obsv.core.gotemplate.values import show_float
from obsv.metrics.api.answers import success
from obsv.metrics.api.params import AnyRequest, BadData, Params, org_of
from obsv.metrics.rules.model import AlertingRule, GroupStatus, Rule, Run
from obsv.metrics.rules.states import Alert
from obsv.metrics.store.types import Matcher

NEVER = "0001-01-01T00:00:00Z"

TRUE, FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("", "0", "f", "F", "FALSE", "false", "False")
MOST_GROUPS = 2**63 - 1

RulesOf = Callable[[int], Awaitable[Sequence[GroupStatus]]]


def rules_handler(rules: RulesOf) -> HTTPRouteHandler:
    """The handler; `rules` gives an organisation's groups in order."""

    @get("/rules", summary="Rule groups")
    async def list_rules(request: AnyRequest) -> Response[bytes]:
        org = org_of(request)
        params = (await Params.of(request)).check_form()
        kind = params.text("type").lower()
        if kind not in ("", "alert", "record"):
            raise BadData(f'invalid parameter "type": not supported value "{kind}"')
        asked = _Asked(params, kind, has_alerts=not _flag(params, "exclude_alerts"))
        cut = _cut(params)
        return success(cut([answer for status in await rules(org) if (answer := asked.group(status))]))

    return list_rules


def alerts_handler(rules: RulesOf) -> HTTPRouteHandler:
    """What fires, and what is about to."""

    @get("/alerts", summary="Pending and firing alerts")
    async def list_alerts(request: AnyRequest) -> Response[bytes]:
        statuses = await rules(org_of(request))
        return success(
            {"alerts": [_alert(one) for status in statuses for alerts in status.alerts.values() for one in alerts]}
        )

    return list_alerts


def _flag(params: Params, name: str) -> bool:
    """A truth value as Go's ParseBool reads it.  Raises BadData."""
    text = params.text(name)
    if text in TRUE or text in FALSE:
        return text in TRUE
    problem = f'error converting {name}: strconv.ParseBool: parsing "{text}": invalid syntax'
    raise BadData(f'invalid parameter "{name}": {problem}')


class _Asked:
    """Which rules a request is about."""

    def __init__(self, params: Params, kind: str, *, has_alerts: bool) -> None:
        self._groups, self._files, self._names = (
            params.all(f"{name}[]") for name in ("rule_group", "file", "rule_name")
        )
        self._sets = params.matcher_sets()
        self._kind, self._has_alerts = kind, has_alerts

    def group(self, status: GroupStatus) -> dict[str, Any] | None:
        """A group with the rules that were asked for; None where there are none of them."""
        group = status.group
        if (self._groups and group.name not in self._groups) or (self._files and group.file not in self._files):
            return None
        found = [
            self._rule(rule, run, status)
            for rule, run in zip(group.rules, status.rules, strict=True)
            if self._is_of(rule)
        ]
        if not found:
            return None
        return {
            "name": group.name,
            "file": group.file,
            "rules": found,
            "interval": group.interval_ms / 1000,
            "limit": group.limit,
            "evaluationTime": status.run.seconds,
            "lastEvaluation": _moment(status.run.at_ms),
        }

    def _is_of(self, rule: Rule) -> bool:
        if self._kind and (self._kind == "alert") != isinstance(rule, AlertingRule):
            return False
        if self._names and rule.name not in self._names:
            return False
        return not self._sets or any(_matches(rule, matchers) for matchers in self._sets)

    def _rule(self, rule: Rule, run: Run, status: GroupStatus) -> dict[str, Any]:
        if isinstance(rule, AlertingRule):
            return self._alerting(rule, run, status.alerts.get(rule.key, []))
        answer: dict[str, Any] = {"name": rule.name, "query": rule.query}
        if rule.labels:
            answer["labels"] = rule.labels
        return answer | _health(run) | {"type": "recording"}

    def _alerting(self, rule: AlertingRule, run: Run, alerts: Sequence[Alert]) -> dict[str, Any]:
        states = {alert.state for alert in alerts}
        state = "firing" if "firing" in states else "pending" if "pending" in states else "inactive"
        return {
            "state": state,
            "name": rule.name,
            "query": rule.query,
            "duration": rule.for_ms / 1000,
            "keepFiringFor": rule.keep_firing_ms / 1000,
            "labels": rule.labels,
            "annotations": rule.annotations,
            "alerts": [_alert(one) for one in alerts] if self._has_alerts else None,
            **_health(run),
            "type": "alerting",
        }


def _health(run: Run) -> dict[str, Any]:
    error = {"lastError": run.error} if run.error else {}
    return {"health": run.health, **error, "evaluationTime": run.seconds, "lastEvaluation": _moment(run.at_ms)}


def _alert(alert: Alert) -> dict[str, Any]:
    answer = {
        "labels": dict(alert.labels),
        "annotations": alert.annotations,
        "state": alert.state,
        "activeAt": _moment(alert.active_ms),
    }
    if alert.absent_ms:
        answer["keepFiringSince"] = _moment(alert.absent_ms)
    return answer | {"value": show_float(alert.value, "e")}


def _matches(rule: Rule, matchers: Sequence[Matcher]) -> bool:
    return all(matcher.matches(rule.labels.get(matcher.name, "")) for matcher in matchers)


def _moment(at_ms: int) -> str:
    """RFC 3339 as Go writes it: without zeros at the end of the second."""
    if not at_ms:
        return NEVER
    fraction = f".{at_ms % 1000:03d}".rstrip("0").rstrip(".")
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _cut(params: Params) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    """What takes from the groups the part that `group_limit` and `group_next_token` ask for.  Raises BadData."""
    text, token = params.text("group_limit"), params.text("group_next_token")
    if not text:
        if token:
            raise BadData(
                'invalid parameter "group_next_token": group_limit needs to be present in order to paginate over the '
                "groups"
            )
        return lambda groups: {"groups": groups}
    limit = _group_limit(text)

    def cut(groups: list[dict[str, Any]]) -> dict[str, Any]:
        tokens = [
            hashlib.sha1(f"{one['file']};{one['name']}".encode(), usedforsecurity=False).hexdigest() for one in groups
        ]
        if token and token not in tokens:
            problem = f"invalid group_next_token '{token}'. were rule groups changed?"
            raise BadData(f'invalid parameter "group_next_token": {problem}')
        first = tokens.index(token) if token else 0
        end = first + limit
        return {"groups": groups[first:end]} | ({"groupNextToken": tokens[end]} if end < len(groups) else {})

    return cut


def _group_limit(text: str) -> int:
    where = 'invalid parameter "group_limit": group_limit needs to be'
    if not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
        raise BadData(f'{where} a valid number: strconv.ParseInt: parsing "{text}": invalid syntax')
    if abs(int(text[:30])) > MOST_GROUPS:
        raise BadData(f'{where} a valid number: strconv.ParseInt: parsing "{text}": value out of range')
    if int(text) <= 0:
        raise BadData(f"{where} greater than 0")
    return int(text)
