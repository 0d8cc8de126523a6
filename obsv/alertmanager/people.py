"""Who stands behind what is kept of an author: a person, a token, or only a name that was sent along."""

from __future__ import annotations

from obsv.accounts.people_names import PeopleNames
from obsv.alertmanager.wire import Person
from obsv.audit import Who
from obsv.db import fetch_value


def ref_of(who: Who) -> str:
    """What is kept of who acts: the person, also where a personal token acted."""
    return who.person or who.ref


class People:
    """The authors of a list; each name is read once."""

    def __init__(self, org: int) -> None:
        self._org, self._names, self._tokens = org, PeopleNames(), dict[str, str]()

    async def of(self, ref: str) -> Person:
        """An id with the name behind it; what is no id is a name itself."""
        if ref.startswith("usr_"):
            return Person(ref, await self._names.of(ref))
        if ref.startswith("tok_"):
            if ref not in self._tokens:
                sql = "SELECT name FROM api_tokens WHERE org = {} AND id = {}"
                self._tokens[ref] = str(await fetch_value(sql, self._org, ref) or "")
            return Person(ref, self._tokens[ref])
        return Person("", ref)
