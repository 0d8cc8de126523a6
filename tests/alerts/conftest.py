"""The whole application on a fresh database of each engine, with people and tokens of two organisations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.dashboards.stage import staged
from tests.database import database, database_url, engine_name

__all__ = ["database", "database_url", "engine_name"]


@pytest.fixture
def stage_of(tmp_path: Path, database_url: str) -> Callable[..., Any]:
    """Makes a stage; settings may be given as `{"dashboards.dir": …}`."""
    return lambda **settings: staged(tmp_path, database_url, settings)
