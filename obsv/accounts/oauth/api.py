"""A person's accounts elsewhere over our own API, under `/me/identities`."""

from __future__ import annotations

import msgspec
from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from obsv.accounts.client import origin_of
from obsv.accounts.guards import requires_session, requires_step_up
from obsv.accounts.installed import accounts
from obsv.accounts.oauth.types import FlowPurpose
from obsv.accounts.requests import AnyRequest, actor_of, presented_by


class Journey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The page of the cabinet to come back to."""

    next: str = "/app"


class IdentityView(msgspec.Struct, frozen=True):
    """A provider, and since when and until when an account there signed the person in (None: it is not linked).

    `is_offered` is False for one that is linked and no longer configured. `can_confirm`: it can prove anew that it is
    the same person.
    """

    provider: str
    label: str
    is_offered: bool
    can_confirm: bool
    linked_at_ms: int | None
    last_used_at_ms: int | None


class IdentityList(msgspec.Struct, frozen=True):
    """Every provider that is offered or linked, in the order of the configuration."""

    identities: list[IdentityView]


class Departure(msgspec.Struct, frozen=True):
    """Send the browser to `url`; it comes back by itself."""

    url: str


class Unlinked(msgspec.Struct, frozen=True):
    """`is_revoked`: the provider confirmed that it forgot the consent; else the person can take it back there."""

    is_revoked: bool


class IdentityController(Controller):
    """Sign-in with other services, as the person has set it up."""

    path = "/me/identities"
    tags = ["Sign-in elsewhere"]
    guards = [requires_session]

    @get("/", summary="List sign-in providers", operation_id="listIdentities")
    async def index(self, request: AnyRequest) -> IdentityList:
        """Those that are configured, and whether an account there is linked."""
        federated = accounts().federated
        linked = {one.provider: one for one in await federated.identities.of(actor_of(request).user_id)}
        labels = federated.flows.labels
        return IdentityList(
            [
                IdentityView(
                    provider=slug,
                    label=labels.get(slug, slug),
                    is_offered=slug in labels,
                    can_confirm=slug in labels and slug in linked and federated.flows.provider(slug).can_step_up,
                    linked_at_ms=linked[slug].created_at_ms if slug in linked else None,
                    last_used_at_ms=linked[slug].last_used_at_ms if slug in linked else None,
                )
                for slug in dict.fromkeys((*labels, *linked))
            ]
        )

    @post(
        "/{provider:str}/link",
        summary="Link an account elsewhere",
        operation_id="linkIdentity",
        guards=[requires_step_up],
        status_code=HTTP_200_OK,
    )
    async def link(self, request: AnyRequest, provider: FromPath[str], data: JSONBody[Journey]) -> Departure:
        """Where to send the browser; coming back, it links the account that the person signed in with there."""
        return await _departure(request, provider, FlowPurpose.LINK, data)

    @post(
        "/{provider:str}/confirm",
        summary="Confirm elsewhere that it is you",
        operation_id="confirmByIdentity",
        status_code=HTTP_200_OK,
    )
    async def confirm(self, request: AnyRequest, provider: FromPath[str], data: JSONBody[Journey]) -> Departure:
        """Where to send the browser; the person signs in there anew, and may then do what needs a fresh proof."""
        return await _departure(request, provider, FlowPurpose.STEP_UP, data)

    @delete(
        "/{provider:str}",
        summary="Unlink an account elsewhere",
        operation_id="unlinkIdentity",
        guards=[requires_step_up],
        status_code=HTTP_200_OK,
    )
    async def unlink(self, request: AnyRequest, provider: FromPath[str]) -> Unlinked:
        """It signs nobody in any more, and the provider is told; not when the person has no other way in."""
        user_id = actor_of(request).user_id
        return Unlinked(await accounts().federated.unlink(user_id, provider, origin_of(request)))


async def _departure(request: AnyRequest, provider: str, purpose: FlowPurpose, journey: Journey) -> Departure:
    session = (await presented_by(request)).session
    return Departure(await accounts().federated.begin_confirming(provider, purpose, session, wanted=journey.next))
