"""Every route that changes something leaves its trace: these entries of the audit log, and no others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pyotp
import pytest

from obsv.accounts import NewUser, Role
from obsv.accounts.factors import tables
from obsv.accounts.installed import accounts
from obsv.accounts.oauth import Identity
from obsv.app import create_app
from obsv.config import AuthProvider, load_settings
from obsv.core.clock import SystemClock
from obsv.db import execute, fetch, fetch_value
from obsv.notify import Notification, make_notify
from obsv.plugin_loader import notifiers
from tests.accounts.factors.authenticator import Authenticator
from tests.database import database_url, engine_name
from tests.oidc_provider import CLIENT_ID, Handler, Provider
from tests.routes.audited import API, AUDITED, READING_POSTS, SILENT
from tests.routes.cast import PASSWORD, SAME_ORIGIN
from tests.routes.tour import Browsers, Tour, enter

__all__ = ["database_url", "engine_name"]

CHEAP = {"auth.argon2.time_cost": 1, "auth.argon2.memory_cost": 19456}


@pytest.fixture
def provider() -> Iterator[AuthProvider]:
    """A service elsewhere that is reached and can confirm who somebody is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        Handler.provider = Provider(url)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield AuthProvider(slug="corp", issuer=url, client_id=CLIENT_ID, allow_private=True)
        server.shutdown()
        thread.join()


async def make_people(*roles: tuple[str, Role]) -> dict[str, str]:
    """Members of Acme; their ids by name."""
    ids: dict[str, str] = {}
    for name, role in roles:
        wish = NewUser(f"{name}@example.org", name.title(), "Acme", role, PASSWORD)
        person, _ = await accounts().administration.create_user(wish)
        await accounts().people.attest_16(person.id)
        ids[name] = person.id
    return ids


def operations(app: Any) -> set[str]:
    """Those of the document that may change something."""
    paths = app.openapi_schema.to_schema()["paths"]
    every = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
    return {name for name in every if not name.startswith(("GET ", READING_POSTS))}


async def test_every_change_is_told(tmp_path: Path, database_url: str, provider: AuthProvider) -> None:
    overrides = {"data_dir": str(tmp_path), "database.url": database_url, "auth.providers": (provider,)}
    overrides["metrics.store"] = "sqlite"  # snapshots are of files
    app = create_app(load_settings(env={}, overrides={**overrides, "agent.self_": False, **CHEAP}))
    assert operations(app) == AUDITED.keys() | SILENT.keys()
    # Not a fixture: the application has to stop in the task that started it.
    async with app.lifespan(), AsyncExitStack() as stack:
        browsers = Browsers(app, stack)
        people = await make_people(("ann", Role.OWNER), ("bob", Role.VIEWER), ("cal", Role.VIEWER))
        tour = Tour(await browsers.new(), people)
        await tour.sign_in()
        await _organisation(tour)
        await _dashboards(tour)
        await _channels(tour)
        await _alerts(tour)
        await _status(tour)
        await _monitors(tour)
        await _rules(tour)
        await _devices(tour, browsers)
        await _elsewhere(tour)
        await _by_mail(tour)
        await _lost_factors(tour)
        await _instance(tour)
        await _announcements(tour)
        await _factors(tour)
        await _leaving(tour)
    assert tour.seen == AUDITED.keys() | SILENT.keys()


async def _by_mail(tour: Tour) -> None:
    """A code is mailed only to who has nothing else, as Ann for a moment."""
    ann = tour.people["ann"]
    kept = await fetch_value("SELECT password_hash FROM users WHERE id = {}", ann)
    await execute("UPDATE users SET password_hash = NULL WHERE id = {}", ann)
    await tour.visit("POST /session/step-up/mail")
    await execute("UPDATE users SET password_hash = {} WHERE id = {}", kept, ann)


