"""API tokens over our own API: the organisation's under `/tokens`, a person's own under `/me/tokens`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody

from obsv.accounts.guards import requires_member, requires_scope
from obsv.accounts.installed import accounts
from obsv.accounts.people_names import PeopleNames
from obsv.accounts.requests import AnyRequest, actor_of, author_of, org_of
from obsv.accounts.scopes import parse_scopes
from obsv.accounts.types import CreatedToken, NewToken, TokenList, TokenView
from obsv.core.errors import Forbidden


class TokenController(Controller):
    """API tokens of an organisation; only who administers it sees and makes them."""

    path = "/tokens"
    tags = ["API tokens"]

    @get("/", guards=[requires_scope("admin:org")], summary="List API tokens", operation_id="listTokens")
    async def index(self, request: AnyRequest) -> TokenList:
        """The organisation's and its members' personal ones that are not revoked, newest first, without secrets."""
        return TokenList(await _named(await accounts().tokens.listed(org_of(request))))

    @post(
        "/",
        guards=[requires_scope("admin:org", step_up=True)],
        summary="Create an API token",
        operation_id="createToken",
    )
    async def create(self, request: AnyRequest, data: JSONBody[NewToken]) -> CreatedToken:
        """The answer has the token, this once. Nobody can give a token a right that they don't have."""
        return await _create(request, data)

    @delete(
        "/{token_id:str}",
        guards=[requires_scope("admin:org")],
        summary="Revoke an API token",
        operation_id="revokeToken",
    )
    async def revoke(self, request: AnyRequest, token_id: FromPath[str]) -> None:
        """It stops working at once, in other replicas within five seconds; also a member's personal one."""
        await accounts().administration.revoke_token(org_of(request), token_id, by=author_of(request))


class PersonalTokenController(Controller):
    """A member's own tokens in the organisation of `X-Obsv-Org`; no token makes or ends another here."""

    path = "/me/tokens"
    tags = ["API tokens"]

    @get("/", guards=[requires_member()], summary="List your tokens", operation_id="listMyTokens")
    async def index(self, request: AnyRequest) -> TokenList:
        """Those that are not revoked, newest first, without secrets."""
        own = await accounts().tokens.listed_own(org_of(request), actor_of(request).user_id)
        return TokenList(await _named(own))

    @post("/", guards=[requires_member(step_up=True)], summary="Create a token of yours", operation_id="createMyToken")
    async def create(self, request: AnyRequest, data: JSONBody[NewToken]) -> CreatedToken:
        """The answer has the token, this once. It can what your role can when it is used, and ends with it."""
        return await _create(request, data, is_personal=True)

    @delete(
        "/{token_id:str}",
        guards=[requires_member()],
        summary="Revoke a token of yours",
        operation_id="revokeMyToken",
    )
    async def revoke(self, request: AnyRequest, token_id: FromPath[str]) -> None:
        """It stops working at once, in other replicas within five seconds."""
        await accounts().administration.revoke_own_token(org_of(request), token_id, by=author_of(request))


async def _create(request: AnyRequest, data: NewToken, *, is_personal: bool = False) -> CreatedToken:
    scopes = parse_scopes(data.scopes)
    missing = sorted(scopes - actor_of(request).scopes)
    if missing:
        raise Forbidden(f"You cannot give {', '.join(missing)}: you don't have it yourself.", code="missing_scope")
    return await accounts().administration.create_token(
        org_of(request),
        data.name,
        scopes,
        expires_days=data.expires_days,
        networks=data.allowed_networks,
        is_personal=is_personal,
        by=author_of(request),
    )


async def _named(tokens: Sequence[TokenView]) -> list[TokenView]:
    """With the owners' names."""
    names = PeopleNames()
    return [msgspec.structs.replace(token, owner_name=await names.of(token.owner_id)) for token in tokens]


HANDLERS = [TokenController, PersonalTokenController]
