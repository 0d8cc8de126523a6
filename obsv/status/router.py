"""All routes of status pages and announcements."""

from __future__ import annotations

from collections.abc import Callable

from litestar import Router
from litestar.di import Provide

from obsv.status.announcements import api as announcements
from obsv.status.announcements.public import MailController
from obsv.status.api_incidents import IncidentController
from obsv.status.api_maintenances import MaintenanceController, SubscriberController
from obsv.status.api_pages import ComponentController, StatusPageController
from obsv.status.public import StatusController
from obsv.status.public_mail import SubscribeController
from obsv.status.services import StatusServices

API = "/api/obsv/v1"


def status_routers(services: Callable[[], StatusServices]) -> tuple[Router, Router]:
    """The API, and `/status` for everybody; the services may be made after the routers."""
    # A plain function: of a bound method the framework would copy the object, too.
    given = {"services": Provide(lambda: services(), sync_to_thread=False)}  # noqa: PLW0108
    api = Router(
        path=API,
        route_handlers=[
            *(StatusPageController, ComponentController, IncidentController),
            *(MaintenanceController, SubscriberController, *announcements.HANDLERS),
        ],
        dependencies=given,
    )
    pages = Router(path="/", route_handlers=[StatusController, SubscribeController, MailController], dependencies=given)
    return api, pages
