"""Ready groups, beside what the docs say of them."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

from obsv.alerts.presets import PRESETS
from obsv.metrics.yaml_text import load_yaml


def _documented() -> list[dict[str, Any]]:
    text = files("obsv.site").joinpath("docs/monitors.md").read_text()
    (block,) = (one for one in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if one.startswith("groups:"))
    groups: list[dict[str, Any]] = load_yaml(block)["groups"]
    return groups


def test_the_docs_of_monitors_have_the_ready_rules_as_they_are() -> None:
    documented = _documented()
    assert [group["name"] for group in documented] == ["Monitors", "Certificates"]
    for group in documented:
        ready = PRESETS[group["name"].lower()].group
        assert ready.name == group["name"]
        assert [rule.alert for rule in ready.rules] == [rule["alert"] for rule in group["rules"]]
        for rule, said in zip(ready.rules, group["rules"], strict=True):
            # What the docs leave out: a monitor that is deleted or paused alerts no more.
            assert rule.no_data == "ok"
            assert (rule.expr, rule.for_) == (said["expr"], said.get("for", "0s"))
            assert (rule.labels, rule.annotations) == (said["labels"], said["annotations"])