async def _lost_factors(tour: Tour) -> None:
    """Ann, who runs the instance, helps Cal."""
    cal = tour.people["cal"]
    kept = tables.TotpSecret(user_id=cal, secret_enc="", last_step=0, created_at_ms=0)
    await tables.TotpSecret.insert(kept)
    await tour.visit("POST /instance/users/{user_id}/factors/removal", user_id=cal)
    await tour.visit("DELETE /instance/users/{user_id}/factors/removal", user_id=cal)
    await execute("DELETE FROM totp_secrets WHERE user_id = {}", cal)


async def _instance(tour: Tour) -> None:
    """What Ann, who came first and runs the instance, does there."""
    await tour.visit("POST /instance/jobs/{name}/run", name="privacy.purge")
    await tour.visit("POST /instance/organisations", {"name": "Zoo", "owner_email": "zoe@example.org"})
    await tour.visit("PUT /instance/registration", {"mode": "open"})
    cal = tour.people["cal"]
    for what in ("end-sessions", "send-reset", "disable", "enable"):
        await tour.visit(f"POST /instance/users/{{user_id}}/{what}", user_id=cal)
    await tour.visit("PUT /instance/users/{user_id}/instance-admin", {"is_instance_admin": True}, user_id=cal)


async def _organisation(tour: Tour) -> None:
    token = await tour.visit("POST /tokens", {"name": "t", "scopes": ["metrics:read"]})
    await tour.visit("DELETE /tokens/{token_id}", token_id=token["id"])
    own = await tour.visit("POST /me/tokens", {"name": "t", "scopes": ["metrics:read"]})
    await tour.visit("DELETE /me/tokens/{token_id}", token_id=own["id"])
    invited = await tour.visit("POST /org/invitations", {"email": "new@example.org", "role": "viewer"})
    await tour.visit("DELETE /org/invitations/{invitation_id}", invitation_id=invited["id"])
    granted = await tour.visit("POST /org/support", {"hours": 1})
    await tour.visit("DELETE /org/support/{grant_id}", grant_id=granted["id"])
    team, bob = (await tour.visit("POST /org/teams", {"name": "Blue"}))["id"], tour.people["bob"]
    await tour.visit("PATCH /org/teams/{team_id}", {"name": "Red", "role": "editor"}, team_id=team)
    await tour.visit("PUT /org/teams/{team_id}/members/{user_id}", team_id=team, user_id=bob)
    await tour.visit("DELETE /org/teams/{team_id}/members/{user_id}", team_id=team, user_id=bob)
    await tour.visit("DELETE /org/teams/{team_id}", team_id=team)
    await tour.visit("PATCH /org/members/{user_id}", {"role": "editor"}, user_id=tour.people["bob"])
    await tour.visit("DELETE /org/members/{user_id}", user_id=tour.people["bob"])
    await tour.visit("POST /audit/export")
    await tour.visit("PUT /api/v1/admin/tsdb/delete_series", query="?match[]=up")
    await tour.visit("PUT /api/v1/admin/tsdb/clean_tombstones")
    await tour.visit("PUT /api/v1/admin/tsdb/snapshot")
    await tour.visit("POST /metrics/flush")


async def _rules(tour: Tour) -> None:
    rule = {"alert": "Busy", "expr": "load > 5"}
    made = await tour.visit("POST /rule-groups", {"group": {"name": "web", "rules": [rule]}})
    group, busy = made["id"], made["rules"][0]
    await tour.visit("PUT /rule-groups/{group_id}", {"group": {"name": "net", "rules": [rule]}}, group_id=group)
    await tour.visit("POST /rules", {"group_id": group, "rule": {"alert": "Idle", "expr": "load < 1"}})
    await tour.visit("PUT /rules/{rule_id}", {"rule": {**rule, "for": "5m"}}, rule_id=busy)
    await tour.visit("PUT /rules/{rule_id}/paused", {"paused": True}, rule_id=busy)
    await tour.visit("DELETE /rules/{rule_id}", rule_id=busy)
    await tour.visit("DELETE /rule-groups/{group_id}", group_id=group)
    await tour.visit("POST /rule-groups/import", {"text": "groups: [{name: a, rules: [{record: a, expr: '1'}]}]"})
    await tour.visit("PUT /rule-presets/{preset}", {"on": True}, preset="hosts")
    await tour.visit("POST /backtest", {"rule": rule, "days": 1})


