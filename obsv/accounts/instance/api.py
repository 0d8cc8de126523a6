"""The instance over our own API, under `/instance`, for who runs it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_204_NO_CONTENT

from obsv.accounts.guards import requires_scope
from obsv.accounts.installed import accounts
from obsv.accounts.instance import overview
from obsv.accounts.instance.types import (
    InstanceAdminChange,
    InstanceJobList,
    InstanceUserList,
    InstanceView,
    NewTenant,
    RegistrationChange,
    RegistrationView,
    TenantList,
)
from obsv.accounts.requests import AnyRequest, author_of
from obsv.accounts.scopes import INSTANCE

LOOKING = [requires_scope(INSTANCE)]
CHANGING = [requires_scope(INSTANCE, step_up=True)]

Email = Annotated[str, QueryParameter(max_length=254)]
Before = Annotated[str, QueryParameter(max_length=40)]


class MadeTenant(msgspec.Struct, frozen=True):
    """The new organisation."""

    slug: str


class InstanceController(Controller):
    """The instance itself."""

    path = "/instance"
    tags = ["Instance"]

    @get("/", guards=LOOKING, summary="The instance at a glance", operation_id="getInstance")
    async def show(self) -> InstanceView:
        """Version, database, sizes."""
        return await overview.instance(accounts().settings.data_dir)

    @get("/registration", guards=LOOKING, summary="Who may register", operation_id="getRegistration")
    async def registration(self) -> RegistrationView:
        """And whether the configuration says so."""
        mode = accounts().registration_mode
        return RegistrationView(await mode.current(), mode.is_fixed)

    @put("/registration", guards=CHANGING, summary="Say who may register", operation_id="changeRegistration")
    async def change_registration(self, request: AnyRequest, data: JSONBody[RegistrationChange]) -> RegistrationView:
        """At once, in other replicas within five seconds."""
        mode = accounts().registration_mode
        await mode.change(data.mode, by=author_of(request))
        return RegistrationView(await mode.current(), mode.is_fixed)

    @get("/organisations", guards=LOOKING, summary="List organisations", operation_id="listOrganisations")
    async def organisations(self) -> TenantList:
        """By name; nothing of what is in them."""
        return TenantList(await accounts().tenants.listed())

    @post("/organisations", guards=CHANGING, summary="Make an organisation", operation_id="createOrganisation")
    async def create_organisation(self, request: AnyRequest, data: JSONBody[NewTenant]) -> MadeTenant:
        """Its owner is invited by mail."""
        return MadeTenant(await accounts().tenants.create(data.name, data.owner_email, by=author_of(request)))

    @get("/jobs", guards=LOOKING, summary="List jobs", operation_id="listJobs")
    async def jobs(self) -> InstanceJobList:
        """By name, with their last runs."""
        return InstanceJobList(await overview.jobs())

    @post(
        "/jobs/{name:str}/run",
        guards=CHANGING,
        status_code=HTTP_204_NO_CONTENT,
        summary="Run a job now",
        operation_id="runJob",
    )
    async def run(self, request: AnyRequest, name: FromPath[str]) -> None:
        """It runs in the background; the list tells how it ended."""
        await overview.run(name, by=author_of(request))


class UserController(Controller):
    """All accounts."""

    path = "/instance/users"
    tags = ["Instance"]

    @get("/", guards=LOOKING, summary="List accounts", operation_id="listUsers")
    async def index(self, email: Email = "", before: Before = "") -> InstanceUserList:
        """Newest first, 50 a page; `email` finds the one who has this address."""
        return await accounts().users.listed(email=email, before=before)

    @post(
        "/{user_id:str}/disable",
        guards=CHANGING,
        status_code=HTTP_204_NO_CONTENT,
        summary="Shut an account",
        operation_id="disableUser",
    )
    async def disable(self, request: AnyRequest, user_id: FromPath[str]) -> None:
        """Its sessions end; signing in is refused like a wrong password."""
        await accounts().users.disable(user_id, by=author_of(request))

    @post(
        "/{user_id:str}/enable",
        guards=CHANGING,
        status_code=HTTP_204_NO_CONTENT,
        summary="Open an account again",
        operation_id="enableUser",
    )
    async def enable(self, request: AnyRequest, user_id: FromPath[str]) -> None:
        """As it was."""
        await accounts().users.enable(user_id, by=author_of(request))

    @post(
        "/{user_id:str}/end-sessions",
        guards=CHANGING,
        status_code=HTTP_204_NO_CONTENT,
        summary="Sign a person out everywhere",
        operation_id="endUserSessions",
    )
    async def end_sessions(self, request: AnyRequest, user_id: FromPath[str]) -> None:
        """At once, in other replicas within five seconds."""
        await accounts().users.end_sessions(user_id, by=author_of(request))

    @post(
        "/{user_id:str}/send-reset",
        guards=CHANGING,
        status_code=HTTP_204_NO_CONTENT,
        summary="Mail a person a link for a new password",
        operation_id="sendReset",
    )
    async def send_reset(self, request: AnyRequest, user_id: FromPath[str]) -> None:
        """The same as if they had asked for it."""
        await accounts().users.send_reset(user_id, by=author_of(request))

    @put(
        "/{user_id:str}/instance-admin",
        guards=CHANGING,
        status_code=HTTP_204_NO_CONTENT,
        summary="Let a person run the instance",
        operation_id="changeInstanceAdmin",
    )
    async def set_admin(self, request: AnyRequest, user_id: FromPath[str], data: JSONBody[InstanceAdminChange]) -> None:
        """Or no longer; one is always left. Their sessions end."""
        await accounts().users.set_admin(user_id, is_admin=data.is_instance_admin, by=author_of(request))


HANDLERS = [InstanceController, UserController]
