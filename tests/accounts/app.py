"""The product's own routers behind its own frame and error shapes, without the rest of the appliance."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from litestar import Litestar, Request, get, post

from obsv.accounts import Accounts, NewUser, Role, accounts_router, requires_scope
from obsv.http import exception_handlers, install_frame
from obsv.site import render_fault, site_router

PASSWORD = "four unrelated words here"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@get("/api/v1/probe", guards=[requires_scope("metrics:read")])
async def probe(request: Request[Any, Any, Any]) -> dict[str, object]:
    actor = request.state.actor
    return {"kind": actor.kind, "org": actor.org_slug, "role": actor.role}


@post("/api/v1/probe", guards=[requires_scope("metrics:read")])
async def probe_form() -> dict[str, str]:
    return {}


@post("/api/v1/probe-write", guards=[requires_scope("dashboards:write")])
async def probe_write() -> dict[str, str]:
    return {}


@get("/api/v1/probe-instance", guards=[requires_scope("admin:instance")])
async def probe_instance() -> dict[str, str]:
    return {}


def make_app(service: Accounts) -> Any:
    """An ASGI application on the installed service."""
    app = Litestar(
        route_handlers=[accounts_router(), site_router(), probe, probe_form, probe_write, probe_instance],
        exception_handlers=exception_handlers(render_fault),
        openapi_config=None,
    )
    install_frame(app, service.settings, cookie_name=service.cookies.name, render_page=render_fault)
    return app


@asynccontextmanager
async def browser(
    service: Accounts, base_url: str = "http://localhost:8450", *, address: str = "198.51.100.77"
) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a cookie jar, at an address of its own."""
    transport = httpx.ASGITransport(app=make_app(service), client=(address, 40000))
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        yield client


async def make_user(
    service: Accounts, name: str, org: str = "Acme", role: Role = Role.OWNER, *, has_attested: bool = True
) -> str:
    """An account `<name>@example.org`; its id."""
    person, _ = await service.administration.create_user(
        NewUser(f"{name}@example.org", name.title(), org, role, PASSWORD)
    )
    if has_attested:
        await service.people.attest_16(person.id)
    return person.id


async def sign_in(client: httpx.AsyncClient, name: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
    """What the sign-in form posts."""
    form = {"email": f"{name}@example.org", "password": password, **fields}
    return await client.post("/login", data=form, headers=SAME_ORIGIN)


async def csrf_of(client: httpx.AsyncClient) -> str:
    """The token of the client's session."""
    return str((await client.get("/api/obsv/v1/session")).json()["csrf"])
