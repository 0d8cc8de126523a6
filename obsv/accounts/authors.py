"""Who made something: kept as a person's id or a token's, shown with the name."""

from __future__ import annotations

import msgspec

from obsv.accounts.people_names import PeopleNames
from obsv.audit import Who
from obsv.db import fetch_value


class Author(msgspec.Struct, frozen=True):
    """A person or a token; the name is empty where it is not known any more."""

    id: str
    name: str


def author_ref(who: Who) -> str:
    """What is kept of who acts: whoever a personal token belongs to counts, not the token."""
    return who.person or who.ref


class Authors:
    """The authors of a list; each name is read once."""

    def __init__(self, org: int) -> None:
        self._org, self._people, self._tokens = org, PeopleNames(), dict[str, str]()

    async def of(self, ref: str) -> Author:
        """Who is behind what was kept."""
        return Author(ref, await self._people.of(ref) or await self._token(ref))

    async def _token(self, ref: str) -> str:
        if ref not in self._tokens:
            name = await fetch_value("SELECT name FROM api_tokens WHERE org = {} AND id = {}", self._org, ref)
            self._tokens[ref] = str(name or "")
        return self._tokens[ref]
