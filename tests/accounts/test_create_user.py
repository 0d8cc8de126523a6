"""People made at once, as scripts of an admin do."""

from __future__ import annotations

import asyncio

from obsv.accounts import Accounts, Role
from obsv.accounts.administration import NewUser
from obsv.db import fetch


async def test_people_made_at_once_share_the_organisation_that_the_first_of_them_makes(service: Accounts) -> None:
    wishes = [NewUser(f"p{i}@example.org", f"P{i}", "acme", Role.VIEWER, "correct horse battery 9") for i in range(6)]
    made = await asyncio.gather(*(service.administration.create_user(wish) for wish in wishes))
    assert {org.slug for _, org in made} == {"acme"}
    assert len(await fetch("SELECT slug FROM organisations WHERE slug LIKE {}", "acme%")) == 1
