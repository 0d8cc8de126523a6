"""Personal tokens: at each request worth what their owner's role carries, and nothing without a membership."""

from __future__ import annotations

import httpx
import pytest

from obsv.accounts import Accounts, Role
from obsv.accounts.scopes import OWNER, ROLE_SCOPES, SCOPES
from obsv.accounts.tokens.known import KnownTokens
from obsv.audit import Filter, Who, entries
from obsv.core.clock import ManualClock
from obsv.db import execute, fetch_value
from tests.accounts.app import browser, make_user
from tests.accounts.factors.conftest import MakePerson, person
from tests.accounts.factors.person import API, Person

__all__ = ["person"]

PROBE = "/api/v1/probe"
ASKED = {"name": "laptop", "scopes": ["metrics:read"]}


@pytest.fixture
async def ann(person: MakePerson) -> Person:
    """Owns "ann org" and runs the instance."""
    return await person("ann")


@pytest.fixture
async def bob(service: Accounts, ann: Person, person: MakePerson) -> Person:
    """Administers "ann org"."""
    await make_user(service, "bob", "ann org", Role.ADMIN)
    return await person("bob", is_known=True)


async def make(person: Person, *scopes: str) -> str:
    wish = {"name": "laptop", "scopes": list(scopes) or ["metrics:read"]}
    return str((await person.must("POST", "/me/tokens", wish))["token"])


async def ask(service: Accounts, token: str, path: str = PROBE, method: str = "GET") -> httpx.Response:
    async with browser(service) as client:
        return await client.request(method, path, headers={"Authorization": f"Bearer {token}"})


async def code(service: Accounts, token: str, path: str = PROBE) -> tuple[int, str]:
    answer = await ask(service, token, path)
    body = answer.json()
    return answer.status_code, body.get("code", body.get("errorType", ""))


async def org_of(bob: Person) -> int:
    return (await bob.service.administration.organisation("ann org")).id


async def set_role(ann: Person, bob: Person, role: Role) -> None:
    answer = await ann.call("PATCH", f"/org/members/{bob.user_id}", {"role": role.value})
    assert answer.status_code == 204, answer.text


async def test_any_member_makes_sees_and_revokes_their_own(service: Accounts, ann: Person, bob: Person) -> None:
    await set_role(ann, bob, Role.VIEWER)
    made = await bob.must("POST", "/me/tokens", {**ASKED, "expires_days": 7, "allowed_networks": ["198.51.100.0/24"]})
    assert made["token"].startswith(f"obsv_pat_{made['id']}_")
    assert (await ask(service, made["token"])).json() == {"kind": "token", "org": "ann-org", "role": None}
    (shown,) = (await bob.must("GET", "/me/tokens"))["tokens"]
    day = bob.clock.now().date().isoformat()
    assert shown == {
        **{name: made[name] for name in ("id", "name", "scopes", "created_at_ms", "expires_at_ms")},
        "kind": "pat",
        "allowed_networks": ["198.51.100.0/24"],
        "last_used_on": day,
        "last_used_network": "198.51.100.0/24",
        "owner_id": bob.user_id,
        "owner_name": "Bob",
    }
    assert shown["expires_at_ms"] == shown["created_at_ms"] + 7 * 86_400_000
    assert (await bob.call("DELETE", f"/me/tokens/{made['id']}")).status_code == 204
    assert (await ask(service, made["token"])).status_code == 401
    assert (await bob.must("GET", "/me/tokens"))["tokens"] == []
    assert (await bob.call("DELETE", f"/me/tokens/{made['id']}")).status_code == 404


async def test_one_always_expires(bob: Person) -> None:
    made = await bob.must("POST", "/me/tokens", {"name": "t", "scopes": ["metrics:write"]})
    assert (made["kind"], made["expires_at_ms"] - made["created_at_ms"]) == ("pat", 90 * 86_400_000)


