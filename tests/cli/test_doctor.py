"""What the doctor finds, on real folders and real databases."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from pathlib import Path

import pytest

from obsv.cli import main

Capture = pytest.CaptureFixture[str]


def findings(capsys: Capture, data: Path, exit_code: int | None = None) -> dict[str, tuple[str, str]]:
    code = main(["doctor", "--data-dir", str(data), "--json"])
    found = {one["what"]: (one["state"], one["detail"]) for one in json.loads(capsys.readouterr().out)}
    assert code == int(any(state == "bad" for state, _ in found.values()))
    assert exit_code is None or code == exit_code
    return found


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> Path:
    """A migrated data directory, and a port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("OBSV_SERVER__PORT", str(probe.getsockname()[1]))
    folder = tmp_path / "data"
    assert main(["migrate", "--data-dir", str(folder)]) == 0
    capsys.readouterr()
    return folder


def test_a_fresh_machine(tmp_path: Path, capsys: Capture) -> None:
    found = findings(capsys, tmp_path / "new")
    assert found["database"] == ("ok", "SQLite, made at the first start")
    assert found["data directory"][0] == "ok"
    assert not (tmp_path / "new").exists()


def test_a_healthy_one(data: Path, capsys: Capture) -> None:
    found = findings(capsys, data)
    assert found["database"] == ("ok", "SQLite, schema up to date")
    assert found["port"][0] == "ok"
    assert found["clock"][0] == "ok"


def test_keys_that_others_can_read(data: Path, capsys: Capture) -> None:
    (data / "keys").mkdir()
    key = data / "keys" / "master.key"
    key.write_text("k")
    key.chmod(0o644)
    found = findings(capsys, data, exit_code=1)
    assert found["keys"][0] == "bad"
    assert f"chmod 600 {key}" in found["keys"][1]
    key.chmod(0o600)
    assert findings(capsys, data)["keys"][0] == "ok"


def test_a_clock_that_went_back(data: Path, capsys: Capture) -> None:
    future = 4_000_000_000
    os.utime(data / "obsv.sqlite", (future, future))
    assert findings(capsys, data, exit_code=1)["clock"][0] == "bad"


def test_a_database_that_is_none(data: Path, capsys: Capture) -> None:
    (data / "obsv.sqlite").write_bytes(b"this is not a database" * 100)
    found = findings(capsys, data, exit_code=1)
    assert found["database"][0] == "bad"


def test_a_database_that_lags(tmp_path: Path, data: Path, capsys: Capture) -> None:
    with sqlite3.connect(data / "obsv.sqlite") as raw:
        raw.execute("DELETE FROM schema_migrations WHERE id <> 'm0001_foundation'")
    raw.close()
    state, detail = findings(capsys, data)["database"]
    assert state == "note"
    assert "m0002" in detail


def test_a_store_that_is_not_there(data: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBSV_METRICS__STORE", "sqlight")
    assert "no plugin 'sqlight'" in findings(capsys, data, exit_code=1)["metric store"][1]


def test_a_port_in_use(data: Path, capsys: Capture) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(os.environ["OBSV_SERVER__PORT"])))
        other.listen()
        assert findings(capsys, data)["port"][0] == "note"


def test_a_folder_that_is_a_file(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert findings(capsys, file / "data", exit_code=1)["data directory"][0] == "bad"


def test_for_people(data: Path, capsys: Capture) -> None:
    main(["doctor", "--data-dir", str(data)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert all(line.split()[0] in {"ok", "note", "bad"} for line in lines)
