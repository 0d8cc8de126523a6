"""`/api/v2` as Alertmanager answers it, for one organisation: Prometheus, vmalert, amtool and Grafana speak to it.

Source: Alertmanager's OpenAPI description of its API v2.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from obsv import __version__
from obsv.accounts import org_of, requires_scope
from obsv.accounts.requests import author_of
from obsv.alertmanager.document import write_alertmanager_yaml
from obsv.alertmanager.matcher_text import BadMatcher
from obsv.alertmanager.matchers import Matcher, all_match, parse_matcher
from obsv.alertmanager.service import Alertmanager
from obsv.alertmanager.silence_book import SilenceWish
from obsv.alertmanager.silences import Silence
from obsv.alertmanager.types import PostedAlert
from obsv.alertmanager.views import Shown, Views
from obsv.core.errors import BadRequest, Invalid

READ, WRITE = "alerts:read", "alerts:write"
MOST_AT_ONCE: Final = 10_000
AnyRequest = Request[Any, Any, Any]
Filters = Annotated[list[str] | None, QueryParameter(name="filter", max_items=50)]
Flag = Annotated[str, QueryParameter(max_length=10)]
Expression = Annotated[str, QueryParameter(max_length=1000)]
_ZERO: Final = "0001-01-01T00:00:00"
_LATEST_MS: Final = 253_402_300_799_000
"""The last second of 9999 UTC: a zone west of it names a later one, which no calendar here has."""


class AlertText(msgspec.Struct, frozen=True, rename="camel"):
    """An alert as senders write it."""

    labels: dict[str, str]
    annotations: dict[str, str] | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    generator_url: str = msgspec.field(default="", name="generatorURL")


class MatcherText(msgspec.Struct, frozen=True, rename="camel"):
    """A matcher of a silence."""

    name: str
    value: str
    is_regex: bool
    is_equal: bool = True


class SilenceText(msgspec.Struct, frozen=True, rename="camel"):
    """A silence as amtool and Alertmanager's page write it."""

    matchers: list[MatcherText]
    starts_at: str
    ends_at: str
    created_by: str
    comment: str
    id: str | None = None


def alertmanager_router(alertmanager: Alertmanager) -> Router:
    """All of it."""
    started_ms = alertmanager.clock.now_ms()
    return Router(
        "/api/v2",
        route_handlers=[
            *_alert_handlers(alertmanager),
            *_silence_handlers(alertmanager),
            *_other_handlers(alertmanager, started_ms),
        ],
        include_in_schema=False,
    )


def _alert_handlers(alertmanager: Alertmanager) -> tuple[HTTPRouteHandler, ...]:
    views = Views(alertmanager)

    @post("/alerts", guards=[requires_scope(WRITE)], status_code=200)
    async def post_alerts(request: AnyRequest) -> Response[bytes]:
        alerts = _decoded(await request.body(), list[AlertText])
        if len(alerts) > MOST_AT_ONCE:
            raise BadRequest(f"{len(alerts)} alerts in one request, more than {MOST_AT_ONCE}")
        problems = await alertmanager.take(org_of(request), [_posted(one) for one in alerts])
        if problems:
            raise BadRequest("; ".join(problems[:20]))
        return Response(b"", media_type="application/json")

    @get("/alerts", guards=[requires_scope(READ)])
    async def get_alerts(
        request: AnyRequest,
        *,
        filters: Filters = None,
        receiver: Expression = "",
        active: Flag = "true",
        silenced: Flag = "true",
        inhibited: Flag = "true",
    ) -> Response[bytes]:
        wanted, pattern = _matchers(filters), _receiver(receiver)
        found = [
            _alert(one)
            for one in await views.firing(org_of(request))
            if _is_wanted(one, active, silenced, inhibited, wanted) and _is_for(one.receivers, pattern)
        ]
        return _json(found)

    @get("/alerts/groups", guards=[requires_scope(READ)])
    async def get_groups(
        request: AnyRequest,
        *,
        filters: Filters = None,
        receiver: Expression = "",
        active: Flag = "true",
        silenced: Flag = "true",
        inhibited: Flag = "true",
        muted: Flag = "true",
    ) -> Response[bytes]:
        wanted, pattern, found = _matchers(filters), _receiver(receiver), list[dict[str, Any]]()
        for group in await views.groups(org_of(request)):
            alerts = [one for one in group.alerts if _is_wanted(one, active, silenced, inhibited, wanted)]
            is_hidden = bool(group.muted_by) and not _flag(muted, "muted")
            if alerts and not is_hidden and _is_for((group.receiver,), pattern):
                shown = [_alert(one, group.muted_by) for one in alerts]
                found.append({"alerts": shown, "labels": group.labels, "receiver": {"name": group.receiver}})
        return _json(found)

    return post_alerts, get_alerts, get_groups


