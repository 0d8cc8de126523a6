"""A small application with a route of every kind, in the real frame."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody
from litestar.testing import TestClient

from obsv.config import Settings, load_settings
from obsv.core.errors import FieldError, Forbidden, Invalid, NotFound, TooMany, Unauthorized, Unavailable
from obsv.http import exception_handlers, health_router, install_frame, openapi_config, reference_router

Client = TestClient[Litestar]


class Widget(msgspec.Struct):
    """A body."""

    name: str
    size: int = 1


async def admin_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    if connection.headers.get("authorization") != "Bearer admin":
        raise Unauthorized("no token")


ERRORS = {
    "401": Unauthorized("who?"),
    "403": Forbidden("no <scope>"),
    "404": NotFound("gone"),
    "422": Invalid("bad fields", code="bad_widget", errors=[FieldError("/name", "too long")]),
    "429": TooMany("slow down", retry_after_s=2.4),
    "503": Unavailable("away", retry_after_s=7),
    "500": RuntimeError("the password is hunter2"),
}


@get(["/api/obsv/v1/fail/{kind:str}", "/api/v1/status/{kind:str}", "/api/v1/stats/{kind:str}", "/page/{kind:str}"])
async def fail(kind: FromPath[str]) -> None:
    raise ERRORS[kind]


@post("/api/obsv/v1/widgets")
async def make_widget(data: JSONBody[Widget]) -> Widget:
    """Make a widget."""
    return data


@post("/api/v1/write")
async def ingest(request: Request[Any, Any, Any]) -> Response[None]:
    await request.body()
    return Response(None, status_code=204)


@get("/slow")
async def slow() -> None:
    await asyncio.sleep(30)


@get("/who", media_type=MediaType.JSON)
async def who(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return {"address": request.client.host if request.client else "", "scheme": request.scope["scheme"]}


@get("/api/obsv/v1/cookies")
async def cookies() -> Response[str]:
    answer = Response("", headers={"Cache-Control": "max-age=60"})
    answer.set_cookie("obsv_session", "own")
    answer.set_cookie("tracker", "stray")
    return answer


async def fine() -> None:
    """A part that is reached."""


class Parts:
    """What the readiness checks ask."""

    is_broken = False

    async def check(self) -> None:
        if self.is_broken:
            raise ConnectionError("no route to postgres://user:secret@db")


@pytest.fixture
def parts() -> Parts:
    return Parts()


def build(parts: Parts, settings: Settings) -> Litestar:
    health = health_router({"database": parts.check, "log": fine}, metrics_guard=admin_only)
    reference = reference_router(lambda title, html: f"<title>{title}</title>{html}")
    app = Litestar(
        [fail, make_widget, ingest, slow, who, cookies, health, reference],
        exception_handlers=exception_handlers(lambda _, fault: Response(f"<h1>{fault.title}</h1> {fault.request_id}")),
        openapi_config=openapi_config("1.2.3"),
        logging_config=None,
    )
    paths = frozenset({"/api/v1/write"})
    install_frame(app, settings, cookie_name="obsv_session", own_limits=paths, ingest=paths)
    return app


@pytest.fixture
def client(parts: Parts) -> Iterator[Client]:
    settings = load_settings(env={"OBSV_SERVER__REQUEST_TIMEOUT": "1s", "OBSV_SERVER__MAX_BODY_BYTES": "64KiB"})
    with TestClient(build(parts, settings), raise_server_exceptions=False) as client:
        yield client
