"""What an HTTP status means for a message: taken, refused for good, or worth another try."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast

import msgspec

from obsv.core.clock import Clock
from obsv.notify.base import HttpAnswer, NotifierContext, NotifyError
from obsv.notify.render import one_line

SAID_MAX: Final = 200
_TRY_AGAIN: Final = frozenset({408, 421, 423, 425, 429})


async def post_json(
    context: NotifierContext, url: str, body: object, headers: Mapping[str, str] | None = None, *, method: str = "POST"
) -> HttpAnswer:
    """Send JSON; the answer is one of 2xx.  Raises `NotifyError`."""
    sent = {"content-type": "application/json", **(headers or {})}
    answer = await context.http(method, url, content=msgspec.json.encode(body), headers=sent)
    require_taken(answer, context.clock)
    return answer


def require_taken(answer: HttpAnswer, clock: Clock, *, retry_after_s: float | None = None) -> None:
    """Raise `NotifyError` for all but 2xx, with what the other side said."""
    if 200 <= answer.status < 300:
        return
    if 300 <= answer.status < 400:
        raise NotifyError(
            f"answered {answer.status}, a redirect, which is not followed: give the address that it leads to",
            is_permanent=True,
        )
    may_help = answer.status in _TRY_AGAIN or answer.status >= 500
    asked = retry_after_s if retry_after_s is not None else asked_wait(answer, clock)
    detail = f"answered {answer.status}: {said(answer)}".rstrip(": ")
    raise NotifyError(detail, is_permanent=not may_help, retry_after_s=asked if may_help else None)


def asked_wait(answer: HttpAnswer, clock: Clock) -> float | None:
    """Seconds of a `Retry-After`, be it a number or a date.  Source: RFC 9110, 10.2.3."""
    value = answer.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(float(value), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(value) - clock.now()).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def said(answer: HttpAnswer) -> str:
    """The beginning of an answer's text, on one line."""
    return one_line(answer.body[: SAID_MAX * 4].decode("utf-8", "replace"), SAID_MAX)


def json_of(answer: HttpAnswer) -> dict[str, Any]:
    """An answer's object; empty where it is none."""
    try:
        content = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return {}
    return cast("dict[str, Any]", content) if isinstance(content, dict) else {}
