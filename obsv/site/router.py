"""The router of all pages."""

from __future__ import annotations

from litestar import Router

from obsv.site.doors import LoginDoor, SetupDoor
from obsv.site.doors_account import ForgotDoor, RegisterDoor, link_doors
from obsv.site.doors_factor import FactorDoor, PasskeyDoor
from obsv.site.doors_invite import InviteDoor
from obsv.site.doors_oauth import OAuthDoor
from obsv.site.pages import docs_index, docs_page, home, static_file


def site_router() -> Router:
    """`/`, `/docs`, `/setup`, `/login` and what they need; install the accounts service before the first request."""
    return Router(
        path="/",
        route_handlers=[
            *(home, docs_index, docs_page, static_file),
            *(SetupDoor, LoginDoor, FactorDoor, PasskeyDoor, OAuthDoor, InviteDoor),
            *(RegisterDoor, ForgotDoor),
            *link_doors(),
        ],
    )
