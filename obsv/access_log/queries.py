"""Reading the access log of one organisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from obsv.db import fetch, fetch_value

# A token is found among the organisation's own, also when it is revoked.
_CALLS = (
    "SELECT a.id, a.at_ms, a.request_id, a.user_id, a.session_id, a.token_id, t.name AS token_name, a.method, a.route, "
    "a.status, a.duration_ms, a.bytes_in, a.bytes_out, a.protocol, a.ip_trunc "
    "FROM access_log a LEFT JOIN api_tokens t ON t.id = a.token_id AND t.org = a.org"
)


class Position(NamedTuple):
    """Where a page ended: the instant and the number of its last call."""

    at_ms: int
    id: int


@dataclass(frozen=True, slots=True)
class Filter:
    """Which calls; what is empty does not count.

    `actor_ref` is the id of a token or a person, `status_class` the first digit of a status.
    """

    actor_ref: str = ""
    route: str = ""
    status_class: int | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    before: Position | None = None


async def calls(org: int, wanted: Filter, limit: int) -> list[dict[str, Any]]:
    """The columns of `AccessEntry` and the token's name, newest first."""
    clauses, args = ["a.org = {}"], list[object]([org])
    lowest = None if wanted.status_class is None else wanted.status_class * 100
    for clause, value in (
        ("a.route = {}", wanted.route),
        ("a.status >= {}", lowest),
        ("a.status < {}", None if lowest is None else lowest + 100),
        ("a.at_ms >= {}", wanted.since_ms),
        ("a.at_ms <= {}", wanted.until_ms),
    ):
        if value not in ("", None):
            clauses.append(clause)
            args.append(value)
    if wanted.actor_ref:
        clauses.append("(a.token_id = {} OR a.user_id = {})")
        args += [wanted.actor_ref, wanted.actor_ref]
    if wanted.before is not None:
        clauses.append("(a.at_ms, a.id) < ({}, {})")
        args += wanted.before
    sql = f"{_CALLS} WHERE {' AND '.join(clauses)} ORDER BY a.at_ms DESC, a.id DESC LIMIT {{}}"
    return await fetch(sql, *args, limit)


async def counts(org: int, since_ms: int, until_ms: int, step_ms: int, limit: int) -> list[Mapping[str, Any]]:
    """Ingest calls by token, route and status in steps of time, oldest first; at most `limit` rows."""
    return [
        *await fetch(
            "SELECT c.minute_ms - c.minute_ms % {} AS from_ms, c.token_id, MAX(t.name) AS token_name, c.route, "
            "c.status, CAST(SUM(c.calls) AS BIGINT) AS calls, CAST(SUM(c.bytes_in) AS BIGINT) AS bytes_in, "
            "SUM(c.duration_ms) AS duration_ms "
            "FROM access_counts c LEFT JOIN api_tokens t ON t.id = c.token_id AND t.org = c.org "
            "WHERE c.org = {} AND c.minute_ms >= {} AND c.minute_ms <= {} "
            "GROUP BY 1, c.token_id, c.route, c.status ORDER BY 1, c.token_id, c.route, c.status LIMIT {}",
            *(step_ms, org, since_ms, until_ms, limit),
        )
    ]


async def has_token(org: int, token_id: str) -> bool:
    """Whether the organisation has such a token, or had."""
    return bool(await fetch_value("SELECT count(*) FROM api_tokens WHERE org = {} AND id = {}", org, token_id))
