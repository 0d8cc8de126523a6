"""Who tries the routes: Acme's owner and viewer, owners of other organisations, tokens, and nobody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

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
        return self.client.request(method, path, json=body if method not in ("GET", "DELETE") else None, headers=sent)


@dataclass
class Cast:
    """Everybody, and the ids of what is Acme's."""

    live: Live
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    ids: dict[str, str] = field(default_factory=dict[str, str])
    token: str = ""

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
    ann = cast.people["ann"]
    members = ann.ask("GET", "/api/obsv/v1/org/members").json()["members"]
    invitation = ann.ask("POST", "/api/obsv/v1/org/invitations", {"email": "new@example.org", "role": "viewer"}).json()
    token = ann.ask("POST", "/api/obsv/v1/tokens", {"name": "t", "scopes": ["metrics:read"]}).json()
    session = ann.ask("GET", "/api/obsv/v1/me/sessions").json()["sessions"][0]
    cast.ids = {
        "token_id": token["id"],
        "user_id": next(member["user_id"] for member in members if member["name"] == "ann"),
        "invitation_id": invitation["id"],
        "session_id": session["id"],
        "passkey_id": "psk_none",
        "slug": "nobody",
        "name": "job",
    }
    wish = {"name": "little", "scopes": ["dashboards:read"]}
    cast.token = ann.ask("POST", "/api/obsv/v1/tokens", wish).json()["token"]
    return cast
