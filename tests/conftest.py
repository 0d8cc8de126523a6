"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import postgres_dsn, postgres_url
from tests.web.browser import chromium

# How long an example takes says more about the machine than about the code.
settings.register_profile("obsv", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("obsv")

__all__ = ["chromium", "conformance_dir", "postgres_dsn", "postgres_url"]


@pytest.fixture(scope="session")
def conformance_dir() -> Path:
    """Folder of the acceptance material, which is not part of the repository."""
    folder = Path(os.environ.get("OBSV_CONFORMANCE_DIR", "../shared"))
    if not folder.is_dir():
        pytest.skip(f"conformance material absent: {folder} (set OBSV_CONFORMANCE_DIR)")
    return folder


@pytest.fixture(scope="session")
def peers() -> Path:
    """Folder of real Prometheus, VictoriaMetrics and node exporter binaries (`tests/peers.sh`)."""
    folder = Path(os.environ.get("OBSV_PEERS_DIR", ".cache/peers"), "usr", "bin").absolute()
    if not (folder / "prometheus").exists():
        if os.environ.get("OBSV_REQUIRE_PEERS") == "1":
            pytest.fail(f"no peers in {folder}")
        pytest.skip("peers: none here (tests/peers.sh .cache/peers brings them)")
    return folder
