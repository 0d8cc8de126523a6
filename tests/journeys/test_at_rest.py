"""A stolen database opens nothing: canaries of every kind of secret, looked for in its file and in a dump of it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from tests.live import Live
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET
from tests.ports import free_port
from tests.postgres import Server, create_database, server

API = "/api/obsv/v1"
PASSWORD = "canary horse battery 9"
ANOTHER = "canary staple correct 8"

CONFIG = """
[[auth.provider]]
slug = "corp"
kind = "oidc"
issuer = "{issuer}"
client_id = "{client_id}"
client_secret = "{client_secret}"
allow_private = true
"""


@dataclass
class Ann:
    """A browser at the live instance, and every secret that passed through it."""

    client: httpx.Client
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    csrf: str = ""

    def door(self, path: str, **form: str) -> httpx.Response:
        answer = self.client.post(path, data=form, headers={"Sec-Fetch-Site": "same-origin"})
        self.note()
        return answer

    def must(self, method: str, path: str, content: object = None) -> Any:
        headers = {"Sec-Fetch-Site": "same-origin", "X-CSRF-Token": self.csrf}
        answer = self.client.request(method, API + path, json=content, headers=headers)
        assert answer.is_success, answer.text
        self.note()
        return answer.json() if answer.content else {}

    def note(self) -> None:
        """The session's value of now, and its CSRF token."""
        cookie = self.client.cookies.get("obsv_session", "")
        if cookie and cookie not in self.secrets.values():
            self.secrets[f"session {len(self.secrets)}"] = cookie
            answer = self.client.get(f"{API}/session")
            if answer.is_success:
                self.csrf = self.secrets[f"csrf {len(self.secrets)}"] = answer.json()["csrf"]


@contextmanager
def provider() -> Iterator[str]:
    """Somewhere else to sign in, as a process of its own; its URL."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.oidc_provider", str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{url}/_log")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield url
    finally:
        process.kill()
        process.wait(10)


def set_up(live: Live, ann: Ann) -> None:
    """An owner with an app, a token, an invitation and a way in from elsewhere, who forgot the password once."""
    url = live.setup_url()
    ann.secrets["set-up code"] = url.partition("code=")[2]
    form = {"name": "Canary Name", "email": "canary@example.org", "organisation": "Acme", "is_16": "on"}
    ann.door("/setup", code=ann.secrets["set-up code"], password=PASSWORD, **form)
    ann.secrets |= {"password": PASSWORD, "email": form["email"], "name": form["name"]}

    made = ann.must("POST", "/tokens", {"name": "t", "scopes": ["metrics:read"]})["token"]
    ann.secrets |= {"API token": made, "API token's secret": made.split("_")[3]}
    link = ann.must("POST", "/org/invitations", {"email": "guest-canary@example.org", "role": "viewer"})["link"]
    ann.secrets |= {"invitation": link.partition("code=")[2], "invited address": "guest-canary@example.org"}

    ann.secrets["TOTP secret"] = secret = ann.must("POST", "/me/totp")["secret"]
    done = ann.must("POST", "/me/totp/confirm", {"code": pyotp.TOTP(secret).now()})
    for number, code in enumerate(done["recovery_codes"]):
        ann.secrets |= {f"recovery code {number}": code, f"recovery code {number} plain": code.replace("-", "")}

    url = ann.must("POST", "/me/identities/corp/link", {})["url"]
    back = httpx.get(url).headers["location"]
    landed = ann.client.get(back.partition("localhost")[2].partition("/")[2].join(("/", "")))
    assert landed.is_redirect, landed.text
    assert ann.must("GET", "/me/identities")["identities"][0]["linked_at_ms"], "nobody to look for"
    ann.secrets |= {"OAuth token": "oidc-access-", "OAuth client secret": CLIENT_SECRET}

    ann.door("/forgot", email=form["email"])
    for _ in range(100):
        if found := re.findall(r"/reset[?]code=([\w~.-]+)", live.log):
            ann.secrets["reset code"] = found[-1]
            break
        time.sleep(0.1)
    ann.door("/reset", code=ann.secrets["reset code"], password=ANOTHER)
    ann.secrets["new password"] = ANOTHER
    ann.door("/login", email=form["email"], password=ANOTHER)


def found_in(ann: Ann, haystack: bytes) -> list[str]:
    folded = haystack.lower()
    return [name for name, secret in ann.secrets.items() if secret.lower().encode() in folded]


@contextmanager
def prepared(folder: Path, database: str) -> Iterator[Ann]:
    with provider() as issuer:
        config = folder / "obsv.toml"
        config.write_text(CONFIG.format(issuer=issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET))
        live = Live(folder, database, options=("--config", str(config)))
        live.start()
        try:
            with httpx.Client(base_url=live.url) as client:
                ann = Ann(client)
                set_up(live, ann)
                kinds = {name.rstrip(" 0123456789") for name in ann.secrets}
                assert kinds >= {
                    "session",
                    "csrf",
                    "password",
                    "TOTP secret",
                    "recovery code",
                    "API token",
                    "OAuth token",
                }
                yield ann
        finally:
            live.stop()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_file(tmp_path: Path) -> None:
    """While it is open and after it was closed; the folder of the keys is apart, and so is the bundled agent's token."""
    data = tmp_path / "data"

    def everything() -> bytes:
        files = (path for path in data.rglob("*") if path.is_file() and "keys" not in path.parts)
        return b"".join(path.read_bytes() for path in files)

    with prepared(tmp_path, "sqlite") as ann:
        told = everything()
        assert b"CREATE TABLE users" in told  # it is the right place to look
        assert found_in(ann, told) == []
    assert found_in(ann, everything()) == []
    assert found_in(ann, everything() + ann.secrets["TOTP secret"].encode()) == ["TOTP secret"]


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_a_dump_of_postgres_and_its_files(tmp_path: Path) -> None:
    """Its write-ahead log too."""
    with server() as running, prepared(tmp_path, await create_database(running.url())) as ann:
        dump = dumped(running, tmp_path)
        assert b"COPY public.users" in dump
        assert found_in(ann, dump) == []
        files = b"".join(path.read_bytes() for path in running.data.rglob("*") if path.is_file())
        assert b"acme" in files
        assert found_in(ann, files) == []


def dumped(running: Server, folder: Path) -> bytes:
    target = folder / "dump.sql"
    with target.open("wb") as file:
        subprocess.run([running.binaries / "pg_dumpall", "-d", running.url()], stdout=file, check=True)
    return target.read_bytes()
