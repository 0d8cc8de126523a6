"""`obsv apply` and `obsv export`: what goes out comes back the same, on both engines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dashboards.grown import GROWN
from tests.database import database_url, engine_name
from tests.live import Live

__all__ = ["database_url", "engine_name"]


@pytest.fixture
def live(tmp_path: Path, database_url: str) -> Iterator[Live]:
    made = Live(tmp_path / "live", database_url)
    made.folder.mkdir()
    yield made
    made.stop()


def put(folder: Path, **files: str) -> Path:
    """Files in `dashboards/`."""
    own = folder / "dashboards"
    own.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (own / name.replace("_", ".")).write_text(text)
    return folder


def applied(live: Live, folder: Path, *flags: str, kind: str = "dashboard") -> Any:
    answer = json.loads(live.cli("apply", "-f", str(folder), "--json", *flags))
    (found,) = [one for one in answer["kinds"] if one["kind"] == kind]
    return found


RULES = """
groups:
- name: web
  interval: 30s
  rules:
  - {alert: Busy, expr: load > 5, for: 5m, labels: {severity: page}}
  - {record: twice, expr: load * 2}
- name: "Odd name/1"
  rules: [{alert: A, expr: up == 0}]
"""


@pytest.mark.slow
def test_rules_there_and_back(live: Live, tmp_path: Path) -> None:
    first = tmp_path / "first"
    (first / "rules").mkdir(parents=True)
    (first / "rules" / "all.yml").write_text(RULES)
    made = applied(live, first, kind="rules")
    assert made["new"] == ["odd-name-1-" + made["new"][0][-6:], "web"]
    for form in ("toml", "json"):
        live.cli("export", str(tmp_path / form), "--format", form)
        same = applied(live, tmp_path / form, "--prune", kind="rules")
        assert (same["same"], same["changed"], same["new"], same["gone"]) == (made["new"], {}, [], [])
    file = tmp_path / "toml" / "rules" / "web.toml"
    file.write_text(file.read_text().replace('for = "5m"', 'for = "1m"'))
    changed = applied(live, tmp_path / "toml", kind="rules")["changed"]
    assert changed == {"web": [{"path": "rules.Busy.for", "before": "5m", "after": "1m"}]}
    file.unlink()
    assert applied(live, tmp_path / "toml", "--prune", kind="rules")["gone"] == ["web"]
    file.write_text('name = "web"\n[[rules]]\nalert = "A"\nexpr = "sum("\n')
    with pytest.raises(AssertionError, match=r"web\.toml.*parse error"):
        live.cli("apply", "-f", str(tmp_path / "toml"))


@pytest.mark.slow
def test_there_and_back(live: Live, tmp_path: Path) -> None:
    first = put(tmp_path / "first", grown_json=json.dumps(GROWN), small_toml='key = "small"\ntitle = "Small"\n')
    rehearsed = applied(live, first, "--dry-run")
    assert rehearsed["new"] == ["grown", "small"]
    assert applied(live, first) == rehearsed
    for form in ("toml", "json"):
        live.cli("export", str(tmp_path / form), "--format", form)
        assert sorted(path.name for path in (tmp_path / form / "dashboards").iterdir()) == [
            *(f"grown.{form}", f"small.{form}")
        ]
        same = applied(live, tmp_path / form, "--prune")
        assert (same["same"], same["changed"], same["new"], same["gone"]) == (["grown", "small"], {}, [], [])
        again = {path.name: path.read_text() for path in (tmp_path / form / "dashboards").iterdir()}
        live.cli("export", str(tmp_path / form), "--format", form)
        assert again == {path.name: path.read_text() for path in (tmp_path / form / "dashboards").iterdir()}


@pytest.mark.slow
def test_changes_and_what_is_gone(live: Live, tmp_path: Path) -> None:
    folder = put(tmp_path / "f", a_toml='key = "a"\ntitle = "A"\n', b_toml='key = "b"\ntitle = "B"\n')
    applied(live, folder)
    put(folder, a_toml='key = "a"\ntitle = "A!"\ntags = ["x"]\n')
    (folder / "dashboards" / "b.toml").unlink()
    told = live.cli("apply", "-f", str(folder), "--prune", "--dry-run")
    assert told.splitlines() == [
        "~ dashboard a",
        '    title: "A" -> "A!"',
        '    tags: none -> ["x"]',
        "- dashboard b",
        "Nothing was changed: 0 new, 1 changed, 1 gone, 0 as they are.",
    ]
    assert applied(live, folder)["gone"] == []
    assert applied(live, folder, "--prune")["gone"] == ["b"]
    assert applied(live, folder, "--prune") == {
        "kind": "dashboard",
        "new": [],
        "changed": {},
        "gone": [],
        "same": ["a"],
    }


@pytest.mark.slow
def test_monitors_there_and_back(live: Live, tmp_path: Path) -> None:
    own = tmp_path / "f" / "monitors"
    own.mkdir(parents=True)
    (own / "key.txt").write_text("hush-2\n")
    check = (
        '[check]\nkind = "http"\nurl = "https://a.example/"\nuser = "ann"\npassword_env = "SHOP"\n'
        'secret_headers_file = { X-Key = "key.txt" }\n\n[[check.json]]\npath = "$.a"\n'
    )
    (own / "shop.toml").write_text(f'key = "shop"\nname = "Shop"\ninterval_s = 30\n\n{check}')
    (own / "beat.json").write_text('{"key": "beat", "name": "Beat", "check": {"kind": "heartbeat"}}')
    live.env["SHOP"] = "hush-1"
    assert applied(live, tmp_path / "f", kind="monitor")["new"] == ["beat", "shop"]
    assert applied(live, tmp_path / "f", kind="monitor")["same"] == ["beat", "shop"]
    for form in ("toml", "json"):
        live.cli("export", str(tmp_path / form), "--format", form)
        written = (tmp_path / form / "monitors" / f"shop.{form}").read_text()
        assert "hush" not in written
        assert "X-Key" in written
        same = applied(live, tmp_path / form, "--prune", kind="monitor")
        assert (same["same"], same["changed"], same["gone"]) == (["beat", "shop"], {}, [])
    live.env["SHOP"] = "hush-3"
    told = live.cli("apply", "-f", str(tmp_path / "f"))
    assert '    check.password: "(a secret)" -> "(another secret)"' in told.splitlines()
    assert "hush" not in told
    (own / "beat.json").unlink()
    assert applied(live, tmp_path / "f", "--prune", kind="monitor")["gone"] == ["beat"]
    (own / "bad.toml").write_text('key = "bad"\nname = "Bad"\n\n[check]\nkind = "http"\nurl = "https://a@b.example/"\n')
    (own / "worse.toml").write_text('key = "worse"\nname = "Shop"\n\n[check]\nkind = "heartbeat"\ncron = "x"\n')
    del live.env["SHOP"]
    with pytest.raises(AssertionError) as refused:
        live.cli("apply", "-f", str(tmp_path / "f"))
    said = str(refused.value)
    assert "bad.toml:6: check.url: has a user in it" in said
    assert "worse.toml:6: check.cron: expected a cron expression" in said
    assert "check.password_env: the environment has no SHOP" in said


def test_mistakes_change_nothing(tmp_path: Path) -> None:
    live = Live(tmp_path)
    folder = put(
        tmp_path / "f",
        a_toml='key = "a"\ntitle = "A"\n',
        b_toml='key = "b"\ntitle = "B"\n\n[[panels]]\nid = 1\ncolour = "red"\n',
        c_json='{"key": "a",\n "title": "C"}',
    )
    with pytest.raises(AssertionError) as refused:
        live.cli("apply", "-f", str(folder))
    said = str(refused.value)
    assert "b.toml:6: panels.0.colour: unknown key" in said
    assert 'c.json: key: "a" is in a.toml already' in said
    (folder / "dashboards" / "b.toml").unlink()
    (folder / "dashboards" / "c.json").unlink()
    assert applied(live, folder)["new"] == ["a"]


def test_one_file_a_dashboard(tmp_path: Path) -> None:
    live = Live(tmp_path)
    folder = put(tmp_path / "f", a_toml='key = "a"\ntitle = "A"\n')
    applied(live, folder)
    with pytest.raises(AssertionError, match=r"a\.toml, which would be there twice"):
        live.cli("export", str(folder), "--format", "json")


def put_channel(folder: Path, name: str, text: str) -> Path:
    own = folder / "channels"
    own.mkdir(parents=True, exist_ok=True)
    (own / name).write_text(text)
    return folder


def channels(live: Live, folder: Path, *flags: str) -> Any:
    answer = json.loads(live.cli("apply", "-f", str(folder), "--json", *flags))
    return next(kind for kind in answer["kinds"] if kind["kind"] == "channel")


@pytest.mark.slow
def test_channels_keep_their_secrets(live: Live, tmp_path: Path) -> None:
    live.env["OPS_URL"] = "https://hooks.example.org/secret-1"
    text = 'name = "Ops"\nkind = "webhook"\n\n[settings]\nurl_env = "OPS_URL"\nmethod = "PUT"\n'
    folder = put_channel(tmp_path / "f", "ops.toml", text)
    assert channels(live, folder)["new"] == ["Ops"]
    assert channels(live, folder)["same"] == ["Ops"]
    live.env["OPS_URL"] = "https://hooks.example.org/secret-2"
    assert channels(live, folder)["changed"] == {"Ops": [{"path": "settings.url", "before": "***", "after": "***"}]}
    live.cli("export", str(tmp_path / "out"))
    written = (tmp_path / "out" / "channels" / "Ops.toml").read_text()
    assert "secret" not in written
    again = channels(live, tmp_path / "out", "--prune")
    assert (sorted(again["same"]), again["gone"]) == (["Ops"], [])
    put_channel(folder, "bad.toml", 'name = "x"\nkind = "pigeon"\n')
    with pytest.raises(AssertionError, match="no kind of channel 'pigeon'"):
        live.cli("apply", "-f", str(folder))


ROUTING = """
route: {receiver: team, group_by: ["..."], routes: [{receiver: team, matchers: ['a="b"'], continue: true}]}
receivers: [{name: team, channels: [Owners by email]}]
"""


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_routing_there_and_back(live: Live, tmp_path: Path) -> None:
    folder = tmp_path / "f" / "routing"
    folder.mkdir(parents=True)
    (folder / "routing.yaml").write_text(ROUTING)
    assert applied(live, folder.parent, kind="routing")["new"] == ["routing"]
    for form in ("toml", "json"):
        live.cli("export", str(tmp_path / form), "--format", form)
        assert applied(live, tmp_path / form, kind="routing")["same"] == ["routing"]
    (folder / "routing.yaml").write_text(ROUTING.replace('"..."', "alertname"))
    (change,) = applied(live, folder.parent, kind="routing")["changed"]["routing"]
    assert (change["path"], change["after"]) == ("route.group_by", ["alertname"])
    (folder / "routing.yaml").write_text(ROUTING.replace("receiver: team,", "receiver: nobody,"))
    with pytest.raises(AssertionError, match=r'route\.receiver: there is no receiver "nobody"'):
        live.cli("apply", "-f", str(folder.parent))
