"""What outcomes make of a monitor, second by second."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from obsv.monitors.machine import Rules, Span, Standing, State, Verdict, away, settle, step, turn

RULES = Rules(failures=3, known_for_ms=200_000)
UP = Standing(State.UP, since_at_ms=0, checked_at_ms=1000, accounted_at_ms=1000)


def fail(at_ms: int) -> Verdict:
    return Verdict(at_ms, "failed", "no")


def test_the_first_success_is_up_and_what_was_before_is_nobody_s():
    found = step(Standing(since_at_ms=0), Verdict(5000, "ok"), RULES)
    assert (found.standing.state, found.standing.since_at_ms) == (State.UP, 5000)
    assert found.spans == (Span(0, 5000, State.PENDING),)
    assert [(change.at_ms, change.before, change.after) for change in found.changes] == [
        (5000, State.PENDING, State.UP)
    ]


def test_failures_settle_nothing_until_they_are_confirmed():
    one = step(UP, fail(61_000), RULES)
    two = step(one.standing, fail(76_000), RULES)
    assert (one.standing.state, two.standing.state, two.standing.failures) == (State.UP, State.UP, 2)
    assert (one.spans, two.spans, one.changes + two.changes) == ((Span(1000, 61_000, State.UP),), (), ())
    three = step(two.standing, fail(91_000), RULES)
    assert (three.standing.state, three.standing.since_at_ms) == (State.DOWN, 61_000)
    assert three.spans == (Span(61_000, 91_000, State.DOWN),)  # since the first failure, not the last
    assert (three.changes[0].at_ms, three.changes[0].reason) == (61_000, "no")


def test_a_failure_that_is_not_confirmed_was_none():
    one = step(UP, fail(61_000), RULES)
    back = step(one.standing, Verdict(76_000, "ok"), RULES)
    assert (back.standing.state, back.standing.failures, back.standing.since_at_ms) == (State.UP, 0, 0)
    assert back.spans == (Span(61_000, 76_000, State.UP),)
    assert back.changes == ()


def test_down_ends_with_the_first_success():
    down = Standing(State.DOWN, 500, 1000, 1000, failures=3, failing_at_ms=500)
    up = step(down, Verdict(61_000, "ok"), RULES)
    assert up.standing.state is State.UP
    assert up.spans == (Span(1000, 61_000, State.DOWN),)


def test_what_obsv_may_not_ask_is_unknown():
    found = step(UP, Verdict(61_000, "refused", "loopback"), RULES)
    assert found.standing.state is State.UNKNOWN


def test_time_without_checks_is_unknown():
    found = step(UP, Verdict(1_000_000, "ok"), RULES)
    assert found.spans == (Span(1000, 201_000, State.UP),)
    assert [(change.at_ms, change.after) for change in found.changes] == [
        (201_000, State.UNKNOWN),
        (1_000_000, State.UP),
    ]
    assert away(UP, 201_000, 200_000).changes == ()


def test_maintenance_counts_apart_and_confirms_nothing():
    rules = Rules(1, 200_000, is_maintenance=True)
    found = step(UP, fail(61_000), rules)
    assert (found.standing.state, found.standing.failures) == (State.MAINTENANCE, 0)
    over = step(found.standing, fail(121_000), Rules(1, 200_000))
    assert over.standing.state is State.DOWN
    assert over.spans == (Span(61_000, 121_000, State.MAINTENANCE),)


def test_pausing_and_settling():
    paused = turn(UP, State.PAUSED, 31_000, 200_000, "said so")
    assert paused.spans == (Span(1000, 31_000, State.UP),)
    again = turn(paused.standing, State.PENDING, 1_000_000, 200_000)
    assert (again.standing.state, again.spans) == (State.PENDING, (Span(31_000, 1_000_000, State.PAUSED),))
    assert settle(UP, 61_000, 200_000).spans == (Span(1000, 61_000, State.UP),)


@given(
    st.lists(st.tuples(st.integers(1, 400), st.sampled_from(["ok", "failed", "refused"]), st.booleans()), max_size=60),
    st.integers(1, 4),
)
def test_no_second_is_counted_twice_or_lost(story, failures):
    """Spans follow each other without a gap but for what is unknown, and changes are in order."""
    standing, now, spans, changes = Standing(), 0, [], []
    for seconds, outcome, is_maintenance in story:
        now += seconds * 1000
        found = step(standing, Verdict(now, outcome), Rules(failures, 150_000, is_maintenance))
        standing, spans, changes = found.standing, [*spans, *found.spans], [*changes, *found.changes]
    at = 0
    for span in spans:
        assert at <= span.start_ms < span.end_ms <= now
        if span.start_ms > at:  # obsv was away
            assert any(change.after is State.UNKNOWN and change.at_ms <= span.start_ms for change in changes)
        at = span.end_ms
    assert standing.accounted_at_ms >= at
    assert [change.after for change in changes[:-1]] == [change.before for change in changes[1:]]
    assert changes[-1].after is standing.state if changes else standing.state is State.PENDING
    assert all(one.at_ms <= two.at_ms for one, two in itertools.pairwise(changes))
