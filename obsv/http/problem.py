"""Errors as each surface's clients expect them; the only place where an exception becomes a response.

Own API: RFC 9457 problem details.  Prometheus and the others: exactly their shapes.
Pages: HTML, by the site's template.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, ValidationException
from litestar.types import ExceptionHandlersMap

from obsv.core.errors import FieldError, ObsvError, TooMany, Unavailable
from obsv.http.logging import get_logger
from obsv.http.surfaces import Surface, surface_of

_log = get_logger("http")

AnyRequest = Request[Any, Any, Any]
PageRenderer = Callable[[AnyRequest, "Fault"], Response[str]]


@dataclass(frozen=True, slots=True)
class Fault:
    """An error, ready to be told: `detail` is safe to show."""

    status: int
    title: str
    detail: str
    code: str
    request_id: str
    errors: tuple[FieldError, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def request_id_of(request: AnyRequest) -> str:
    """The id that answers and log lines of this request carry."""
    return str(request.scope["state"].get("request_id", ""))


def fault_of(request: AnyRequest, error: Exception) -> Fault:
    """What may be told about an exception; anything unforeseen is logged and told as an internal error with its id."""
    request_id = request_id_of(request)
    if isinstance(error, ObsvError):
        headers: list[tuple[str, str]] = []
        if isinstance(error, (TooMany, Unavailable)):
            headers.append(("Retry-After", str(max(1, round(error.retry_after_s)))))
        if error.status == HTTPStatus.UNAUTHORIZED:
            headers.append(("WWW-Authenticate", 'Bearer realm="obsv"'))
        if error.status < 500 or isinstance(error, Unavailable):
            return Fault(error.status, error.title, error.detail, error.code, request_id, error.errors, tuple(headers))
    if isinstance(error, HTTPException) and error.status_code < 500:
        title = HTTPStatus(error.status_code).phrase
        allow = [(key, value) for key, value in (error.headers or {}).items()]
        return Fault(error.status_code, title, _litestar_detail(error), title, request_id, _fields(error), tuple(allow))
    _log.error("request.failed", error=repr(error), exc_info=error)
    return Fault(
        500, "Internal error", f"Something went wrong here; the log names it {request_id}.", "internal", request_id
    )


def _litestar_detail(error: HTTPException) -> str:
    if isinstance(error, MethodNotAllowedException):
        return "This path does not take that method."
    return error.detail


def _fields(error: HTTPException) -> tuple[FieldError, ...]:
    if not isinstance(error, ValidationException) or not isinstance(error.extra, list):
        return ()
    return tuple(
        FieldError("/" + str(item.get("key", "")).replace(".", "/"), str(item.get("message", "")))
        for item in error.extra
        if isinstance(item, dict)
    )


PROMETHEUS_TYPES = {
    400: "bad_data", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "bad_data", 406: "not_acceptable",
    413: "bad_data", 415: "bad_data", 422: "execution", 429: "too_many_requests", 503: "unavailable",
}  # fmt: skip


def _body(surface: Surface, fault: Fault, path: str) -> tuple[bytes, str]:
    """(body, content type) of an error on a surface that is not a page."""
    if surface is Surface.PROMETHEUS:
        kind = PROMETHEUS_TYPES.get(fault.status, "internal")
        return msgspec.json.encode({"status": "error", "errorType": kind, "error": fault.detail}), "application/json"
    if surface in (Surface.PLAUSIBLE, Surface.INFLUX):
        return msgspec.json.encode({"error": fault.detail}), "application/json"
    if surface is Surface.DATADOG:
        return msgspec.json.encode({"errors": [fault.detail]}), "application/json"
    if surface is Surface.ALERTMANAGER:
        return msgspec.json.encode(fault.detail), "application/json"
    problem: dict[str, object] = {
        "type": f"/docs/errors#{fault.code.lower().replace(' ', '-')}",
        "title": fault.title,
        "status": fault.status,
        "detail": fault.detail,
        "instance": path,
        "request_id": fault.request_id,
    }
    if fault.errors:
        problem["errors"] = [{"pointer": one.pointer, "detail": one.detail} for one in fault.errors]
    return msgspec.json.encode(problem), "application/problem+json"


def error_response(
    request: AnyRequest, error: Exception, render_page: PageRenderer | None = None
) -> Response[str] | Response[bytes]:
    """The response for an exception, in the shape of the request's surface."""
    fault = fault_of(request, error)
    surface = surface_of(request.method, request.url.path, request.headers.get("content-type", ""))
    headers = dict(fault.headers)
    if surface is Surface.PAGE:
        if render_page is not None:
            page = render_page(request, fault)
            page.headers.update(headers)
            return page
        text = f"{fault.status} {fault.title}\n{fault.detail}\n"
        return Response(text, media_type=MediaType.TEXT, status_code=fault.status, headers=headers)
    body, media_type = _body(surface, fault, request.url.path)
    return Response(body, media_type=media_type, status_code=fault.status, headers=headers)


def exception_handlers(render_page: PageRenderer | None = None) -> ExceptionHandlersMap:
    """Handlers for the application: every exception, whatever route it came from or missed."""

    def handle(request: AnyRequest, error: Exception) -> Response[str] | Response[bytes]:
        return error_response(request, error, render_page)

    return {Exception: handle, HTTPException: handle, ObsvError: handle}
