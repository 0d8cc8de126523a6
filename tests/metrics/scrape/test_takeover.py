"""A real appliance: a restart goes on scraping, secrets come from files, and a rule file that is wrong is said."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.live import Live


class Target(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("Authorization", ""))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"a 1\n")

    def log_message(self, *_: object) -> None: ...


def settings(folder: Path, port: int) -> Path:
    (folder / "token").write_text("geheim\n")
    (folder / "rules.yml").write_text("groups: [{name: g, interval: 1s, rules: [{record: b, expr: a + 1}]}]")
    path = folder / "obsv.toml"
    path.write_text(
        f'[[scrape]]\norg = "operator"\njob = "app"\ntargets = ["127.0.0.1:{port}"]\ninterval = "1s"\ntimeout = "1s"\n'
        f'bearer_token_file = "{folder}/token"\n'
        f'[[metrics.rules]]\norg = "operator"\nfiles = ["{folder}/rules.yml"]\n'
    )
    return path


def value(live: Live, token: str, query: str) -> float:
    url = f"{live.url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        result = json.load(answer)["data"]["result"]
    return float(result[0]["value"][1]) if result else 0.0


def wait_for(live: Live, token: str, query: str, least: float) -> None:
    deadline = time.monotonic() + 20
    while value(live, token, query) < least:
        assert time.monotonic() < deadline, f"{query}: {value(live, token, query)}\n{live.log}"
        time.sleep(0.2)


def test_scraping_survives_a_kill(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Target) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        live = Live(tmp_path, options=("--config", str(settings(tmp_path, server.server_address[1]))))
        try:
            live.start()
            token = live.token()
            wait_for(live, token, "count_over_time(b[5m])", 2)
            before = value(live, token, "count_over_time(up[5m])")
            live.kill()
            live.start()
            wait_for(live, token, "count_over_time(up[5m])", before + 2)
            wait_for(live, token, "b * (time() - timestamp(b) < bool 3)", 2)
        finally:
            live.stop()
            server.shutdown()
            thread.join()
    assert set(Target.asked) == {"Bearer geheim"}
    assert "geheim" not in live.log


def test_a_wrong_rule_file_is_said_and_nothing_starts(tmp_path: Path) -> None:
    path = settings(tmp_path, 1)
    (tmp_path / "rules.yml").write_text("groups: [{name: g, rules: [{record: b, expr: 'a +'}]}]")
    live = Live(tmp_path, options=("--config", str(path)))
    done = subprocess.run(
        [sys.executable, "-m", "obsv", "serve", *live.options],
        env=live._env(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert f'{tmp_path}/rules.yml: group "g", rule 1 (b): 1:4: parse error' in done.stderr
