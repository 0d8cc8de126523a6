"""`instance/users/{user_id}/factors`: help for who lost every factor."""

from __future__ import annotations

import msgspec
from litestar import Controller, delete, post
from litestar.params import FromPath

from obsv.accounts.guards import requires_scope
from obsv.accounts.installed import accounts
from obsv.accounts.requests import AnyRequest, author_of
from obsv.accounts.scopes import INSTANCE


class FactorRemovalView(msgspec.Struct, frozen=True):
    """When the person's second factors will be gone, unless they say no until then."""

    due_at_ms: int


class FactorRemovalController(Controller):
    """Of another person, by whoever runs the instance."""

    path = "/instance/users/{user_id:str}/factors/removal"
    tags = ["Instance"]
    guards = [requires_scope(INSTANCE, step_up=True)]

    @post("/", status_code=202, summary="Remove a person's second factors", operation_id="removeFactors")
    async def ask(self, request: AnyRequest, user_id: FromPath[str]) -> FactorRemovalView:
        """In three days: the person is told at once by mail, and can keep them with a click."""
        return FactorRemovalView(await accounts().factors.assisted.ask(user_id, by=author_of(request)))

    @delete("/", summary="Keep a person's second factors", operation_id="keepFactors")
    async def take_back(self, request: AnyRequest, user_id: FromPath[str]) -> None:
        """While they are still there."""
        await accounts().factors.assisted.take_back(user_id, by=author_of(request))
