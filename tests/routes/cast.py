"""Who tries the routes: Acme's owner and viewer, owners of other organisations, tokens, and nobody."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.accounts.factors.authenticator import Authenticator
from tests.live import Live

PASSWORD = "correct horse battery 9"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
# The first owner runs the instance: Sam, who tries things at random and has no part in what the others are refused.
CAST = (("sam", "fuzz", "owner"), ("ann", "acme", "owner"), ("dot", "acme", "viewer"), ("eve", "other", "owner"))


@dataclass
class Person:
    """A browser that is signed in."""

    client: httpx.Client
    csrf: str = ""

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """A request of the cabinet: same origin, with the token."""
        sent = {**SAME_ORIGIN, "X-CSRF-Token": self.csrf, **headers}
        return self.client.request(method, path, json=None if method in ("GET", "DELETE") else body, headers=sent)


@dataclass
class Cast:
    """Everybody, and the ids of what is Acme's."""

    live: Live
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    ids: dict[str, str] = field(default_factory=dict[str, str])
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    def close(self) -> None:
        """Close everybody's browser."""
        for person in self.people.values():
            person.client.close()

    def operations(self) -> dict[str, dict[str, Any]]:
        """Every operation of the OpenAPI document by "METHOD path"."""
        document = httpx.get(self.live.url + "/api/obsv/v1/schema/openapi.json").json()
        return {
            f"{method.upper()} {path}": operation
            for path, item in document["paths"].items()
            for method, operation in item.items()
        }

    def path(self, operation: str) -> str:
        """The operation's path with the ids of Acme's things."""
        path = operation.split(" ", 1)[1]
        for name, value in self.ids.items():
            path = path.replace("{" + name + "}", value)
        return path


def _enrol(live: Live, name: str, org: str, role: str) -> None:
    arguments = ("--email", f"{name}@example.org", "--name", name, "--org", org, "--role", role)
    live.cli("admin", "create-user", *arguments, "--password-stdin", stdin=PASSWORD)


def sign_in(live: Live, name: str) -> Person:
    """Through the door, as a browser does."""
    client = httpx.Client(base_url=live.url, timeout=30)
    form = {"email": f"{name}@example.org", "password": PASSWORD}
    answer = client.post("/login", data=form, headers=SAME_ORIGIN)
    if "/login/age" in answer.headers.get("location", ""):
        client.post("/login/age", data={"is_16": "yes"}, headers=SAME_ORIGIN)
    return Person(client, client.get("/api/obsv/v1/session").json()["csrf"])


def gather(live: Live) -> Cast:
    """Make everybody and something of each kind."""
    cast = Cast(live)
    _enrol(live, *CAST[0])
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda one: _enrol(live, *one), CAST[1:]))
    cast.people = {name: sign_in(live, name) for name, _, _ in CAST}
    ann, eve = cast.people["ann"], cast.people["eve"]
    made = ann.ask("POST", "/api/obsv/v1/tokens", {"name": "little", "scopes": ["stats:read"]}).json()
    wish = {"name": "all", "scopes": ["admin:org", "audit:read", "members:read", "metrics:read"]}
    cast.tokens = {"little": made["token"], "eve": eve.ask("POST", "/api/obsv/v1/tokens", wish).json()["token"]}
    cast.ids = {"token_id": made["id"], **_possessions(ann, live.url), "provider": "nobody", "name": "job"}
    return cast


def _status(ann: Person, api: str) -> dict[str, str]:
    """Ids of a status page and what is on it."""
    page_id = ann.ask("POST", f"{api}/status-pages", {"slug": "acme", "title": "Acme"}).json()["id"]
    told = {"page_id": page_id, "title": "Slow", "text": "x"}
    incident = ann.ask("POST", f"{api}/incidents", told).json()
    now = int(time.time() * 1000)
    times = {"starts_at_ms": now + 86_400_000, "ends_at_ms": now + 90_000_000}
    return {
        "page_id": page_id,
        "component_id": ann.ask("POST", f"{api}/status-pages/{page_id}/components", {"name": "API"}).json()["id"],
        "incident_id": incident["id"],
        "update_id": incident["updates"][0]["id"],
        "maintenance_id": ann.ask("POST", f"{api}/maintenances", {**told, **times}).json()["id"],
        # Nobody subscribes without a mail: tests/status has those.
        "subscriber_id": "sub_none",
        "announcement_id": "ann_none",
    }


def _possessions(ann: Person, origin: str) -> dict[str, str]:
    """Ids of what is Ann's or her organisation's."""
    api = "/api/obsv/v1"
    members = ann.ask("GET", f"{api}/org/members").json()["members"]
    invitation = ann.ask("POST", f"{api}/org/invitations", {"email": "new@example.org", "role": "viewer"}).json()
    options = ann.ask("POST", f"{api}/me/passkeys/options").json()["options"]
    credential = Authenticator(origin=origin).create(options)
    added = ann.ask("POST", f"{api}/me/passkeys", {"credential": credential, "name": "key"}).json()
    ann.csrf = added["csrf"]
    dashboard = {"key": "disks", "title": "Disks", "folder": "Machines"}
    ann.ask("POST", f"{api}/dashboards", {"dashboard": dashboard})
    heartbeat = {"key": "backup", "name": "Backup", "check": {"kind": "heartbeat"}}
    expires_at_ms = int(time.time() * 1000) + 86_400_000
    team_id = ann.ask("POST", f"{api}/org/teams", {"name": "Blue"}).json()["id"]
    editors = ann.ask("POST", f"{api}/folder-editors", {"folder": "Machines", "team_id": team_id}).json()
    link = ann.ask("POST", f"{api}/dashboards/disks/links", {"expires_at_ms": expires_at_ms}).json()["link"]
    channel = {"name": "log", "kind": "console"}
    silence = {"matchers": ["a=b"], "ends_at_ms": expires_at_ms, "comment": "work"}
    ann.ask("POST", "/api/v2/alerts", [{"labels": {"alertname": "Down"}}])
    rules = {"name": "web", "rules": [{"alert": "Busy", "expr": "load > 5"}]}
    group = ann.ask("POST", f"{api}/rule-groups", {"group": rules}).json()
    return {
        "channel_id": ann.ask("POST", f"{api}/channels", channel).json()["id"],
        "delivery_id": "dlv_none",
        "silence_id": ann.ask("POST", f"{api}/silences", silence).json()["id"],
        "fingerprint": ann.ask("GET", f"{api}/alerts").json()["alerts"][0]["fingerprint"],
        **_status(ann, api),
        "group_id": group["id"],
        "rule_id": group["rules"][0],
        "alert_event_id": "aev_none",
        "preset": "hosts",
        "key": "disks",
        "folder": "Machines",
        "version": "1",
        "editor_id": editors["id"],
        "link_id": link["id"],
        "monitor_id": ann.ask("POST", f"{api}/monitors", {"monitor": heartbeat}).json()["id"],
        "event_id": ann.ask("POST", f"{api}/events", {"title": "Deployed"}).json()["id"],
        "user_id": next(member["user_id"] for member in members if member["name"] == "ann"),
        "invitation_id": invitation["id"],
        "team_id": team_id,
        "grant_id": ann.ask("POST", f"{api}/org/support", {"hours": 1}).json()["id"],
        "passkey_id": added["passkey"]["id"],
        "session_id": ann.ask("GET", f"{api}/me/sessions").json()["sessions"][0]["id"],
    }