async def test_nobody_else_has_it_but_an_admin_sees_and_revokes_it(
    service: Accounts, ann: Person, bob: Person, person: MakePerson
) -> None:
    token, eve = await make(bob), await person("eve")
    token_id = token.split("_")[2]
    assert (await ann.must("GET", "/me/tokens"))["tokens"] == []
    for other in (ann, eve):
        assert (await other.call("DELETE", f"/me/tokens/{token_id}")).status_code == 404
    assert (await eve.must("GET", "/tokens"))["tokens"] == []
    assert (await eve.call("DELETE", f"/tokens/{token_id}")).status_code == 404
    (shown,) = (await ann.must("GET", "/tokens"))["tokens"]
    assert (shown["id"], shown["kind"], shown["owner_id"], shown["owner_name"]) == (token_id, "pat", bob.user_id, "Bob")
    assert (await ask(service, token)).status_code == 200
    assert (await ann.call("DELETE", f"/tokens/{token_id}")).status_code == 204
    assert (await ask(service, token)).status_code == 401


async def test_the_organisations_own_is_none_of_who_made_it(ann: Person) -> None:
    made = await ann.must("POST", "/tokens", ASKED)
    assert (made["kind"], (await ann.must("GET", "/me/tokens"))["tokens"]) == ("org", [])
    assert (await ann.call("DELETE", f"/me/tokens/{made['id']}")).status_code == 404
    (shown,) = (await ann.must("GET", "/tokens"))["tokens"]
    assert (shown["owner_id"], shown["owner_name"]) == ("", "")


@pytest.mark.parametrize("role", list(Role))
async def test_nobody_gives_a_token_what_they_have_not(ann: Person, bob: Person, role: Role) -> None:
    await set_role(ann, bob, role)
    for scope in (*SCOPES, OWNER):
        answer = await bob.call("POST", "/me/tokens", {"name": "t", "scopes": [scope]})
        expected = 422 if scope == OWNER else 201 if scope in ROLE_SCOPES[role] else 403
        assert answer.status_code == expected, scope


async def test_it_is_worth_the_role_of_the_moment(service: Accounts, ann: Person, bob: Person) -> None:
    tokens = {scope: await make(bob, scope) for scope in sorted(ROLE_SCOPES[Role.ADMIN])}
    for role in (Role.VIEWER, Role.OWNER, Role.EDITOR, Role.ADMIN):
        await set_role(ann, bob, role)
        for scope, token in tokens.items():
            actor = await authenticated(service, token)
            assert actor == (ROLE_SCOPES[role] & {scope}), (role, scope)


async def authenticated(service: Accounts, token: str) -> frozenset[str]:
    headers = [(b"authorization", f"Bearer {token}".encode())]
    scope = {"type": "http", "method": "GET", "headers": headers, "query_string": b"", "client": ("192.0.2.1", 1)}
    return (await service.authenticator.authenticate(scope)).scopes  # type: ignore[arg-type]


async def test_a_teams_role_counts(service: Accounts, ann: Person, bob: Person) -> None:
    token = await make(bob, "dashboards:write")
    await set_role(ann, bob, Role.VIEWER)
    team = (await ann.must("POST", "/org/teams", {"name": "Blue", "role": "editor"}))["id"]
    assert not await authenticated(service, token)
    assert (await ann.call("PUT", f"/org/teams/{team}/members/{bob.user_id}")).is_success
    assert await authenticated(service, token) == {"dashboards:write"}
    assert (await ann.call("DELETE", f"/org/teams/{team}")).is_success
    assert not await authenticated(service, token)


async def test_another_replica_sees_a_role_change_within_five_seconds(
    service: Accounts, ann: Person, bob: Person, clock: ManualClock
) -> None:
    token = await make(bob, "dashboards:write")
    assert await authenticated(service, token)
    # As another replica does it: nothing is forgotten here.
    await execute("UPDATE memberships SET role = 'viewer' WHERE user_id = {}", bob.user_id)
    clock.advance(5)
    assert not await authenticated(service, token)


async def test_it_ends_with_the_membership(service: Accounts, ann: Person, bob: Person, person: MakePerson) -> None:
    token, others = await make(bob), await make(ann)
    organisations = (await bob.must("POST", "/tokens", ASKED))["token"]
    assert (await ann.call("DELETE", f"/org/members/{bob.user_id}")).status_code == 204
    assert await code(service, token) == (401, "unauthorized")
    assert (await ask(service, others)).status_code == 200
    assert (await ask(service, organisations)).status_code == 200, "it is the organisation's, not Bob's"
    ended = await fetch_value("SELECT revoked_at_ms FROM api_tokens WHERE id = {}", token.split("_")[2])
    assert ended == ann.clock.now_ms()
    await service.organisations.add_member(await org_of(ann), bob.user_id, Role.OWNER)
    service.known_members.forget(bob.user_id)
    assert (await ask(service, token)).status_code == 401, "coming back does not bring it back"


