"""Announcements over our own API, for who runs the instance; what mail a person wants, for that person."""

from __future__ import annotations

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from obsv.accounts import actor_of, requires_scope, requires_session
from obsv.accounts.requests import AnyRequest, author_of
from obsv.accounts.scopes import INSTANCE
from obsv.status.announcements.types import (
    AnnouncementList,
    AnnouncementPreview,
    AnnouncementView,
    AnnouncementWish,
    MailWishes,
)
from obsv.status.requests import Services

WRITING = [requires_scope(INSTANCE)]
SENDING = [requires_scope(INSTANCE, step_up=True)]


class AnnouncementController(Controller):
    """Mail to the people of the instance."""

    path = "/announcements"
    tags = ["Announcements"]

    @get("/", guards=WRITING, summary="List announcements", operation_id="listAnnouncements")
    async def index(self, services: Services) -> AnnouncementList:
        """Newest first, drafts among them."""
        return AnnouncementList(await services.announcements.listed())

    @post("/", guards=WRITING, summary="Write an announcement", operation_id="createAnnouncement")
    async def create(
        self, request: AnyRequest, services: Services, data: JSONBody[AnnouncementWish]
    ) -> AnnouncementView:
        """A draft, in Markdown."""
        return await services.announcements.create(data, by=author_of(request))

    @post(
        "/preview",
        guards=WRITING,
        status_code=HTTP_200_OK,
        summary="Preview an announcement",
        operation_id="previewAnnouncement",
    )
    async def preview(self, services: Services, data: JSONBody[AnnouncementWish]) -> AnnouncementPreview:
        """As it would arrive, and to how many it would go."""
        return await services.announcements.preview(data)

    @get("/{announcement_id:str}", guards=WRITING, summary="Get an announcement", operation_id="getAnnouncement")
    async def show(self, services: Services, announcement_id: FromPath[str]) -> AnnouncementView:
        """With how far it is."""
        return await services.announcements.get(announcement_id)

    @put("/{announcement_id:str}", guards=WRITING, summary="Change a draft", operation_id="changeAnnouncement")
    async def change(
        self,
        request: AnyRequest,
        services: Services,
        announcement_id: FromPath[str],
        data: JSONBody[AnnouncementWish],
    ) -> AnnouncementView:
        """Until it is sent."""
        return await services.announcements.change(announcement_id, data, by=author_of(request))

    @delete("/{announcement_id:str}", guards=WRITING, summary="Delete a draft", operation_id="deleteAnnouncement")
    async def remove(self, request: AnyRequest, services: Services, announcement_id: FromPath[str]) -> None:
        """What was sent stays for a year."""
        await services.announcements.delete(announcement_id, by=author_of(request))

    @post(
        "/{announcement_id:str}/send",
        guards=SENDING,
        status_code=HTTP_200_OK,
        summary="Send an announcement",
        operation_id="sendAnnouncement",
    )
    async def send(self, request: AnyRequest, services: Services, announcement_id: FromPath[str]) -> AnnouncementView:
        """To each person once, batch by batch."""
        return await services.announcements.send(announcement_id, by=author_of(request))

    @post(
        "/{announcement_id:str}/pause",
        guards=WRITING,
        status_code=HTTP_200_OK,
        summary="Pause an announcement",
        operation_id="pauseAnnouncement",
    )
    async def pause(self, request: AnyRequest, services: Services, announcement_id: FromPath[str]) -> AnnouncementView:
        """What is in the outbox still leaves."""
        return await services.announcements.pause(announcement_id, by=author_of(request))

    @post(
        "/{announcement_id:str}/resume",
        guards=SENDING,
        status_code=HTTP_200_OK,
        summary="Go on with an announcement",
        operation_id="resumeAnnouncement",
    )
    async def resume(self, request: AnyRequest, services: Services, announcement_id: FromPath[str]) -> AnnouncementView:
        """Where it was paused."""
        return await services.announcements.resume(announcement_id, by=author_of(request))


class MailWishController(Controller):
    """Of what a person gets mail."""

    path = "/me/mail"
    tags = ["Me"]
    guards = [requires_session]

    @get("/", summary="Of what I get mail", operation_id="getMailWishes")
    async def show(self, request: AnyRequest, services: Services) -> MailWishes:
        """About security, and what one asked for oneself, there is always some."""
        return await services.objections.wishes(actor_of(request).user_id)

    @put("/", summary="Change of what I get mail", operation_id="putMailWishes")
    async def choose(self, request: AnyRequest, services: Services, data: JSONBody[MailWishes]) -> MailWishes:
        """From the next mail on."""
        return await services.objections.choose(actor_of(request).user_id, data, by=author_of(request))


HANDLERS = [AnnouncementController, MailWishController]
