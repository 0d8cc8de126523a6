"""Rules made over the API: who may, what is kept, versions, quotas, import and export, presets."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RULE = {"alert": "Busy", "expr": "load > 5", "for": "5m", "labels": {"severity": "page"}}
GROUP = {"name": "web", "interval": "30s", "rules": [RULE, {"record": "twice", "expr": "load * 2"}]}


async def test_groups_and_rules_are_made_changed_and_deleted(stage_of: Callable[..., Any]) -> None:
    async with stage_of() as stage:
        edi = await stage.person("edi")
        made = await edi.do("POST", "/rule-groups", {"group": GROUP})
        busy, twice = made["rules"]
        (group,) = (await edi.get("/rule-groups"))["groups"]
        assert (group["group"]["name"], group["version"], group["source"]) == ("web", 1, "stored")
        assert [rule["rule"].get("alert") or rule["rule"]["record"] for rule in group["rules"]] == ["Busy", "twice"]
        saved = await edi.do(
            "PUT", f"/rules/{busy}", {"rule": {**RULE, "for": "1m"}, "version": 1, "message": "sooner"}
        )
        assert (saved["version"], saved["rules"]) == (2, [busy, twice])
        assert await edi.refused("PUT", f"/rules/{busy}", {"rule": RULE, "version": 1}) == (409, "version_conflict")
        versions = (await edi.get(f"/rules/{busy}/versions"))["versions"]
        assert [(one["version"], one["message"], one["rule"]["for"]) for one in versions] == [
            (2, "sooner", "1m"),
            (1, "", "5m"),
        ]
        assert versions[0]["made_by"]["name"] == "Edi"
        assert (await edi.do("PUT", f"/rules/{busy}/paused", {"paused": True}))["is_changed"]
        assert (await edi.get(f"/rules/{busy}"))["state"] == "paused"
        # A rule without an id is the one of its kind and name.
        again = {**GROUP, "rules": [{"record": "twice", "expr": "load * 3"}, RULE]}
        assert (await edi.do("PUT", f"/rule-groups/{made['id']}", {"group": again}))["rules"] == [twice, busy]
        added = await edi.do("POST", "/rules", {"group_id": made["id"], "rule": {"alert": "New", "expr": "up == 0"}})
        assert len(added["rules"]) == 3
        await edi.do("DELETE", f"/rules/{twice}")
        assert (await edi.get("/rules"))["total"] == 2
        assert not (
            await edi.do(
                "PUT", f"/rule-groups/{made['id']}", {"group": (await edi.get(f"/rule-groups/{made['id']}"))["group"]}
            )
        )["is_changed"]
        await edi.do("DELETE", f"/rule-groups/{made['id']}")
        assert (await edi.get("/rules"))["total"] == 0
        assert await edi.refused("GET", f"/rules/{busy}") == (404, "no_rule")


async def test_what_is_wrong_is_named_and_others_see_nothing(stage_of: Callable[..., Any]) -> None:
    async with stage_of() as stage:
        edi, dot, eve = await stage.person("edi"), await stage.person("dot"), await stage.person("eve")
        made = await edi.do("POST", "/rule-groups", {"group": GROUP})
        assert await edi.refused("POST", "/rule-groups", {"group": GROUP}) == (409, "name_taken")
        assert await dot.refused("POST", "/rule-groups", {"group": GROUP}) == (403, "missing_scope")
        assert (await eve.get("/rules"))["total"] == 0
        assert await eve.refused("GET", f"/rule-groups/{made['id']}") == (404, "no_rule_group")
        assert await eve.refused("PUT", f"/rules/{made['rules'][0]}", {"rule": RULE}) == (404, "no_rule")
        for rule, why in (
            ({"alert": "A", "expr": "sum("}, "parse error"),
            ({"alert": "A", "expr": "up", "annotations": {"s": "{{ foo }}"}}, 'function "foo" not defined'),
            ({"expr": "up"}, "expected one of record and alert"),
            ({"alert": "A", "expr": "up", "for": "soon"}, "expected a duration"),
        ):
            answer = await edi.ask("POST", "/rules", {"group_id": made["id"], "rule": rule})
            assert answer.status_code == 422
            assert why in answer.json()["detail"]


TEXT = """
groups:
- name: one
  interval: 15s
  limit: 3
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
  - alert: Down
    expr: up == 0
    for: 5m
    keep_firing_for: 1m
    labels: {severity: page}
    annotations: {summary: "{{ $labels.job }} is down"}
- name: two
  rules: []