async def test_who_leaves_takes_theirs_along(service: Accounts, ann: Person, bob: Person) -> None:
    token = await make(bob)
    assert (await bob.call("DELETE", f"/org/members/{bob.user_id}")).status_code == 204
    assert (await ask(service, token)).status_code == 401


async def test_without_a_membership_a_row_that_was_left_is_worth_nothing(
    service: Accounts, ann: Person, bob: Person, clock: ManualClock
) -> None:
    token = await make(bob)
    assert (await ask(service, token)).status_code == 200
    await execute("DELETE FROM memberships WHERE user_id = {}", bob.user_id)
    clock.advance(5)
    assert (await ask(service, token)).status_code == 401


async def test_support_access_is_no_membership(service: Accounts, ann: Person, person: MakePerson) -> None:
    eve = await person("eve")
    await eve.must("POST", "/org/support", {"hours": 1, "role": "admin"})
    ann.org = "eve-org"
    for method, path in (("GET", "/me/tokens"), ("POST", "/me/tokens")):
        answer = await ann.call(method, path, ASKED if method == "POST" else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "members_only")
    ann.org = ""
    token = await make(ann)
    other = await service.administration.organisation("eve org")
    await execute("UPDATE api_tokens SET org = {} WHERE kind = 'pat'", other.id)
    service.tokens.forget()
    assert (await ask(service, token)).status_code == 401


async def test_the_instance_only_while_its_owner_runs_it(service: Accounts, ann: Person, person: MakePerson) -> None:
    token, both = await make(ann, "admin:instance"), await make(ann, "admin:instance", "metrics:read")
    eve = await person("eve")
    assert (await eve.call("POST", "/me/tokens", {"name": "t", "scopes": ["admin:instance"]})).status_code == 403
    assert (await ask(service, token, "/api/v1/probe-instance")).status_code == 200
    await service.users.set_admin(eve.user_id, is_admin=True, by=_who(ann))
    await service.users.set_admin(ann.user_id, is_admin=False, by=_who(eve))
    for one in (token, both):
        assert (await ask(service, one, "/api/v1/probe-instance")).status_code == 403
    assert (await ask(service, both)).status_code == 200


async def test_a_shut_account(service: Accounts, ann: Person, bob: Person) -> None:
    token = await make(bob)
    assert (await ask(service, token)).status_code == 200
    await service.users.disable(bob.user_id, by=_who(ann))
    assert (await ask(service, token)).status_code == 401
    await service.users.enable(bob.user_id, by=_who(ann))
    assert (await ask(service, token)).status_code == 200


async def test_another_replica_knows_a_shut_account_within_five_seconds(
    service: Accounts, bob: Person, clock: ManualClock
) -> None:
    replica, token = KnownTokens(clock), await make(bob)
    assert await replica.recognise(token)
    await execute("UPDATE users SET status = 'disabled' WHERE id = {}", bob.user_id)
    clock.advance(5)
    with pytest.raises(Exception, match="not valid"):
        await replica.recognise(token)


async def test_a_second_factor_that_the_organisation_asks_for(
    service: Accounts, ann: Person, bob: Person, clock: ManualClock
) -> None:
    token, organisations = await make(bob), (await bob.must("POST", "/tokens", ASKED))["token"]
    await ann.add_totp()
    await ann.must("PATCH", "/org", {"requires_mfa": True})
    for path in (PROBE, f"{API}/org"):
        answer = await ask(service, token, path)
        assert answer.status_code == 403
        assert "second factor" in answer.text
    assert (await bob.call("GET", "/me/tokens")).json()["code"] == "second_factor_required"
    assert (await ask(service, organisations)).status_code == 200, "a service has none"
    await bob.add_totp()
    clock.advance(5)
    assert (await ask(service, token)).status_code == 200