async def _dashboards(tour: Tour) -> None:
    document = {"key": "disks", "title": "Disks", "folder": "Machines"}
    await tour.visit("POST /dashboards", {"dashboard": document})
    await tour.visit("PUT /dashboards/{key}", {"dashboard": {**document, "title": "All disks"}}, key="disks")
    await tour.visit("POST /dashboards/{key}/versions/{version}/restore", key="disks", version="1")
    await tour.visit("POST /dashboards/{key}/duplicate", {}, key="disks")
    await tour.visit("POST /dashboards/import", {"title": "Disks", "panels": []})
    await tour.visit("PUT /dashboards/{key}/star", key="disks")
    await tour.visit("DELETE /dashboards/{key}/star", key="disks")
    wish = {"expires_at_ms": int(time.time() * 1000) + 60_000}
    made = await tour.visit("POST /dashboards/{key}/links", wish, key="disks")
    await tour.visit("DELETE /dashboards/{key}/links/{link_id}", key="disks", link_id=made["link"]["id"])
    await tour.visit("PUT /folders/{folder}", {"path": "Hosts"}, folder="Machines")
    team_id = (await tour.visit("POST /org/teams", {"name": "Green"}))["id"]
    editors = await tour.visit("POST /folder-editors", {"folder": "Hosts", "team_id": team_id})
    await tour.visit("DELETE /folder-editors/{editor_id}", editor_id=editors["id"])
    await tour.visit("DELETE /dashboards/{key}", key="disks")
    await tour.visit("POST /dashboards/{key}/undelete", key="disks")
    event = await tour.visit("POST /events", {"title": "Deployed"})
    await tour.visit("DELETE /events/{event_id}", event_id=event["id"])


async def _channels(tour: Tour) -> None:
    wish = {"name": "log", "kind": "console"}
    channel = (await tour.visit("POST /channels", wish))["id"]
    await tour.visit("PUT /channels/{channel_id}", {**wish, "settings": {"prefix": "x"}}, channel_id=channel)
    await tour.visit("POST /channels/{channel_id}/test", channel_id=channel)
    org = int(await fetch_value("SELECT org FROM channels WHERE id = {}", channel))
    delivery = await make_notify(SystemClock(), notifiers).deliveries.enqueue(
        org, "log", Notification("firing", "r", "g"), once_key="1"
    )
    await execute("UPDATE deliveries SET state = 'dead' WHERE id = {}", delivery)
    await tour.visit("POST /deliveries/{delivery_id}/retry", delivery_id=delivery)
    await tour.visit("DELETE /channels/{channel_id}", channel_id=channel)


async def _alerts(tour: Tour) -> None:
    headers = {**SAME_ORIGIN, "X-CSRF-Token": tour.csrf}
    await tour.client.post("/api/v2/alerts", json=[{"labels": {"alertname": "Down"}}], headers=headers)
    (alert,) = (await tour.client.get(API + "/alerts")).json()["alerts"]
    for what in ("acknowledge", "unacknowledge", "resolve"):
        await tour.visit(f"POST /alerts/{what}", {"fingerprints": [alert["fingerprint"]]})
    await tour.visit("POST /routing/test", {"labels": {"alertname": "Down"}})
    await tour.visit("POST /routing/import", {"yaml": "route: {receiver: a}\nreceivers: [{name: a}]"})
    await tour.visit("PUT /routing", {"yaml": "route: {receiver: a}\nreceivers: [{name: a}]"})
    wish = {"matchers": ["a=b"], "ends_at_ms": int(time.time() * 1000) + 60_000, "comment": "work"}
    await tour.visit("POST /silences/preview", {"matchers": ["a=b"]})
    made = await tour.visit("POST /silences", wish)
    wish |= {"starts_at_ms": made["starts_at_ms"], "comment": "more work"}
    await tour.visit("PUT /silences/{silence_id}", wish, silence_id=made["id"])
    await tour.visit("DELETE /silences/{silence_id}", silence_id=made["id"])