def _silence_handlers(alertmanager: Alertmanager) -> tuple[HTTPRouteHandler, ...]:
    book = alertmanager.silences

    @get("/silences", guards=[requires_scope(READ)])
    async def get_silences(request: AnyRequest, filters: Filters = None) -> Response[bytes]:
        wanted, now_ms = _matchers(filters), alertmanager.clock.now_ms()
        every = await book.every(org_of(request))
        return _json([_silence(one, now_ms) for one in every if all(matcher in one.matchers for matcher in wanted)])

    @post("/silences", guards=[requires_scope(WRITE)], status_code=200)
    async def post_silence(request: AnyRequest) -> Response[bytes]:
        text = _decoded(await request.body(), SilenceText)
        wish = SilenceWish(
            matchers=tuple(_matcher(one) for one in text.matchers),
            starts_at_ms=_ms(text.starts_at),
            ends_at_ms=_ms(text.ends_at),
            created_by=text.created_by,
            comment=text.comment,
            id=text.id or "",
        )
        try:
            made = await book.put(org_of(request), wish, by=author_of(request))
        except Invalid as wrong:
            raise BadRequest(wrong.detail) from None
        return _json({"silenceID": made.id})

    @get("/silence/{silence_id:str}", guards=[requires_scope(READ)])
    async def get_silence(request: AnyRequest, silence_id: FromPath[str]) -> Response[bytes]:
        return _json(_silence(await book.get(org_of(request), silence_id), alertmanager.clock.now_ms()))

    @delete("/silence/{silence_id:str}", guards=[requires_scope(WRITE)], status_code=200)
    async def delete_silence(request: AnyRequest, silence_id: FromPath[str]) -> Response[bytes]:
        await book.expire(org_of(request), silence_id, by=author_of(request))
        return Response(b"", media_type="application/json")

    return get_silences, post_silence, get_silence, delete_silence


def _other_handlers(alertmanager: Alertmanager, started_ms: int) -> tuple[HTTPRouteHandler, ...]:
    @get("/receivers", guards=[requires_scope(READ)])
    async def get_receivers(request: AnyRequest) -> Response[bytes]:
        stored = await alertmanager.routings.stored(org_of(request))
        return _json([{"name": receiver.name} for receiver in stored.document.receivers])

    @get("/status", guards=[requires_scope(READ)])
    async def get_status(request: AnyRequest) -> Response[bytes]:
        stored = await alertmanager.routings.stored(org_of(request))
        version = dict.fromkeys(("branch", "buildDate", "buildUser", "goVersion", "revision"), "")
        return _json(
            {
                "cluster": {"name": "", "peers": [], "status": "disabled"},
                "config": {"original": write_alertmanager_yaml(stored.document)},
                "uptime": _iso(started_ms),
                "versionInfo": {**version, "version": f"obsv {__version__}"},
            }
        )

    return get_receivers, get_status


# Reading


def _decoded(body: bytes, wanted: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=wanted)
    except (msgspec.MsgspecError, UnicodeDecodeError) as wrong:
        raise BadRequest(f"parsing body body from {body[:100].decode(errors='replace')!r} failed: {wrong}") from None


