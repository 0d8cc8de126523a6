"""The language by scripts: our own, and Prometheus' conformance files where they are present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.promql.promqltest import run_file

OWN = sorted(Path(__file__).parent.joinpath("data").glob("*.test"))
CONFORMANCE = Path(os.environ.get("OBSV_CONFORMANCE_DIR", "../shared")) / "promqltest"
# How many cases pass; the rest of a file is about native histograms and later additions to the language.
FLOORS = {"aggregators": 124, "functions": 366, "literals": 25, "subquery": 32, "collision": 2}


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
async def test_our_scripts(path: Path) -> None:
    report = await run_file(path)
    assert not report.failures, "\n".join(report.failures)
    assert report.passed
    assert not report.skipped


@pytest.mark.parametrize("name", FLOORS)
async def test_conformance(name: str) -> None:
    path = CONFORMANCE / f"{name}.test"
    if not path.exists():
        pytest.skip("conformance: no promqltest files (OBSV_CONFORMANCE_DIR)")
    report = await run_file(path)
    assert not report.failures, "\n".join(report.failures)
    assert report.passed >= FLOORS[name]
