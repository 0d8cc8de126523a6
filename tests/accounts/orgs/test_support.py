"""Support access: the staff sees nothing of an organisation that did not let them in, and who came is told."""

from __future__ import annotations

import pytest

from obsv.accounts.scopes import OWNER, ROLE_SCOPES, SUPPORT_SCOPES, Role
from obsv.audit import entries
from tests.accounts.factors.conftest import MakePerson
from tests.accounts.factors.person import Person
from tests.accounts.mail import Sink

HOUR_S = 3600


@pytest.fixture
async def root(person: MakePerson) -> Person:
    """Who came first runs the instance."""
    return await person("root")


@pytest.fixture
async def ann(root: Person, person: MakePerson) -> Person:
    """The owner of an organisation that root has no part in."""
    return await person("ann")


async def grant(ann: Person, **wish: object) -> str:
    return str((await ann.must("POST", "/org/support", {"hours": 2, **wish}))["id"])


async def visit(root: Person, path: str = "/org", org: str = "ann-org") -> int:
    root.org = org
    status = (await root.call("GET", path)).status_code
    root.org = ""
    return status


async def orgs(root: Person) -> dict[str, int | None]:
    return {org["slug"]: org["support_until_ms"] for org in (await root.must("GET", "/session"))["orgs"]}


async def org_of(person: Person) -> int:
    return (await person.service.administration.organisation(f"{person.name} org")).id


async def test_without_a_grant_there_is_nothing(root: Person, ann: Person) -> None:
    assert await visit(root) == 404
    assert await orgs(root) == {"root-org": None}


async def test_with_one_until_it_ends(root: Person, ann: Person) -> None:
    await grant(ann, reason="the  charts\nare empty")
    until = ann.clock.now_ms() + 2 * HOUR_S * 1000
    assert await orgs(root) == {"root-org": None, "ann-org": until}
    assert await visit(root) == 200
    (shown,) = (await ann.must("GET", "/org/support"))["grants"]
    assert (shown["role"], shown["reason"], shown["expires_at_ms"]) == ("viewer", "the charts are empty", until)
    assert [(one["name"], one["first_at_ms"]) for one in shown["visits"]] == [("Root", ann.clock.now_ms())]
    ann.clock.advance(2 * HOUR_S)
    assert await visit(root) == 404
    assert await orgs(root) == {"root-org": None}


async def test_it_is_taken_back_at_once(root: Person, ann: Person) -> None:
    granted = await grant(ann)
    assert await visit(root) == 200
    assert (await ann.call("DELETE", f"/org/support/{granted}")).status_code == 204
    assert await visit(root) == 404
    assert (await ann.call("DELETE", f"/org/support/{granted}")).status_code == 404


async def test_who_does_not_run_the_instance_gets_nothing_by_it(ann: Person, person: MakePerson) -> None:
    bob = await person("bob")
    granted = await grant(ann)
    assert await visit(bob) == 404
    assert (await bob.call("DELETE", f"/org/support/{granted}")).status_code == 404


async def test_the_organisation_hears_of_it(root: Person, ann: Person, sink: Sink) -> None:
    await grant(ann)
    for _ in range(3):
        await visit(root)
    ann.clock.advance(HOUR_S)
    await visit(root)
    told = [entry for entry in await entries(await org_of(ann)) if entry.event.startswith("support.")]
    assert [entry.event for entry in told] == ["support.accessed", "support.accessed", "support.granted"]
    assert {(entry.actor_kind, entry.actor_ref) for entry in told[:2]} == {("support", root.user_id)}
    assert told[0].ip_trunc
    mails = [mail for mail in await sink.mails() if "Support came" in mail.subject]
    assert [(mail.to, "Root" in mail.text) for mail in mails] == [("ann@example.org", True)]


async def test_what_support_does_bears_its_mark(root: Person, ann: Person) -> None:
    await grant(ann, role="admin")
    root.org = "ann-org"
    assert (await root.call("POST", "/audit/export")).status_code == 200
    last = (await entries(await org_of(ann)))[0]
    assert (last.event, last.actor_kind, last.actor_ref) == ("audit.exported", "support", root.user_id)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/org/support", {"hours": 72}),
        ("POST", "/org/transfer", {"user_id": "usr_1"}),
        ("POST", "/org/invitations", {"email": "mole@example.org", "role": "viewer"}),
        ("POST", "/org/teams", {"name": "moles"}),
        ("POST", "/tokens", {"name": "t", "scopes": ["metrics:read"]}),
        ("PATCH", "/org", {"name": "Mine"}),
    ],
)
async def test_nobody_gets_in_by_support(root: Person, ann: Person, method: str, path: str, body: object) -> None:
    await grant(ann, role="admin")
    root.org = "ann-org"
    assert (await root.call(method, path, body)).status_code == 403


def test_support_has_less_than_the_role_that_it_has() -> None:
    assert Role.OWNER not in SUPPORT_SCOPES
    for role, scopes in SUPPORT_SCOPES.items():
        assert scopes <= ROLE_SCOPES[role]
        assert scopes.isdisjoint({OWNER, "admin:org", "admin:instance"})


async def test_a_required_second_factor_is_required_of_support_too(root: Person, ann: Person) -> None:
    await ann.add_totp()
    await grant(ann)
    await ann.must("PATCH", "/org", {"requires_mfa": True})
    ann.clock.advance(6)
    assert await visit(root) == 403


@pytest.mark.parametrize("wish", [{"hours": 73}, {"hours": 0}, {"role": "owner"}, {"reason": "x" * 501}])
async def test_what_cannot_be_granted(ann: Person, wish: dict[str, object]) -> None:
    assert (await ann.call("POST", "/org/support", {"hours": 1, **wish})).status_code == 422


async def test_only_owners_with_a_fresh_proof(ann: Person) -> None:
    ann.clock.advance(601)
    refused = await ann.call("POST", "/org/support", {"hours": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up")
