"""How a check's outcome changes what is known of a monitor: pure, and the same for all kinds.

Time is accounted to what was known then. Between two checks that agree it belongs to them; from the first of several
failures on it waits until they are confirmed (then it was down) or not (then it was up). Time in which obsv itself did
not check belongs to nobody: it is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

Outcome = Literal["ok", "failed", "refused"]
"""`refused`: it could not be checked, because obsv may not go there."""


class State(StrEnum):
    """What a monitor is."""

    PENDING = "pending"  # not checked yet
    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"  # could not be checked
    PAUSED = "paused"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a monitor, times in Unix ms.

    `due_at_ms` is when it is checked next, or when a heartbeat is down; 0 is never. `failing_at_ms` is when the first
    of the `failures` in a row came. `seq` counts changes, so that nobody overwrites what they have not seen.
    """

    state: State = State.PENDING
    since_at_ms: int = 0
    checked_at_ms: int = 0
    accounted_at_ms: int = 0
    failures: int = 0
    failing_at_ms: int = 0
    due_at_ms: int = 0
    started_at_ms: int = 0
    pinged_at_ms: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found at a time, and why."""

    at_ms: int
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """How many failures make it down, and how long a check counts for."""

    failures: int
    known_for_ms: int
    is_maintenance: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A monitor turned from one state to another."""

    at_ms: int
    before: State
    after: State
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Time that is settled."""

    start_ms: int
    end_ms: int
    state: State


@dataclass(frozen=True, slots=True)
class Step:
    """What is known then, which changes that were, and which time is settled by it."""

    standing: Standing
    changes: tuple[Change, ...] = ()
    spans: tuple[Span, ...] = ()


def step(before: Standing, verdict: Verdict, rules: Rules) -> Step:
    """What a check's outcome makes of what was known."""
    found = away(before, verdict.at_ms, rules.known_for_ms)
    standing, changes, spans = found.standing, list(found.changes), list(found.spans)
    at_ms = verdict.at_ms
    failures = standing.failures + 1 if verdict.outcome == "failed" else 0
    failing_at_ms = (standing.failing_at_ms or at_ms) if failures else 0
    after = _after(standing.state, verdict.outcome, failures, rules)
    turned_at_ms = max(failing_at_ms, standing.since_at_ms) if after is State.DOWN else at_ms
    if after is not standing.state:
        changes.append(Change(turned_at_ms, standing.state, after, verdict.reason))
    # An open question settles nothing.
    is_open = failures > 0 and after is not State.DOWN and not rules.is_maintenance
    until_ms = max(failing_at_ms, standing.accounted_at_ms) if is_open else at_ms
    if after is not standing.state:
        spans.append(Span(standing.accounted_at_ms, min(turned_at_ms, until_ms), standing.state))
        spans.append(Span(max(turned_at_ms, standing.accounted_at_ms), until_ms, after))
    else:
        spans.append(Span(standing.accounted_at_ms, until_ms, after))
    standing = replace(
        standing,
        state=after,
        since_at_ms=turned_at_ms if after is not standing.state else standing.since_at_ms,
        checked_at_ms=at_ms,
        accounted_at_ms=max(until_ms, standing.accounted_at_ms),
        failures=0 if rules.is_maintenance else failures,
        failing_at_ms=0 if rules.is_maintenance else failing_at_ms,
    )
    return Step(standing, tuple(changes), _real(spans))


def _after(state: State, outcome: Outcome, failures: int, rules: Rules) -> State:
    if rules.is_maintenance:
        return State.MAINTENANCE
    if outcome == "ok":
        return State.UP
    if outcome == "refused":
        return State.UNKNOWN
    return State.DOWN if failures >= rules.failures else state


def away(before: Standing, at_ms: int, known_for_ms: int) -> Step:
    """What is known when obsv comes back after it could not check for longer than a check counts."""
    known_ms = before.checked_at_ms + known_for_ms
    if before.state not in (State.UP, State.DOWN, State.MAINTENANCE) or at_ms <= known_ms:
        return Step(before)
    known_ms = max(known_ms, before.since_at_ms, before.accounted_at_ms)
    span = Span(before.accounted_at_ms, known_ms, before.state)
    change = Change(known_ms, before.state, State.UNKNOWN, "it was not checked: obsv was away")
    standing = replace(
        before, state=State.UNKNOWN, since_at_ms=known_ms, accounted_at_ms=at_ms, failures=0, failing_at_ms=0
    )
    return Step(standing, (change,), _real([span]))


def turn(before: Standing, state: State, at_ms: int, known_for_ms: int, reason: str = "") -> Step:
    """Make it something that no check found: paused, or waiting for its next check."""
    found = away(before, at_ms, known_for_ms)
    if found.standing.state is state:
        return found
    change = Change(at_ms, found.standing.state, state, reason)
    span = Span(found.standing.accounted_at_ms, at_ms, found.standing.state)
    standing = replace(
        found.standing, state=state, since_at_ms=at_ms, accounted_at_ms=at_ms, failures=0, failing_at_ms=0
    )
    return Step(standing, (*found.changes, change), (*found.spans, *_real([span])))


def _real(spans: list[Span]) -> tuple[Span, ...]:
    return tuple(span for span in spans if span.end_ms > span.start_ms)


def settle(before: Standing, at_ms: int, known_for_ms: int) -> Step:
    """Account the time until now to what is known, where nothing new was found."""
    found = away(before, at_ms, known_for_ms)
    span = Span(found.standing.accounted_at_ms, at_ms, found.standing.state)
    standing = replace(found.standing, checked_at_ms=at_ms, accounted_at_ms=max(at_ms, span.start_ms))
    return Step(standing, found.changes, (*found.spans, *_real([span])))
