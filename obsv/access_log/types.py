"""What the API answers."""

from __future__ import annotations

import msgspec


class AccessView(msgspec.Struct, frozen=True):
    """A call. `actor_name` is the person's or the token's name, empty once that is gone; `network` is /24 or /48."""

    at_ms: int
    request_id: str
    actor_kind: str
    actor_ref: str
    actor_name: str
    session_id: str
    method: str
    route: str
    status: int
    duration_ms: float
    bytes_in: int
    bytes_out: int
    protocol: str
    network: str


class AccessPage(msgspec.Struct, frozen=True):
    """Newest first; `next_before` goes into `before` of the next page, null on the last one."""

    calls: list[AccessView]
    next_before: str | None


class IngestCount(msgspec.Struct, frozen=True):
    """Calls that sent metrics from `from_ms` on for one step; `token_id` is empty for a session."""

    from_ms: int
    token_id: str
    token_name: str
    route: str
    status: int
    calls: int
    bytes_in: int
    mean_ms: float


class IngestCounts(msgspec.Struct, frozen=True):
    """Oldest first. `step_ms` is how long a step is; `is_complete` is false where there were too many rows."""

    step_ms: int
    counts: list[IngestCount]
    is_complete: bool


class RefusalView(msgspec.Struct, frozen=True):
    """Why samples were refused last, in the words that the sender got; `status` 200 where others were kept."""

    at_ms: int
    status: int
    words: str


class ArrivalView(msgspec.Struct, frozen=True):
    """What a token has sent since `since_ms`, when the process began; `last_ms` is when samples were kept last."""

    since_ms: int
    now_ms: int
    samples: int
    refused: int
    last_ms: int | None
    refusal: RefusalView | None