"""


@pytest.mark.peers
async def test_rule_files_come_in_and_go_out_as_promtool_takes_them(
    stage_of: Callable[..., Any], tmp_path: Path, peers: Path
) -> None:
    async with stage_of() as stage:
        edi = await stage.person("edi")
        await edi.do("POST", "/rule-groups/import", {"text": TEXT})
        assert await edi.refused("POST", "/rule-groups/import", {"text": TEXT}) == (409, "name_taken")
        again = await edi.do("POST", "/rule-groups/import", {"text": TEXT, "replace": True})
        assert [one["is_changed"] for one in again["groups"]] == [False, False]
        for key in ("hosts", "containers", "databases", "monitors", "certificates", "obsv"):
            assert (await edi.do("PUT", f"/rule-presets/{key}", {"on": True}))["is_on"]
        out = (await edi.get("/rule-groups/export"))["text"]
        (tmp_path / "out.yml").write_text(out)
        done = subprocess.run(
            [peers / "promtool", "check", "rules", tmp_path / "out.yml"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "SUCCESS: 25 rules found" in done.stdout
        groups = (await edi.get("/rule-groups"))["groups"]
        for group in groups:
            await edi.do("DELETE", f"/rule-groups/{group['id']}")
        await edi.do("POST", "/rule-groups/import", {"text": out})
        assert (await edi.get("/rule-groups/export"))["text"] == out
        assert await edi.refused("POST", "/rule-groups/import", {"text": "groups: ["}) == (422, "bad_rules")


async def test_ready_groups_are_one_switch_each(stage_of: Callable[..., Any]) -> None:
    async with stage_of() as stage:
        edi = await stage.person("edi")
        presets = (await edi.get("/rule-presets"))["presets"]
        assert (presets[0]["key"], presets[0]["is_on"]) == ("hosts", False)
        on = await edi.do("PUT", "/rule-presets/hosts", {"on": True})
        assert len((await edi.get(f"/rule-groups/{on['group_id']}"))["rules"]) == 4
        assert (await edi.do("PUT", "/rule-presets/hosts", {"on": True}))["group_id"] == on["group_id"]
        assert not (await edi.do("PUT", "/rule-presets/hosts", {"on": False}))["is_on"]
        assert (await edi.get("/rules"))["total"] == 0
        assert await edi.refused("PUT", "/rule-presets/none", {"on": True}) == (404, "no_preset")


@pytest.mark.parametrize(
    ("group", "why"),
    [
        ({"name": "n" * 201, "rules": [RULE]}, "length"),
        ({"name": "g", "rules": [{**RULE, "alert": "A" * 201}]}, "length"),
        ({"name": "g", "rules": [{**RULE, "annotations": {"s": "x" * 20_001}}]}, "length"),
        ({"name": "g", "rules": [{"record": "a", "expr": "up"}] * 1001}, "length"),
        ({"name": "g", "limit": -1, "rules": [RULE]}, ">= 0"),
    ],
)
async def test_a_file_may_have_no_more_than_the_api_takes(
    stage_of: Callable[..., Any], group: dict[str, Any], why: str
) -> None:
    """Else it would be kept and could never be read again, and nobody's rules would be evaluated."""
    async with stage_of() as stage:
        edi = await stage.person("edi")
        answer = await edi.ask("POST", "/rule-groups/import", {"text": json.dumps({"groups": [group]})})
        assert answer.status_code == 422
        assert why in answer.json()["detail"]
        assert (await edi.get("/rules"))["total"] == 0


async def test_a_file_names_each_group_once(stage_of: Callable[..., Any]) -> None:
    async with stage_of() as stage:
        edi = await stage.person("edi")
        text = json.dumps({"groups": [{"name": "g", "rules": [RULE]}, {"name": "g", "rules": []}]})
        wish = {"text": text, "replace": True}
        assert await edi.refused("POST", "/rule-groups/import", wish) == (422, "bad_rules")


async def test_what_only_looks_like_a_nul_is_none(stage_of: Callable[..., Any]) -> None:
    async with stage_of() as stage:
        edi = await stage.person("edi")
        rule = {**RULE, "annotations": {"s": r"\u0000"}}
        await edi.do("POST", "/rule-groups", {"group": {"name": "g", "rules": [rule]}})
        wrong = {**RULE, "annotations": {"s": "\0"}}
        refused = await edi.refused("POST", "/rule-groups", {"group": {"name": "h", "rules": [wrong]}})
        assert refused == (422, "bad_rules")


async def test_a_ready_group_that_lacks_a_rule_is_changed(stage_of: Callable[..., Any]) -> None:
    async with stage_of() as stage:
        edi = await stage.person("edi")
        on = await edi.do("PUT", "/rule-presets/hosts", {"on": True})
        assert not on["is_changed"]
        group = await edi.get(f"/rule-groups/{on['group_id']}")
        await edi.do("DELETE", f"/rules/{group['rules'][0]['id']}")
        presets = (await edi.get("/rule-presets"))["presets"]
        assert presets[0]["is_changed"]


async def test_switched_on_twice_at_once_there_is_one_group(stage_of: Callable[..., Any]) -> None:
    async with stage_of() as stage:
        edi = await stage.person("edi")
        on = [edi.do("PUT", "/rule-presets/hosts", {"on": True}) for _ in range(5)]
        assert len({one["group_id"] for one in await asyncio.gather(*on)}) == 1
        assert len((await edi.get("/rule-groups"))["groups"]) == 1