async def test_making_one_takes_a_fresh_proof_and_a_session(service: Accounts, ann: Person, clock: ManualClock) -> None:
    token = await make(ann, "admin:org", "metrics:read")
    clock.advance(601)
    for path in ("/me/tokens", "/tokens"):
        refused = await ann.call("POST", path, ASKED)
        assert (refused.status_code, refused.json()["code"]) == (403, "step_up")
    assert (await ann.call("DELETE", f"/tokens/{token.split('_')[2]}")).status_code == 204
    async with browser(service) as client:
        headers = {"Authorization": f"Bearer {await machine(service)}"}
        for method in ("GET", "POST"):
            assert (await client.request(method, f"{API}/me/tokens", headers=headers)).status_code == 401
        assert (await client.post(f"{API}/tokens", json=ASKED, headers=headers)).status_code == 201


async def machine(service: Accounts) -> str:
    org = (await service.administration.organisation("ann org")).id
    return (await service.administration.create_token(org, "m", frozenset({"admin:org", "metrics:read"}))).token


async def test_which_organisation(service: Accounts, ann: Person, person: MakePerson) -> None:
    eve = await person("eve")
    await service.organisations.add_member(await org_of(ann), eve.user_id, Role.VIEWER)
    service.known_members.forget(eve.user_id)
    assert (await eve.call("GET", "/me/tokens")).json()["code"] == "which_org"
    for eve.org in ("ann-org", "eve-org"):
        token = await make(eve)
        assert (await ask(service, token)).json()["org"] == eve.org
        assert len((await eve.must("GET", "/me/tokens"))["tokens"]) == 1
    async with browser(service) as client:
        headers = {"Authorization": f"Bearer {token}", "X-Obsv-Org": "ann-org"}
        assert (await client.get(PROBE, headers=headers)).json()["org"] == "eve-org", "a token settles it"


async def test_the_audit_log_names_both(service: Accounts, ann: Person, bob: Person) -> None:
    token = await make(bob, "admin:org", "audit:read", "metrics:read")
    async with browser(service) as client:
        headers = {"Authorization": f"Bearer {token}"}
        made = await ann.must("POST", "/tokens", ASKED)
        assert (await client.delete(f"{API}/tokens/{made['id']}", headers=headers)).status_code == 204
        (told, _, first) = (await client.get(f"{API}/audit", params={"event": "token."}, headers=headers)).json()[
            "entries"
        ]
    assert (first["actor_kind"], first["actor_ref"], first["details"]["kind"]) == ("user", bob.user_id, "pat")
    assert (told["actor_kind"], told["actor_ref"]) == ("token", token.split("_")[2])
    assert (told["details"]["person"], told["actor_name"]) == (bob.user_id, "Bob")
    found = await entries(await org_of(ann), Filter(actor_ref=bob.user_id, event="token."))
    assert [entry.event for entry in found] == ["token.revoked", "token.created"]


async def test_what_needs_a_fresh_proof_needs_the_person(service: Accounts, ann: Person) -> None:
    """Whoever finds a personal token cannot make another that outlives it, nor change who gets in."""
    token = await make(ann, "admin:org", "admin:instance")
    for method, path, body in (
        ("POST", "/tokens", ASKED),
        ("POST", "/org/teams", {"name": "moles"}),
        ("PATCH", f"/org/members/{ann.user_id}", {"role": "viewer"}),
        ("POST", f"/instance/users/{ann.user_id}/disable", None),
    ):
        async with browser(service) as client:
            headers = {"Authorization": f"Bearer {token}"}
            answer = await client.request(method, f"{API}{path}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "person_needed"), path


async def test_one_that_only_reads_cannot_make_its_owner_leave(service: Accounts, ann: Person, bob: Person) -> None:
    token = await make(bob)
    answer = await ask(service, token, f"{API}/org/members/{bob.user_id}", "DELETE")
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")


async def test_no_personal_routes_by_a_personal_token(service: Accounts, ann: Person) -> None:
    token = await make(ann, *sorted(ROLE_SCOPES[Role.ADMIN]), "admin:instance")
    for path in ("/me", "/me/tokens", "/me/sessions", "/session"):
        assert (await ask(service, token, API + path)).status_code == 401
    assert (await ask(service, token, f"{API}/org/support", "POST")).status_code == 403, "that is for owners"


def _who(person: Person) -> Who:
    return Who("user", person.user_id)
