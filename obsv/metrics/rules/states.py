"""Alerts from inactive over pending to firing and back; pure.  Source: Prometheus' rules/alerting.go."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

Labels = tuple[tuple[str, str], ...]
"""Sorted pairs."""
State = Literal["inactive", "pending", "firing"]

RESOLVED_KEPT_MS: Final = 15 * 60_000
"""How long what resolved is told again, for whoever did not hear it."""
NO_DATA_KEPT_MS: Final = 24 * 3_600_000
"""How long an alert whose data is gone stays as it is at the most, where the rule says so."""
RESEND_MS: Final = 60_000


class LimitPassed(Exception):
    """More alerts than the group's limit: the rule has none then."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a result makes: the labels of its series in it, and the annotations."""

    source: Labels
    annotations: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Alert:
    """One label set's state.  Times are ms, 0 for never; `source` are the labels of the result, without a name.

    `absent_ms`: since when the result lacks it, while it is kept firing.
    """

    labels: Labels
    source: Labels
    annotations: Mapping[str, str]
    value: float
    state: State
    active_ms: int
    fired_ms: int = 0
    resolved_ms: int = 0
    absent_ms: int = 0
    sent_ms: int = 0

    @property
    def lasting(self) -> tuple[State, int, int, int, int]:
        """What makes another state of it; values and annotations change with every run."""
        return self.state, self.active_ms, self.fired_ms, self.resolved_ms, self.absent_ms


Alerts = Mapping[Labels, Alert]


@dataclass(frozen=True, slots=True)
class Timing:
    """What a rule says of time, and the most alerts that it may have (0: any number)."""

    for_ms: int = 0
    keep_firing_ms: int = 0
    limit: int = 0


@dataclass(slots=True)
class Step:
    """What an evaluation made of a rule's alerts."""

    alerts: dict[Labels, Alert] = field(default_factory=dict[Labels, Alert])
    changed: list[Alert] = field(default_factory=list[Alert])
    fired: list[Alert] = field(default_factory=list[Alert])
    resolved: list[Alert] = field(default_factory=list[Alert])
    gone: list[Alert] = field(default_factory=list[Alert])


def step(
    timing: Timing, before: Alerts, found: Mapping[Labels, Found], at_ms: int, *, kept: Collection[Labels] = ()
) -> Step:
    """What comes after `before`, where an evaluation at `at_ms` found this.

    `kept` are those that nothing is known of: they stay as they are, a day at the most.  Raises LimitPassed.
    """
    out = Step()
    active = 0
    for labels, alert in before.items():
        if labels not in found:
            after = _without(timing, alert, at_ms, is_kept=labels in kept)
            _note(out, alert, after)
            active += after is not None and after.state != "inactive"
    for labels, one in found.items():
        known = before.get(labels)
        if known is None or known.state == "inactive":
            alert = Alert(labels, one.source, one.annotations, one.value, "pending", at_ms)
        else:
            alert = replace(known, annotations=one.annotations, value=one.value, source=one.source, absent_ms=0)
        active += 1
        _note(out, known, _fires(timing, alert, at_ms))
    if 0 < timing.limit < active:
        raise LimitPassed(f"exceeded limit of {timing.limit} with {active} alerts")
    return out


def _without(timing: Timing, alert: Alert, at_ms: int, *, is_kept: bool) -> Alert | None:
    """An alert that the result lacks; None where it goes."""
    if alert.state == "inactive":
        return None if at_ms - alert.resolved_ms > RESOLVED_KEPT_MS else alert
    if is_kept:
        absent_ms = alert.absent_ms or at_ms
        if at_ms - absent_ms < NO_DATA_KEPT_MS:
            return replace(alert, absent_ms=absent_ms)
    if alert.state == "pending":
        return None
    if timing.keep_firing_ms > 0:
        absent_ms = alert.absent_ms or at_ms
        if at_ms - absent_ms < timing.keep_firing_ms:
            return replace(alert, absent_ms=absent_ms)
    return replace(alert, state="inactive", resolved_ms=at_ms)


def _fires(timing: Timing, alert: Alert, at_ms: int) -> Alert:
    if alert.state == "pending" and at_ms - alert.active_ms >= timing.for_ms:
        return replace(alert, state="firing", fired_ms=at_ms)
    return alert


def _note(out: Step, before: Alert | None, after: Alert | None) -> None:
    """Sort what became of one into what changed."""
    if after is None:
        assert before is not None
        out.gone.append(before)
        return
    out.alerts[after.labels] = after
    if before is None or before.lasting != after.lasting:
        out.changed.append(after)
    was_firing = before is not None and before.state == "firing"
    if after.state == "firing" and not was_firing:
        out.fired.append(after)
    elif after.state == "inactive" and was_firing:
        out.resolved.append(after)


def ended(before: Alerts, at_ms: int) -> Step:
    """All of a rule's alerts come to an end, since nothing evaluates it any more."""
    return step(Timing(), before, {}, at_ms)


def due(alerts: Alerts, at_ms: int, resend_ms: int = RESEND_MS) -> Iterator[Alert]:
    """Those to be told of: what fired or resolved since it was told last, or was not told for so long."""
    for alert in alerts.values():
        if alert.state == "pending":
            continue
        if alert.resolved_ms > alert.sent_ms or alert.sent_ms + resend_ms < at_ms:
            yield alert


def ends_ms(alert: Alert, at_ms: int, interval_ms: int, resend_ms: int = RESEND_MS) -> int:
    """When an alert that is told of at `at_ms` is over: two evaluations or messages may fail before that."""
    return alert.resolved_ms or at_ms + 4 * max(interval_ms, resend_ms)


def moved_on(alerts: Sequence[Alert], down_ms: int) -> list[Alert]:
    """Alerts after so long without evaluations: that time does not count for what is pending, or kept firing."""
    return [
        replace(
            alert,
            active_ms=alert.active_ms + (down_ms if alert.state == "pending" else 0),
            absent_ms=alert.absent_ms and alert.absent_ms + down_ms,
        )
        for alert in alerts
    ]