async def _status(tour: Tour) -> None:
    wish = {"slug": "acme", "title": "Acme", "is_public": True}
    page_id = (await tour.visit("POST /status-pages", wish))["id"]
    await tour.visit("PUT /status-pages/{page_id}", {**wish, "title": "Acme & Co"}, page_id=page_id)
    component = {"page_id": page_id}
    path = "/status-pages/{page_id}/components"
    component["component_id"] = (await tour.visit(f"POST {path}", {"name": "API"}, **component))["id"]
    await tour.visit(f"PUT {path}/order", {"ids": [component["component_id"]]}, page_id=page_id)
    await tour.visit(f"PUT {path}/{{component_id}}", {"name": "The API"}, **component)
    await tour.visit(f"PUT {path}/{{component_id}}/state", {"state": "degraded"}, **component)
    await tour.visit(f"DELETE {path}/{{component_id}}", **component)
    await _incidents(tour, page_id)
    now = int(time.time() * 1000)
    plan = {"page_id": page_id, "title": "Disks", "text": "x", "starts_at_ms": now + 60_000, "ends_at_ms": now + 90_000}
    maintenance_id = (await tour.visit("POST /maintenances", plan))["id"]
    await tour.visit("PATCH /maintenances/{maintenance_id}", {"title": "All disks"}, maintenance_id=maintenance_id)
    await tour.visit("POST /maintenances/{maintenance_id}/step", {"step": "begin"}, maintenance_id=maintenance_id)
    await tour.visit("DELETE /maintenances/{maintenance_id}", maintenance_id=maintenance_id)
    form = {"email": "reader@example.org"}
    assert (await tour.client.post("/status/acme/subscribe", data=form, headers=SAME_ORIGIN)).is_success
    while not (found := await fetch("SELECT id FROM status_subscribers")):
        await asyncio.sleep(0.01)
    await tour.visit("DELETE /subscribers/{subscriber_id}", subscriber_id=found[0]["id"])
    await tour.visit("DELETE /status-pages/{page_id}", page_id=page_id)
    await tour.visit("PUT /me/mail", {"incident": False})


async def _incidents(tour: Tour, page_id: str) -> None:
    made = await tour.visit("POST /incidents", {"page_id": page_id, "title": "Slow", "text": "x", "is_draft": True})
    ids = {"incident_id": made["id"]}
    path = "/incidents/{incident_id}"
    await tour.visit(f"POST {path}/publish", {}, **ids)
    await tour.visit(f"PATCH {path}", {"title": "Slower"}, **ids)
    made = await tour.visit(f"POST {path}/updates", {"status": "resolved", "text": "Done."}, **ids)
    await tour.visit(f"PUT {path}/postmortem", {"text": "A cable."}, **ids)
    update = {**ids, "update_id": made["updates"][0]["id"]}
    await tour.visit(f"PUT {path}/updates/{{update_id}}", {"text": "Over."}, **update)
    await tour.visit(f"DELETE {path}/updates/{{update_id}}", **update)
    await tour.visit(f"DELETE {path}", **ids)


async def _announcements(tour: Tour) -> None:
    wish = {"kind": "security", "subject": "Hello", "text": "There."}
    await tour.visit("POST /announcements/preview", wish)
    path = "/announcements/{announcement_id}"
    draft = (await tour.visit("POST /announcements", wish))["id"]
    await tour.visit(f"PUT {path}", {**wish, "subject": "Hello again"}, announcement_id=draft)
    await tour.visit(f"DELETE {path}", announcement_id=draft)
    await execute("UPDATE users SET email_verified_at_ms = {}", 1)
    sent = (await tour.visit("POST /announcements", wish))["id"]
    await tour.visit(f"POST {path}/send", announcement_id=sent)
    # The job may have been quick.
    await execute("UPDATE mailings SET state = {}", "sending")
    await tour.visit(f"POST {path}/pause", announcement_id=sent)
    await tour.visit(f"POST {path}/resume", announcement_id=sent)


