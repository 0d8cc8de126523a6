"""The person who is signed in, over our own API, under `/me`: name, address, preferences, password, devices."""

from __future__ import annotations

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT

from obsv.accounts.client import origin_of
from obsv.accounts.guards import requires_session, requires_step_up
from obsv.accounts.installed import accounts
from obsv.accounts.names import clean_name
from obsv.accounts.preferences import Preferences, prefer
from obsv.accounts.requests import AnyRequest, actor_of, author_of, presented_by
from obsv.accounts.types import Device
from obsv.core.errors import NotFound
from obsv.db import write_tx


class MeView(msgspec.Struct, frozen=True):
    """The person."""

    id: str
    name: str
    email: str
    has_verified_email: bool
    is_instance_admin: bool


class NameChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another name."""

    name: str


class EmailChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another address; a link is mailed to it."""

    email: str


class PasswordWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The current password and a new one; other devices are signed out unless `end_others` is false."""

    current: str
    password: str
    end_others: bool = True


class DeviceList(msgspec.Struct, frozen=True):
    """Where the person is signed in, the last used first."""

    sessions: list[Device]


class MeController(Controller):
    """The person and what their account is made of."""

    path = "/me"
    tags = ["Me"]

    @get("/", guards=[requires_session], summary="Who I am", operation_id="getMe")
    async def show(self, request: AnyRequest) -> MeView:
        """Name, address, and whether mail to it was seen to arrive."""
        return await _me(actor_of(request).user_id)

    @patch("/", guards=[requires_session], summary="Change my name", operation_id="renameMe")
    async def rename(self, request: AnyRequest, data: JSONBody[NameChange]) -> MeView:
        """As others see it."""
        user_id, name = actor_of(request).user_id, clean_name(data.name, "yourself")
        async with write_tx():
            await accounts().people.set_name(user_id, name)
            await accounts().audit.write(
                "user.name_changed", org=None, actor=author_of(request), target=("user", user_id)
            )
        return await _me(user_id)

    @put(
        "/preferences",
        guards=[requires_session],
        summary="Change how the cabinet is for me",
        operation_id="putPreferences",
    )
    async def prefer(self, request: AnyRequest, data: JSONBody[Preferences]) -> Preferences:
        """Language, time zone, clock and colours, all of them; the session tells what they are."""
        await prefer(actor_of(request).user_id, data)
        return data

    @post(
        "/email",
        guards=[requires_step_up],
        status_code=HTTP_202_ACCEPTED,
        summary="Change my email address",
        operation_id="changeEmail",
    )
    async def change_email(self, request: AnyRequest, data: JSONBody[EmailChange]) -> None:
        """A link goes to the new address; the old one is told and can take it back for a week."""
        await accounts().address.ask_to_change(actor_of(request).user_id, data.email)

    @post(
        "/email/verify",
        guards=[requires_session],
        status_code=HTTP_202_ACCEPTED,
        summary="Mail the link again that verifies my address",
        operation_id="verifyEmail",
    )
    async def verify_email(self, request: AnyRequest) -> None:
        """Three times an hour."""
        await accounts().address.ask_again(actor_of(request).user_id)

    @post(
        "/password",
        guards=[requires_session],
        status_code=HTTP_204_NO_CONTENT,
        summary="Change my password",
        operation_id="changePassword",
    )
    async def change_password(self, request: AnyRequest, data: JSONBody[PasswordWish]) -> None:
        """Needs the current one."""
        presented = await presented_by(request)
        await accounts().password_change.change(
            presented.session, data.current, data.password, origin_of(request), end_others=data.end_others
        )

    @get("/sessions", guards=[requires_session], summary="Where I am signed in", operation_id="listSessions")
    async def sessions(self, request: AnyRequest) -> DeviceList:
        """Browser and system, network, how the person proved to be themself."""
        actor = actor_of(request)
        return DeviceList(await accounts().sessions.devices(actor.user_id, current=actor.session_id))

    @delete(
        "/sessions/{session_id:str}", guards=[requires_session], summary="Sign a device out", operation_id="endDevice"
    )
    async def end_one(self, request: AnyRequest, session_id: FromPath[str]) -> None:
        """At once, in other replicas within five seconds."""
        service, actor = accounts(), actor_of(request)
        async with write_tx():
            ended = await service.sessions.end_one(actor.user_id, session_id)
            if not ended:
                raise NotFound("You have no such session.", code="no_session")
            await service.audit.write(
                "session.revoked", org=None, actor=author_of(request), target=("session", session_id)
            )
        service.sessions.forget(ended)

    @post(
        "/sessions/end-others",
        guards=[requires_step_up],
        status_code=HTTP_204_NO_CONTENT,
        summary="Sign out everywhere but here",
        operation_id="endOtherDevices",
    )
    async def end_others(self, request: AnyRequest) -> None:
        """Needs a fresh proof."""
        service, actor = accounts(), actor_of(request)
        async with write_tx():
            ended = await service.sessions.end_others(actor.user_id, actor.session_id)
            await service.audit.write(
                "session.revoked", org=None, actor=author_of(request), details={"count": len(ended)}
            )
        service.sessions.forget(ended)


async def _me(user_id: str) -> MeView:
    person = await accounts().people.get(user_id)
    if person is None:
        raise NotFound("There is no such account.", code="no_user")
    return MeView(person.id, person.name, person.email, person.has_verified_email, person.is_instance_admin)
