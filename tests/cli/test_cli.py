"""The command line is a contract: names, flags, exit codes, JSON."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from obsv import __version__
from obsv.cli import main, parser
from tests.cli.commands import leaves

CONTRACT = {
    "serve": {"--config", "--data-dir", "--host", "--port"},
    "migrate": {"--config", "--data-dir", "--json"},
    "doctor": {"--config", "--data-dir", "--json"},
    "version": {"--config", "--data-dir", "--json"},
    "config check": {"--config", "--data-dir", "--json"},
    "plugins list": {"--config", "--data-dir", "--json"},
    "admin create-user": {
        "--config",
        "--data-dir",
        "--email",
        "--name",
        "--org",
        "--role",
        "--password-stdin",
        "--json",
    },
    "admin create-token": {"--config", "--data-dir", "--org", "--name", "--scopes", "--allow", "--json"},
    "agent": {"--config", "--data-dir", "--url", "--token", "--interval", "--scrape"},
}


COMMANDS = dict(leaves(parser()))


@pytest.mark.parametrize("name", CONTRACT)
def test_flags(name: str) -> None:
    assert set(COMMANDS[name]._option_string_actions) >= CONTRACT[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_explains(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*name.split(), "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "--config" in text
    assert all(action.help for action in COMMANDS[name]._actions), "a flag is not explained"


@pytest.mark.parametrize(
    "words", [[], ["srve"], ["serve", "--port", "0"], ["serve", "--port", "x"], ["config"], ["serve", "--no-such"]]
)
def test_misuse_is_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage: obsv" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == __version__


def test_config_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "obsv.toml"
    file.write_text("[server]\nport = 9000\n")
    assert main(["config", "check", "--config", str(file)]) == 0
    assert capsys.readouterr().out == "The settings are fine.\n"
    file.write_text("[server]\n\nprot = 9000\n")
    assert main(["config", "check", "--config", str(file)]) == 1
    assert capsys.readouterr().err == f'{file}:3: server.prot: unknown key; did you mean "port"?\n'
    assert main(["config", "check", "--config", str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "ok": False,
        "problems": [
            {"source": str(file), "line": 3, "key": "server.prot", "message": 'unknown key; did you mean "port"?'}
        ],
    }


def test_config_check_says_what_is_risky(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("OBSV_SERVER__HOST", "0.0.0.0")
    assert main(["config", "check"]) == 0
    assert "without https" in capsys.readouterr().out


def test_settings_that_cannot_be_used_stop_every_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OBSV_SERVER__PORT", "many")
    assert main(["migrate"]) == 2
    assert "OBSV_SERVER__PORT: server.port: expected whole number" in capsys.readouterr().err


def test_migrate_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data-dir", str(tmp_path / "data")]
    assert main(["migrate", *data, "--json"]) == 0
    assert "m0001_foundation" in json.loads(capsys.readouterr().out)["applied"]
    assert main(["migrate", *data]) == 0
    assert capsys.readouterr().out == "Nothing to do.\n"


def test_a_database_that_is_away_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OBSV_DATABASE__URL", "postgres://obsv:hunter2@127.0.0.1:1/obsv")
    assert main(["migrate", "--data-dir", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("obsv: ")
    assert "hunter2" not in error
    assert error.count("\n") == 1


def test_a_port_that_is_taken_is_said_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["serve", "--port", str(port), "--data-dir", str(tmp_path / "data")]) == 1
    expected = f"obsv: cannot listen on 127.0.0.1:{port}: Address already in use. Choose another port with --port.\n"
    assert capsys.readouterr().err == expected
    assert not (tmp_path / "data").exists()


def test_plugins_list(capsys: pytest.CaptureFixture[str]) -> None:
    main(["plugins", "list", "--json"])
    for plugin in json.loads(capsys.readouterr().out):
        assert set(plugin) == {"group", "name", "version", "package", "target", "error"}
    main(["plugins", "list"])
    assert capsys.readouterr().out.startswith("GROUP")


def test_help_needs_no_heavy_imports() -> None:
    code = "import sys; from obsv.cli import parser; parser(); print(*sys.modules)"
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert time.monotonic() - begun < 2
    assert not {"litestar", "piccolo", "numpy", "uvicorn", "httpx"} & set(done.stdout.split())
