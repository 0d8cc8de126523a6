"""Variables stand for the same here as in the cabinet, which runs the same cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from obsv.dashboards.variable_query import BadPattern, choices, parse_query
from obsv.dashboards.variables import Chosen, Unsafe, builtins, in_order, interpolate

CASES = Path(__file__).parent / "cases"
INTERPOLATION: list[dict[str, Any]] = json.loads((CASES / "interpolation.json").read_text())
VARIABLES: dict[str, list[dict[str, Any]]] = json.loads((CASES / "variables.json").read_text())


def chosen_of(case: dict[str, Any]) -> Chosen:
    return Chosen(
        tuple(case["value"]),
        tuple(case.get("texts", ())),
        is_several=case.get("several", False),
        is_all=case.get("all", False),
        all_value=case.get("all_value", ""),
        is_trusted=not case.get("foreign", False),
    )


@pytest.mark.parametrize("case", INTERPOLATION, ids=lambda case: case["text"])
def test_interpolation(case: dict[str, Any]) -> None:
    known = {**builtins(0, 3_600_000, 15_000), "v": chosen_of(case)}
    if case.get("unsafe"):
        with pytest.raises(Unsafe):
            interpolate(case["text"], known)
    else:
        assert interpolate(case["text"], known) == case["expr"]


@pytest.mark.parametrize("case", VARIABLES["queries"], ids=lambda case: case["text"])
def test_queries(case: dict[str, Any]) -> None:
    assert parse_query(case["text"]) == (case["kind"], case["selector"], case["label"])


@pytest.mark.parametrize("case", VARIABLES["choices"], ids=lambda case: case["regex"] or case["sort"])
def test_choices(case: dict[str, Any]) -> None:
    found = choices(case["values"], case["regex"], case["sort"])
    assert [[one.value, one.text] for one in found] == case["choices"]


def test_a_pattern_that_is_none() -> None:
    with pytest.raises(BadPattern, match="cannot be used"):
        choices(["a"], "/(/", "")


def test_each_after_those_that_it_asks_with() -> None:
    assert list(in_order({"c": "$b $a", "b": "${a:raw}", "a": "", "own": "$own"})) == ["a", "own", "b", "c"]
    assert list(in_order({"a": "$b", "b": "$a", "c": "$a"})) == ["a", "b", "c"]
