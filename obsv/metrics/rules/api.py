"""GET /api/v1/rules, as Prometheus answers it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from obsv.metrics.api.answers import success
from obsv.metrics.api.params import AnyRequest, BadData, Params, org_of
from obsv.metrics.rules.model import GroupStatus, RecordingRule, Run
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
        _flag(params, "exclude_alerts")
        sets, cut = params.matcher_sets(), _cut(params)
        statuses = await rules(org) if kind != "alert" else ()
        return success(cut([answer for status in statuses if (answer := _group(status, params, sets))]))

    return list_rules


def _flag(params: Params, name: str) -> bool:
    """A truth value as Go's ParseBool reads it.  Raises BadData."""
    text = params.text(name)
    if text in TRUE or text in FALSE:
        return text in TRUE
    problem = f'error converting {name}: strconv.ParseBool: parsing "{text}": invalid syntax'
    raise BadData(f'invalid parameter "{name}": {problem}')


def _group(status: GroupStatus, params: Params, sets: Sequence[Sequence[Matcher]]) -> dict[str, Any] | None:
    """A group with the rules that were asked for; None where there are none of them."""
    group = status.group
    for name, value in (("rule_group[]", group.name), ("file[]", group.file)):
        if params.all(name) and value not in params.all(name):
            return None
    names = params.all("rule_name[]")
    found = [
        _rule(rule, run)
        for rule, run in zip(group.rules, status.rules, strict=True)
        if (not names or rule.name in names) and (not sets or any(_matches(rule, matchers) for matchers in sets))
    ]
    if not found and (names or sets):
        return None
    return {
        "name": group.name,
        "file": group.file,
        "rules": found,
        "interval": group.interval_ms / 1000,
        "limit": group.limit,
        "evaluationTime": status.run.seconds,
        "lastEvaluation": _moment(status.run),
    }


def _rule(rule: RecordingRule, run: Run) -> dict[str, Any]:
    answer: dict[str, Any] = {"name": rule.name, "query": rule.query}
    if rule.labels:
        answer["labels"] = rule.labels
    answer["health"] = run.health
    if run.error:
        answer["lastError"] = run.error
    return answer | {"evaluationTime": run.seconds, "lastEvaluation": _moment(run), "type": "recording"}


def _matches(rule: RecordingRule, matchers: Sequence[Matcher]) -> bool:
    return all(matcher.matches(rule.labels.get(matcher.name, "")) for matcher in matchers)


def _moment(run: Run) -> str:
    if not run.at_ms:
        return NEVER
    return datetime.fromtimestamp(run.at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
