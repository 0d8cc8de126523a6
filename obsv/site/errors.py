"""Errors as people see them."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response

from obsv.http.problem import Fault
from obsv.site.render import page


def error_page(
    status: int, title: str, detail: str, *, request_id: str = "", link: tuple[str, str] = ("/", "To the start page")
) -> Response[str]:
    """What went wrong and where to go from here."""
    context = {"title": title, "detail": detail, "request_id": request_id, "link": link[0], "link_text": link[1]}
    return page("error.html", context, status=status)


def render_fault(_: Request[Any, Any, Any], fault: Fault) -> Response[str]:
    """For `obsv.http.exception_handlers`: the page of a fault."""
    link = ("/login", "Sign in") if fault.status == 401 else ("/", "To the start page")
    return error_page(fault.status, fault.title, fault.detail, request_id=fault.request_id, link=link)
