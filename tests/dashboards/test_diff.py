"""What differs between two documents, whatever stands where."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from obsv.dashboards.diff import diff
from obsv.dashboards.model import Dashboard
from tests.dashboards.grown import GROWN


def document(**changes: Any) -> Dashboard:
    return msgspec.convert({"key": "a", "title": "A", **changes}, Dashboard)


def panels(*made: dict[str, Any]) -> Dashboard:
    return document(panels=list(made))


ONE, TWO = {"id": 1, "title": "One"}, {"id": 2, "title": "Two", "queries": [{"expr": "a"}, {"ref": "B", "expr": "b"}]}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (document(), document(title="B"), [("title", "A", "B", "")]),
        (document(tags=["x"]), document(), [("tags", ["x"], None, "")]),
        (panels(ONE), panels(TWO, ONE), [("panels.2", None, TWO, "Two"), ("panels.(order)", ["1"], ["2", "1"], "")]),
        (panels(ONE, TWO), panels(TWO), [("panels.1", ONE, None, "One")]),
        (panels(ONE, TWO), panels(TWO, ONE), [("panels.(order)", ["1", "2"], ["2", "1"], "")]),
        (
            panels(TWO),
            panels({**TWO, "queries": [{"expr": "a", "legend": "x"}]}),
            [
                ("panels.2.queries.A.legend", None, "x", "Two"),
                ("panels.2.queries.B", {"ref": "B", "expr": "b"}, None, "Two"),
            ],
        ),
        (
            panels({**ONE, "view": {"kind": "stat", "spark": True}}),
            panels({**ONE, "view": {"kind": "gauge", "labels": True}}),
            [("panels.1.view", {"kind": "stat", "spark": True}, {"kind": "gauge", "labels": True}, "One")],
        ),
        (
            panels({**ONE, "links": [{"title": "a", "url": "/a"}]}),
            panels({**ONE, "links": [{"title": "b", "url": "/a"}, {"title": "c", "url": "/c"}]}),
            [
                ("panels.1.links.0.title", "a", "b", "One"),
                ("panels.1.links.1", None, {"title": "c", "url": "/c"}, "One"),
            ],
        ),
        (
            document(variables=[{"name": "v", "value": ["a"]}]),
            document(variables=[{"name": "v", "value": ["b"]}]),
            [("variables.v.value", ["a"], ["b"], "")],
        ),
    ],
)
def test_changes(before: Dashboard, after: Dashboard, expected: list[tuple[str, Any, Any, str]]) -> None:
    assert [(one.path, one.before, one.after, one.panel) for one in diff(before, after)] == expected


def test_the_same_has_no_changes() -> None:
    grown = msgspec.convert(GROWN, Dashboard)
    assert diff(grown, msgspec.convert(GROWN, Dashboard)) == []