async def _monitors(tour: Tour) -> None:
    # Loopback is refused, so that nothing is asked.
    port = {"key": "port", "name": "Port", "check": {"kind": "tcp", "host": "127.0.0.1", "port": 9}}
    await tour.visit("POST /monitors/test", {"monitor": port})
    await tour.visit("POST /monitors", {"monitor": port})
    await tour.visit("PUT /monitors/{monitor_id}", {"monitor": {**port, "name": "A port"}}, monitor_id="port")
    for step in ("test", "pause", "resume"):
        await tour.visit(f"POST /monitors/{{monitor_id}}/{step}", monitor_id="port")
    await tour.visit("POST /monitors/{monitor_id}/duplicate", {}, monitor_id="port")
    await tour.visit("DELETE /monitors/{monitor_id}", monitor_id="port")
    beat = {"key": "beat", "name": "Beat", "check": {"kind": "heartbeat"}}
    made = await tour.visit("POST /monitors", {"monitor": beat})
    await tour.visit("POST /monitors/{monitor_id}/address", monitor_id=made["id"])


async def _devices(tour: Tour, browsers: Browsers) -> None:
    await tour.visit("PATCH /me", {"name": "Anna"})
    await tour.visit("PUT /me/preferences", {"clock": "24"})
    await tour.visit("POST /me/email", {"email": "anna@example.org"})
    await enter(await browsers.new())
    devices = (await tour.client.get(API + "/me/sessions")).json()["sessions"]
    other = next(device["id"] for device in devices if not device["is_current"])
    await tour.visit("DELETE /me/sessions/{session_id}", session_id=other)
    await enter(await browsers.new())
    await tour.visit("POST /me/sessions/end-others")
    await tour.visit("POST /me/password", {"current": PASSWORD, "password": "a longer way to say the same"})


async def _elsewhere(tour: Tour) -> None:
    for step in ("link", "confirm"):
        await tour.visit(f"POST /me/identities/{{provider}}/{step}", {}, provider="corp")
    known = Identity("corp", "https://corp.example", "1", "ann@example.org", True, "Ann")
    await accounts().federated.identities.link(tour.people["ann"], known)
    await tour.visit("DELETE /me/identities/{provider}", provider="corp")


async def _factors(tour: Tour) -> None:
    authenticator = Authenticator()
    offer = await tour.visit("POST /me/passkeys/options")
    made = await tour.visit("POST /me/passkeys", {"credential": authenticator.create(offer["options"]), "name": "key"})
    passkey_id = made["passkey"]["id"]
    await tour.visit("PATCH /me/passkeys/{passkey_id}", {"name": "blue"}, passkey_id=passkey_id)
    asked = await tour.visit("POST /session/step-up/options")
    await tour.visit("POST /session/step-up", {"credential": authenticator.get(asked["options"])})
    secret = (await tour.visit("POST /me/totp"))["secret"]
    await tour.visit("POST /me/totp/confirm", {"code": pyotp.TOTP(secret).at(int(time.time()))})
    await tour.visit("PATCH /org", {"name": "Acme & Co", "requires_mfa": True})
    await tour.visit("POST /me/recovery-codes")
    await tour.visit("DELETE /me/passkeys/{passkey_id}", passkey_id=passkey_id)
    await tour.visit("DELETE /me/totp")


async def _leaving(tour: Tour) -> None:
    await execute("UPDATE organisations SET requires_mfa = {}", False)
    accounts().known_members.forget(tour.people["ann"])
    await tour.visit("POST /org/transfer", {"user_id": tour.people["cal"]})
    await execute("UPDATE users SET email_verified_at_ms = NULL WHERE id = {}", tour.people["ann"])
    await tour.visit("POST /me/email/verify")
    await tour.visit("POST /session/end")