def _posted(text: AlertText) -> PostedAlert:
    starts_at_ms, ends_at_ms = (_ms(one) if one else 0 for one in (text.starts_at, text.ends_at))
    return PostedAlert(text.labels, text.annotations or {}, starts_at_ms, ends_at_ms, text.generator_url)


def _ms(text: str) -> int:
    """An RFC 3339 time; the zero time of Go is 0, what lies beyond the calendar its end.  Raises `BadRequest`."""
    if text.startswith(_ZERO):
        return 0
    try:
        at = dt.datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError("no zone")
    except ValueError:
        raise BadRequest(f"parsing time {text[:60]!r}: expected RFC 3339, such as 2027-01-31T12:00:00Z") from None
    return min(max(1, round(at.timestamp() * 1000)), _LATEST_MS)


def _matcher(text: MatcherText) -> Matcher:
    try:
        if text.is_regex:
            return Matcher(text.name, "=~" if text.is_equal else "!~", text.value)
        return Matcher(text.name, "=" if text.is_equal else "!=", text.value)
    except BadMatcher as bad:
        raise BadRequest(f"invalid silence: invalid label matcher: {bad}") from None


def _matchers(filters: Sequence[str] | None) -> list[Matcher]:
    try:
        return [parse_matcher(one) for one in filters or ()]
    except BadMatcher as bad:
        raise BadRequest(str(bad)) from None


def _flag(text: str, name: str) -> bool:
    if text.lower() in {"true", "1", "t"}:
        return True
    if text.lower() in {"false", "0", "f"}:
        return False
    raise BadRequest(f"{name} in query must be of type boolean: {text!r}")


def _receiver(pattern: str) -> Matcher | None:
    try:
        return Matcher("receiver", "=~", pattern) if pattern else None
    except BadMatcher as bad:
        raise BadRequest(f"failed to parse receiver param: {bad}") from None


def _is_for(receivers: Sequence[str], pattern: Matcher | None) -> bool:
    return pattern is None or any(pattern.matches_value(one) for one in receivers)


def _is_wanted(one: Shown, active: str, silenced: str, inhibited: str, wanted: Sequence[Matcher]) -> bool:
    return (
        (_flag(active, "active") or one.state != "active")
        and (_flag(silenced, "silenced") or not one.silenced_by)
        and (_flag(inhibited, "inhibited") or not one.inhibited_by)
        and all_match(wanted, one.alert.labels)
    )


# Writing


def _json(value: object) -> Response[bytes]:
    return Response(msgspec.json.encode(value), media_type="application/json", headers={"Cache-Control": "no-store"})


def _iso(at_ms: int) -> str:
    at = dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"


def _alert(one: Shown, muted_by: Sequence[str] = ()) -> dict[str, Any]:
    alert = one.alert
    return {
        "annotations": alert.annotations,
        "endsAt": _iso(alert.ends_at_ms),
        "fingerprint": alert.fingerprint,
        "receivers": [{"name": name} for name in one.receivers],
        "startsAt": _iso(alert.starts_at_ms),
        "status": {
            "inhibitedBy": one.inhibited_by,
            "mutedBy": muted_by,
            "silencedBy": one.silenced_by,
            "state": one.state,
        },
        "updatedAt": _iso(alert.updated_at_ms),
        "generatorURL": alert.generator_url,
        "labels": alert.labels,
    }


def _silence(one: Silence, now_ms: int) -> dict[str, Any]:
    matchers = [
        {
            "name": matcher.name,
            "value": matcher.value,
            "isRegex": matcher.operator.endswith("~"),
            "isEqual": matcher.operator.startswith("="),
        }
        for matcher in one.matchers
    ]
    return {
        "id": one.id,
        "status": {"state": one.state(now_ms)},
        "updatedAt": _iso(one.updated_at_ms),
        "comment": one.comment,
        "createdBy": one.created_by,
        "endsAt": _iso(one.ends_at_ms),
        "matchers": matchers,
        "startsAt": _iso(one.starts_at_ms),
    }
