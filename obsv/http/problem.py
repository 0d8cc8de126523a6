"""Errors as each surface's clients expect them; the only place where an exception becomes a response.

Own API: RFC 9457 problem details.  Prometheus and the others: exactly their shapes.  Pages: HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException, ValidationException
from litestar.types import ExceptionHandlersMap, HTTPScope

from obsv.core.errors import FieldError, ObsvError, TooMany, Unavailable
from obsv.http.logging import get_logger
from obsv.http.rpc_status import rpc_status
from obsv.http.surfaces import Surface, surface_of

_log = get_logger("http")


@dataclass(frozen=True, slots=True)
class Fault:
    """An error, ready to be told: `detail` is safe to show, `code` names the case for programs."""

    status: int
    title: str
    detail: str
    code: str
    request_id: str
    errors: tuple[FieldError, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Answer:
    """An error as it goes out."""

    status: int
    media_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...]


PageRenderer = Callable[[Request[Any, Any, Any], Fault], Response[str]]
"""Makes the HTML page of an error."""


_TITLES = {kind.status: kind.title for kind in ObsvError.__subclasses__() if kind.__module__ == ObsvError.__module__}
"""The framework's own refusals carry the same titles as ours."""


def plain_page(_: Request[Any, Any, Any], fault: Fault) -> Response[str]:
    """An error page without a template, for an application that has no pages."""
    title, detail = escape(fault.title), escape(fault.detail)
    html = f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1><p>{detail}</p></html>\n'
    return Response(html, media_type=MediaType.HTML, status_code=fault.status)


def request_id_of(scope: HTTPScope) -> str:
    """The id that answers and log lines of this request carry."""
    return str(scope.get("state", {}).get("request_id", ""))


def fault_of(request_id: str, error: Exception) -> Fault:
    """What may be told about an exception; anything unforeseen is logged and told as an internal error with its id."""
    if isinstance(error, ObsvError) and (error.status < 500 or isinstance(error, Unavailable)):
        headers = tuple(_headers(error))
        return Fault(
            error.status, error.title, error.detail, error.code, request_id, error.errors, headers, error.facts
        )
    if isinstance(error, HTTPException) and error.status_code < 500:
        title = _TITLES.get(error.status_code) or HTTPStatus(error.status_code).phrase.capitalize()
        code = title.lower().replace(" ", "_")
        headers = tuple((error.headers or {}).items())
        return Fault(error.status_code, title, _framework_detail(error), code, request_id, _fields(error), headers)
    _log.error("request.failed", exc_info=error)
    detail = f"Something went wrong here. The server's log has the cause under the request id {request_id}."
    return Fault(500, "Internal error", detail, "internal", request_id)


def _headers(error: ObsvError) -> list[tuple[str, str]]:
    if isinstance(error, (TooMany, Unavailable)):
        return [("Retry-After", str(max(1, round(error.retry_after_s))))]
    if error.status == HTTPStatus.UNAUTHORIZED:
        return [("WWW-Authenticate", 'Bearer realm="obsv"')]
    return []


def _framework_detail(error: HTTPException) -> str:
    if isinstance(error, MethodNotAllowedException):
        return "This path does not take that method."
    if isinstance(error, NotFoundException):
        return "There is nothing at this path."
    if fields := _fields(error):
        return "This does not fit: " + "; ".join(f"{one.pointer} {one.detail}".strip() for one in fields)
    return error.detail


def _fields(error: HTTPException) -> tuple[FieldError, ...]:
    if not isinstance(error, ValidationException) or not isinstance(error.extra, list):
        return ()
    return tuple(_field(item) for item in error.extra if isinstance(item, dict))


def _field(item: dict[str, object]) -> FieldError:
    """Litestar calls the whole body `data`, and names it where there is none."""
    key, message = str(item.get("key", "")), str(item.get("message", ""))
    if message == "'data'":
        message = "There is no body: send JSON."
    return FieldError("" if key == "data" else "/" + key.replace(".", "/"), message)


PROMETHEUS_TYPES = {
    400: "bad_data", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "bad_data", 406: "not_acceptable",
    413: "bad_data", 415: "bad_data", 422: "execution", 429: "too_many_requests", 503: "unavailable",
}  # fmt: skip

INFLUX_CODES = {
    400: "invalid", 401: "unauthorized", 403: "forbidden", 404: "not found", 405: "method not allowed",
    413: "request too large", 415: "invalid", 429: "too many requests", 503: "unavailable",
}  # fmt: skip


def _problem(fault: Fault, path: str) -> dict[str, object]:
    problem: dict[str, object] = {
        **fault.facts,
        "type": f"/docs/errors#{fault.title.lower().replace(' ', '-')}",
        "title": fault.title,
        "status": fault.status,
        "detail": fault.detail,
        "instance": path,
        "code": fault.code,
        "request_id": fault.request_id,
    }
    if fault.errors:
        problem["errors"] = [{"pointer": one.pointer, "detail": one.detail} for one in fault.errors]
    return problem


def answer_of(scope: HTTPScope, error: Exception, render_page: PageRenderer = plain_page) -> Answer:
    """An exception in the shape of the request's surface."""
    fault = fault_of(request_id_of(scope), error)
    content_type = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    surface = surface_of(scope["method"], scope["path"], content_type.decode("latin-1"))
    status, media_type = fault.status, "application/json"
    body: object
    match surface:
        case Surface.PAGE:
            page = render_page(Request(scope), fault).content
            return Answer(status, "text/html", page.encode(), fault.headers)
        case Surface.OTLP:
            media_type, told = rpc_status(status, fault.detail, content_type.decode("latin-1"))
            return Answer(status, media_type, told, fault.headers)
        case Surface.PROMETHEUS:
            body = {"status": "error", "errorType": PROMETHEUS_TYPES.get(status, "internal"), "error": fault.detail}
        case Surface.PLAUSIBLE:
            # Plausible has no 403: a key that may not is answered like a wrong one.
            status, body = 401 if status == 403 else status, {"error": fault.detail}
        case Surface.INFLUX:
            # Clients of version 1 read `error`, those of version 2 the others.
            body = {"code": INFLUX_CODES.get(status, "internal error"), "message": fault.detail, "error": fault.detail}
        case Surface.DATADOG:
            # Its agent knows 403 alone as the answer to a wrong key.
            status, body = 403 if status == 401 else status, {"errors": [fault.detail]}
        case Surface.ALERTMANAGER:
            body = fault.detail
        case Surface.OWN:
            body, media_type = _problem(fault, scope["path"]), "application/problem+json"
    return Answer(status, media_type, msgspec.json.encode(body), fault.headers)


def exception_handlers(render_page: PageRenderer = plain_page) -> ExceptionHandlersMap:
    """Handlers for the application: every exception, whatever route it came from or missed."""

    def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        answer = answer_of(request.scope, error, render_page)
        return Response(
            answer.body, media_type=answer.media_type, status_code=answer.status, headers=dict(answer.headers)
        )

    return {Exception: handle, HTTPException: handle, ObsvError: handle}
