"""The front end's twin of the model."""

from __future__ import annotations

from tests.dashboards.model_ts import TARGET, Writer


def test_the_twin_is_current() -> None:
    assert TARGET.read_text(encoding="utf-8") == Writer().write(), "run python -m tests.dashboards.model_ts"
