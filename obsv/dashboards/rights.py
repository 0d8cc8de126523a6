"""Who may edit which dashboards: editors all of them, members of a team that edits a folder those in it and below."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.handlers import BaseRouteHandler

from obsv.accounts import Actor, accounts
from obsv.accounts.guards import Connection
from obsv.core.errors import Forbidden
from obsv.db import fetch

READ, WRITE = "dashboards:read", "dashboards:write"


@dataclass(frozen=True, slots=True)
class Rights:
    """Where somebody may edit."""

    everywhere: bool = False
    folders: frozenset[str] = frozenset()

    def may_edit(self, folder: str) -> bool:
        """Whether they may edit what lies in a folder."""
        return self.everywhere or any(is_within(folder, one) for one in self.folders)

    def require(self, folder: str) -> None:
        """Raise `Forbidden` unless they may."""
        if not self.may_edit(folder):
            where = f"in the folder {folder}" if folder and self.folders else "here"
            raise Forbidden(f"You may look at dashboards, not edit them {where}.", code="missing_scope")


EVERYWHERE = Rights(everywhere=True)


def is_within(folder: str, outer: str) -> bool:
    """Whether a folder is another, or below it."""
    return folder == outer or folder.startswith(f"{outer}/")


async def rights_of(actor: Actor) -> Rights:
    """What an actor may edit; a team's folders count for people in the cabinet, never for tokens."""
    if WRITE in actor.scopes:
        return EVERYWHERE
    if actor.kind != "user" or actor.org is None:
        return Rights()
    rows = await fetch(
        "SELECT f.folder FROM folder_editors f JOIN team_members m ON m.team_id = f.team_id AND m.org = f.org "
        "WHERE f.org = {} AND m.user_id = {}",
        *(actor.org, actor.user_id),
    )
    return Rights(folders=frozenset(row["folder"] for row in rows))


async def may_write_somewhere(connection: Connection, _: BaseRouteHandler) -> None:
    """Let in who may edit anything; the service looks at the folder."""
    actor = await accounts().authenticator.authenticate(connection.scope, READ)
    if (await rights_of(actor)) == Rights():
        raise Forbidden("You may look at dashboards, not edit them.", code="missing_scope")
