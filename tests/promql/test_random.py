"""Random queries over odd data: obsv and a real Prometheus give the same answers (`OBSV_RANDOM_QUERIES` of them)."""

from __future__ import annotations

import os
import random
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obsv.metrics.promql import parse, print_expr
from obsv.metrics.promql.ast import Node, Selector, children, descendants
from tests.bench import servers
from tests.bench.servers import Target
from tests.metrics.ingest.wire import snappy
from tests.promql.random_queries import STEP_MS, Maker, bodies
from tests.promql.test_differential import FLAG, ask, why_different

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.timeout(900)]

COUNT = int(os.environ.get("OBSV_RANDOM_QUERIES", "400"))
SEED = int(os.environ.get("OBSV_SEED", "1"))
STEPS = 80


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, peers: Path) -> Iterator[tuple[Target, Target, int]]:
    """obsv, Prometheus, and the second at which the data ends."""
    folder = tmp_path_factory.mktemp("random")
    end_ms = int(time.time()) * 1000
    with servers.obsv(folder / "obsv") as ours, servers.prometheus(peers, folder / "prometheus", FLAG) as theirs:
        for body in bodies(end_ms - STEPS * STEP_MS, STEPS, random.Random(SEED)):
            for target in (ours, theirs):
                headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", **target.headers}
                url = f"{target.base_url}/api/v1/write"
                with urllib.request.urlopen(urllib.request.Request(url, snappy(body), headers), timeout=30) as answer:
                    assert answer.status == 204
        yield ours, theirs, end_ms // 1000


def why(both: tuple[Target, Target, int], text: str, params: dict[str, str]) -> str:
    """ "" for the same answer of both; two errors of one kind are the same, whichever series they name."""
    ours, theirs, _ = both
    kind = "query_range" if "step" in params else "query"
    one, other = ask(ours, kind, {"query": text, **params}), ask(theirs, kind, {"query": text, **params})
    if one["status"] == other["status"] == "error":
        return "" if one["errorType"] == other["errorType"] else f"{one['error']} against {other['error']}"
    return why_different(one, other)


def smallest(both: tuple[Target, Target, int], node: Node, params: dict[str, str]) -> str:
    """The smallest part of a query that differs by itself."""
    for child in children(node):
        if child.type in ("vector", "scalar") and why(both, print_expr(child), params):
            return smallest(both, child, params)
    return print_expr(node)


def test_random_queries(both: tuple[Target, Target, int]) -> None:
    dice, end_s = random.Random(SEED), both[2]
    maker = Maker(dice)
    different: list[str] = []
    for number in range(COUNT):
        text = maker.query(dice.randrange(1, 4))
        moment: dict[str, Any] = {"time": str(end_s - dice.randrange(0, STEPS * 15))}
        if number % 2:
            begin = end_s - dice.randrange(60, STEPS * 15)
            moment = {"start": str(begin), "end": str(begin + 600), "step": dice.choice(("13", "30", "60"))}
        if found := why(both, text, moment):
            part = smallest(both, parse(text), moment)
            different.append(f"{part}\n    {moment} {why(both, part, moment) or found}")
    assert not different, f"{len(different)} of {COUNT} differ (seed {SEED}):\n" + "\n".join(different[:20])


def test_the_queries_are_valid_and_print_as_they_parse() -> None:
    maker = Maker(random.Random(SEED))
    for _ in range(300):
        text = print_expr(parse(maker.vector(3)))
        assert print_expr(parse(text)) == text
        assert any(isinstance(node, Selector) for node in descendants(parse(text))) or "vector(" in text
