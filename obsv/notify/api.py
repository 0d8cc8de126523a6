"""Channels and deliveries, under `/api/obsv/v1`: `channels`, `channel-kinds`, `deliveries`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from litestar import Controller, Router, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter, SkipValidation

from obsv.accounts import org_of, requires_scope
from obsv.accounts.requests import AnyRequest, author_of
from obsv.http.parameters import Millis, Word
from obsv.notify.deliveries import Wanted
from obsv.notify.services import NotifyServices
from obsv.notify.types import (
    ChannelList,
    ChannelView,
    ChannelWish,
    DeliveryDetail,
    DeliveryList,
    KindList,
    TestResult,
)

READ: Final = "alerts:read"
WRITE: Final = "alerts:write"

Notify = NamedDependency[SkipValidation[NotifyServices]]
State = Annotated[Literal["", "queued", "leased", "sent", "dead", "skipped"], QueryParameter(name="state")]
Fingerprint = Annotated[str, QueryParameter(pattern=r"^([0-9a-f]{16})?$")]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]


class ChannelController(Controller):
    """Where alerts go."""

    path = "/channels"
    tags = ["Channels"]

    @get("/", guards=[requires_scope(READ)], summary="List channels", operation_id="listChannels")
    async def index(self, request: AnyRequest, notify: Notify) -> ChannelList:
        """All of them, without their secrets."""
        return ChannelList(await notify.channels.views(org_of(request)))

    @post("/", guards=[requires_scope(WRITE)], summary="Make a channel", operation_id="createChannel")
    async def create(self, request: AnyRequest, notify: Notify, data: JSONBody[ChannelWish]) -> ChannelView:
        """Its name is unique in the organisation."""
        return await notify.channels.create(org_of(request), data, by=author_of(request))

    @get("/{channel_id:str}", guards=[requires_scope(READ)], summary="Show a channel", operation_id="getChannel")
    async def show(self, request: AnyRequest, notify: Notify, channel_id: FromPath[str]) -> ChannelView:
        """Without its secrets."""
        return await notify.channels.view(org_of(request), channel_id)

    @put("/{channel_id:str}", guards=[requires_scope(WRITE)], summary="Change a channel", operation_id="putChannel")
    async def change(
        self, request: AnyRequest, notify: Notify, channel_id: FromPath[str], data: JSONBody[ChannelWish]
    ) -> ChannelView:
        """As it shall be; secrets that are left out stay as they are."""
        return await notify.channels.update(org_of(request), channel_id, data, by=author_of(request))

    @delete(
        "/{channel_id:str}", guards=[requires_scope(WRITE)], summary="Delete a channel", operation_id="deleteChannel"
    )
    async def remove(self, request: AnyRequest, notify: Notify, channel_id: FromPath[str]) -> None:
        """Not while something uses it."""
        await notify.channels.delete(org_of(request), channel_id, by=author_of(request))

    @post(
        "/{channel_id:str}/test",
        guards=[requires_scope(WRITE)],
        status_code=200,
        summary="Send a test",
        operation_id="testChannel",
    )
    async def test(self, request: AnyRequest, notify: Notify, channel_id: FromPath[str]) -> TestResult:
        """Sends a trial message now, and tells what the other side answered."""
        notify.trials.take(f"{org_of(request)}:{channel_id}")
        return await notify.channels.test(org_of(request), channel_id, by=author_of(request))


class KindController(Controller):
    """What channels there can be."""

    path = "/channel-kinds"
    tags = ["Channels"]

    @get("/", guards=[requires_scope(READ)], summary="List kinds of channels", operation_id="listChannelKinds")
    async def index(self, notify: Notify) -> KindList:
        """With the JSON schema of each, which draws its form."""
        return KindList(notify.channels.kinds.views())


class DeliveryController(Controller):
    """What was told, and what became of it."""

    path = "/deliveries"
    tags = ["Channels"]

    @get("/", guards=[requires_scope(READ)], summary="List deliveries", operation_id="listDeliveries")
    async def index(
        self,
        request: AnyRequest,
        notify: Notify,
        *,
        wanted: State = "",
        channel_id: Word = "",
        before: Word = "",
        fingerprint: Fingerprint = "",
        since_ms: Millis = None,
        until_ms: Millis = None,
        limit: Limit = 100,
    ) -> DeliveryList:
        """Newest first, also those alone that told of an alert; `before` takes the answer's `next`."""
        asked = Wanted(wanted, channel_id, before, fingerprint, since_ms, until_ms)
        return await notify.deliveries.listed(org_of(request), asked, limit=limit)

    @get("/{delivery_id:str}", guards=[requires_scope(READ)], summary="Show a delivery", operation_id="getDelivery")
    async def show(self, request: AnyRequest, notify: Notify, delivery_id: FromPath[str]) -> DeliveryDetail:
        """With every attempt and what the other side answered."""
        return await notify.deliveries.detail(org_of(request), delivery_id)

    @post(
        "/{delivery_id:str}/retry",
        guards=[requires_scope(WRITE)],
        status_code=200,
        summary="Try a delivery again",
        operation_id="retryDelivery",
    )
    async def retry(self, request: AnyRequest, notify: Notify, delivery_id: FromPath[str]) -> DeliveryDetail:
        """One that was given up, while its content is kept."""
        return await notify.deliveries.retry(org_of(request), delivery_id, by=author_of(request))


def notify_router(services: NotifyServices, path: str = "/api/obsv/v1") -> Router:
    """`channels`, `channel-kinds`, `deliveries`."""
    return Router(
        path=path,
        route_handlers=[ChannelController, KindController, DeliveryController],
        dependencies={"notify": Provide(lambda: services, sync_to_thread=False)},
    )
