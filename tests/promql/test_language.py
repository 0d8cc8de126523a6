"""The language by scripts: our own, and Prometheus' conformance files where they are present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.promql.promqltest import run_file

OWN = sorted(Path(__file__).parent.joinpath("data").glob("*.test"))
CONFORMANCE = Path(os.environ.get("OBSV_CONFORMANCE_DIR", "../shared")) / "promqltest"


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
async def test_our_scripts(path: Path) -> None:
    report = await run_file(path)
    assert not report.failures, "\n".join(report.failures)
    assert report.passed


async def test_conformance() -> None:
    """Every case of every file passes; there are no exceptions."""
    paths = sorted(CONFORMANCE.glob("*.test"))
    if not paths:
        pytest.skip("conformance: no promqltest files (OBSV_CONFORMANCE_DIR)")
    reports = [await run_file(path) for path in paths]
    failures = [failure for report in reports for failure in report.failures]
    assert not failures, "\n".join(failures)
    assert sum(report.passed for report in reports) >= 1300
