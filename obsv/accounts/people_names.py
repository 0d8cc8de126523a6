"""Names of the people in a list."""

from __future__ import annotations

from obsv.accounts.installed import accounts


class PeopleNames:
    """Each person's name is read and decrypted once for a whole list."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    async def of(self, user_id: str) -> str:
        """The person's name, "" if there is none by this id, or not any more."""
        if user_id not in self._known:
            person = await accounts().people.get(user_id) if user_id else None
            self._known[user_id] = person.name if person else ""
        return self._known[user_id]
