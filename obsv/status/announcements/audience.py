"""Who gets an announcement: people of the instance who have a verified address, each once."""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from obsv.accounts import accounts
from obsv.db import fetch, fetch_value
from obsv.status.announcements.objections import OPTIONAL
from obsv.status.mailings import Recipient

_IN: Final = {
    "all": "",
    "owners": " AND u.id IN (SELECT user_id FROM memberships WHERE role = 'owner')",
    "organisation": " AND u.id IN (SELECT user_id FROM memberships WHERE org = {})",
    "administrators": " AND u.is_instance_admin = {}",
}


class Addressed(msgspec.Struct, frozen=True):
    """Whom an announcement is for."""

    kind: str
    audience: str
    org: int | None = None


class UnsubscribeLinks(Protocol):
    """Makes the link by which a person switches a kind off."""

    def link(self, user_id: str, kind: str) -> str: ...


class People:
    """As an audience of mailings."""

    def __init__(self, links: UnsubscribeLinks) -> None:
        self._links = links

    async def count(self, wish: bytes) -> int:
        """How many there are now."""
        condition, values = _condition(msgspec.json.decode(wish, type=Addressed))
        return int(await fetch_value(f"SELECT count(*) FROM users u WHERE {condition}", *values))  # noqa: S608

    async def after(self, wish: bytes, cursor: str, limit: int) -> list[Recipient]:
        """The next ones by id."""
        asked = msgspec.json.decode(wish, type=Addressed)
        condition, values = _condition(asked)
        rows = await fetch(
            f"SELECT u.id FROM users u WHERE {condition} AND u.id > {{}} ORDER BY u.id LIMIT {{}}",  # noqa: S608
            *(*values, cursor, limit),
        )
        found = [await accounts().people.get(row["id"]) for row in rows]
        return [self._recipient(one.id, one.email, asked.kind) for one in found if one is not None]

    def _recipient(self, user_id: str, email: str, kind: str) -> Recipient:
        base_url = accounts().base_url
        if kind not in OPTIONAL:
            closing = (
                f"You get this because you have an account at {base_url}. Mail about security cannot be switched off."
            )
            return Recipient(user_id, user_id, email, closing)
        link = self._links.link(user_id, kind)
        closing = f"You get this because you have an account at {base_url}. No more mail about {_about(kind)}: {link}"
        return Recipient(user_id, user_id, email, closing, link)


def _condition(asked: Addressed) -> tuple[str, list[object]]:
    values: list[object] = []
    condition = "u.status = 'active' AND u.email_verified_at_ms IS NOT NULL" + _IN[asked.audience]
    if asked.audience == "organisation":
        values.append(asked.org)
    elif asked.audience == "administrators":
        values.append(True)  # a column's value
    if asked.kind in OPTIONAL:
        condition += " AND u.id NOT IN (SELECT user_id FROM mail_objections WHERE kind = {})"
        values.append(asked.kind)
    return condition, values


def _about(kind: str) -> str:
    return "incidents" if kind == "incident" else kind
