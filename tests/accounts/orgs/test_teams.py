"""Teams: what a team gives counts at once and for its members alone; nobody gives more than they have."""

from __future__ import annotations

import pytest

from obsv.accounts import Role
from obsv.audit import entries
from tests.accounts.app import make_user
from tests.accounts.factors.conftest import MakePerson
from tests.accounts.factors.person import Person

TEAMS = "/org/teams"


@pytest.fixture
async def ann(person: MakePerson) -> Person:
    return await person("ann")


@pytest.fixture
async def dot(ann: Person, person: MakePerson) -> Person:
    """A viewer of Ann's organisation."""
    await make_user(ann.service, "dot", "ann org", Role.VIEWER)
    return await person("dot", is_known=True)


async def team(ann: Person, **wish: object) -> str:
    return str((await ann.must("POST", TEAMS, {"name": "Blue", **wish}))["id"])


async def test_a_team_gives_its_members_its_role(ann: Person, dot: Person) -> None:
    blue = await team(ann, role="admin")
    assert (await dot.call("GET", "/org/members")).status_code == 403
    assert (await ann.call("PUT", f"{TEAMS}/{blue}/members/{dot.user_id}")).status_code == 204
    listed = {one["name"]: one for one in (await dot.must("GET", "/org/members"))["members"]}
    assert (listed["Dot"]["role"], listed["Dot"]["effective_role"]) == ("viewer", "admin")
    assert (await dot.must("GET", "/session"))["orgs"][0]["role"] == "admin"
    (shown,) = (await ann.must("GET", TEAMS))["teams"]
    assert (shown["name"], shown["role"], [one["name"] for one in shown["members"]]) == ("Blue", "admin", ["Dot"])
    assert (await ann.call("PATCH", f"{TEAMS}/{blue}", {"role": "editor"})).status_code == 204
    assert (await dot.call("GET", "/org/members")).status_code == 403
    assert (await dot.must("GET", "/session"))["orgs"][0]["role"] == "editor"
    assert (await ann.call("DELETE", f"{TEAMS}/{blue}/members/{dot.user_id}")).status_code == 204
    assert (await dot.must("GET", "/session"))["orgs"][0]["role"] == "viewer"
    told = [entry.event for entry in await entries((await dot.service.administration.organisation("ann org")).id)]
    assert told[:4] == ["team.member_removed", "team.role_changed", "team.member_added", "team.created"]


async def test_with_the_team_or_the_membership_its_role_goes(ann: Person, dot: Person) -> None:
    blue = await team(ann, role="editor")
    for _ in range(2):
        await ann.call("PUT", f"{TEAMS}/{blue}/members/{dot.user_id}")
        assert (await dot.must("GET", "/session"))["orgs"][0]["role"] == "editor"
        assert (await ann.call("DELETE", f"{TEAMS}/{blue}")).status_code == 204
        assert (await dot.must("GET", "/session"))["orgs"][0]["role"] == "viewer"
        blue = await team(ann, role="editor")
    await ann.call("PUT", f"{TEAMS}/{blue}/members/{dot.user_id}")
    assert (await ann.call("DELETE", f"/org/members/{dot.user_id}")).status_code == 204
    assert (await ann.must("GET", TEAMS))["teams"][0]["members"] == []


async def test_a_viewer_makes_no_team(dot: Person) -> None:
    assert (await dot.call("POST", TEAMS, {"name": "Blue"})).status_code == 403


async def test_names_are_the_organisations_own(ann: Person, person: MakePerson) -> None:
    blue = await team(ann)
    assert (await ann.call("POST", TEAMS, {"name": "blue"})).json()["code"] == "name_taken"
    eve = await person("eve")
    await team(eve)
    red = await team(ann, name="Red")
    assert (await ann.call("PATCH", f"{TEAMS}/{red}", {"name": "BLUE"})).status_code == 409
    assert (await ann.call("PATCH", f"{TEAMS}/{red}", {"name": "Red Two"})).status_code == 204
    for method, path in (
        ("DELETE", f"{TEAMS}/{blue}"),
        ("PATCH", f"{TEAMS}/{blue}"),
        ("PUT", f"{TEAMS}/{blue}/members/{eve.user_id}"),
        ("DELETE", f"{TEAMS}/{blue}/members/{ann.user_id}"),
    ):
        assert (await eve.call(method, path, {})).status_code == 404


@pytest.mark.parametrize(("wish", "status"), [({"role": "owner"}, 403), ({"name": " "}, 422), ({"role": "king"}, 400)])
async def test_what_a_team_cannot_be(ann: Person, wish: dict[str, object], status: int) -> None:
    assert (await ann.call("POST", TEAMS, {"name": "Blue", **wish})).status_code == status


async def test_only_members_join_and_once(ann: Person, dot: Person, person: MakePerson) -> None:
    blue, eve = await team(ann), await person("eve")
    assert (await ann.call("PUT", f"{TEAMS}/{blue}/members/{eve.user_id}")).status_code == 404
    assert (await ann.call("PUT", f"{TEAMS}/{blue}/members/{dot.user_id}")).status_code == 204
    assert (await ann.call("PUT", f"{TEAMS}/{blue}/members/{dot.user_id}")).status_code == 409
    assert (await ann.call("DELETE", f"{TEAMS}/{blue}/members/{ann.user_id}")).status_code == 404
