"""GET /api/v1/rules: the answer's form, its filters and its pages."""

from __future__ import annotations

from typing import Any

import pytest
from litestar import Litestar, Router
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.testing import AsyncTestClient

from obsv.metrics.api.answers import EXCEPTION_HANDLERS
from obsv.metrics.rules import rules_handler
from obsv.metrics.rules.model import GroupStatus, RecordingRule, RuleGroup, Run


class Someone:
    org = 1


def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    connection.state.actor = Someone()


def status(name: str, *rules: str, runs: tuple[Run, ...] = ()) -> GroupStatus:
    made = tuple(RecordingRule(rule, "up", {"tier": rule}) for rule in rules)
    group = RuleGroup("operator", f"{name}.yml", name, 15_500, 3, 0, made)
    return GroupStatus(group, Run(at_ms=1_700_000_000_250, seconds=0.5), list(runs) or [Run() for _ in rules])


GROUPS = [
    status("a", "x", "y", runs=(Run("ok", "", 1_700_000_000_250, 0.25), Run("err", "many", 1_700_000_000_250, 0.25))),
    status("b", "x"),
    status("c", "z"),
    status("d", "w"),
    status("e"),
]


async def ask(params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    async def rules(org: int) -> list[GroupStatus]:
        return GROUPS if org == 1 else []

    router = Router(
        "/api/v1", route_handlers=[rules_handler(rules)], guards=[guard], exception_handlers=EXCEPTION_HANDLERS
    )
    async with AsyncTestClient(Litestar([router], openapi_config=None)) as client:
        answer = await client.get("/api/v1/rules", params=params)
    return answer.status_code, answer.json()


async def names(**params: Any) -> list[str]:
    code, answer = await ask({name.replace("__", "[]"): value for name, value in params.items()})
    assert code == 200, answer
    return [f"{group['name']}:{''.join(rule['name'] for rule in group['rules'])}" for group in answer["data"]["groups"]]


async def test_a_group_in_full() -> None:
    _, answer = await ask({"rule_group[]": "a"})
    assert answer["data"]["groups"] == [
        {
            "name": "a", "file": "a.yml", "interval": 15.5, "limit": 3,
            "evaluationTime": 0.5, "lastEvaluation": "2023-11-14T22:13:20.25Z",
            "rules": [
                {
                    "name": "x", "query": "up", "labels": {"tier": "x"}, "health": "ok", "type": "recording",
                    "evaluationTime": 0.25, "lastEvaluation": "2023-11-14T22:13:20.25Z",
                },
                {
                    "name": "y", "query": "up", "labels": {"tier": "y"}, "health": "err", "lastError": "many",
                    "type": "recording", "evaluationTime": 0.25, "lastEvaluation": "2023-11-14T22:13:20.25Z",
                },
            ],
        }
    ]  # fmt: skip
    _, answer = await ask({"rule_group[]": "c"})
    (rule,) = answer["data"]["groups"][0]["rules"]
    assert (rule["health"], rule["lastEvaluation"]) == ("unknown", "0001-01-01T00:00:00Z")


async def test_filters() -> None:
    assert await names() == ["a:xy", "b:x", "c:z", "d:w"]
    assert await names(type="record") == ["a:xy", "b:x", "c:z", "d:w"]
    assert await names(type="alert") == []
    assert await names(rule_name__="x") == ["a:x", "b:x"]
    assert await names(rule_name__=["x", "z"], file__=["b.yml", "c.yml"]) == ["b:x", "c:z"]
    assert await names(match__='{tier=~"y|z"}') == ["a:y", "c:z"]


async def test_pages() -> None:
    _, first = await ask({"group_limit": 3})
    token = first["data"]["groupNextToken"]
    assert [group["name"] for group in first["data"]["groups"]] == ["a", "b", "c"]
    assert await names(group_limit=3, group_next_token=token) == ["d:w"]
    _, whole = await ask({"group_limit": 4})
    assert "groupNextToken" not in whole["data"]


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"type": "both"}, 'not supported value "both"'),
        ({"group_limit": "0"}, "group_limit needs to be greater than 0"),
        ({"group_limit": "x"}, 'parsing "x": invalid syntax'),
        ({"group_next_token": "x"}, "needs to be present"),
        ({"group_limit": "1", "group_next_token": "x"}, "invalid group_next_token 'x'. were rule groups changed?"),
        ({"match[]": "{"}, "parse error"),
    ],
)
async def test_refusals(params: dict[str, str], why: str) -> None:
    code, answer = await ask(params)
    assert (code, answer["errorType"]) == (400, "bad_data")
    assert why in answer["error"]
