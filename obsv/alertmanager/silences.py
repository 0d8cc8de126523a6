"""Silences: alerts that somebody does not want to hear of for a while."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from obsv.alertmanager.intervals import TimeInterval, TimeIntervalText, is_in_any
from obsv.alertmanager.labels import Labels
from obsv.alertmanager.matchers import Matcher, all_match

State = Literal["pending", "active", "expired"]


@dataclass(frozen=True, slots=True)
class Silence:
    """Alerts that fulfil all matchers are muted between the two times.

    With `times` it recurs: it mutes only while one of those intervals holds.
    """

    id: str
    matchers: tuple[Matcher, ...]
    starts_at_ms: int
    ends_at_ms: int
    updated_at_ms: int
    created_by: str
    comment: str
    times: tuple[TimeIntervalText, ...] = ()
    intervals: tuple[TimeInterval, ...] = ()

    def state(self, now_ms: int) -> State:
        """By the two times alone."""
        if now_ms < self.starts_at_ms:
            return "pending"
        return "expired" if now_ms > self.ends_at_ms else "active"

    def is_muting(self, now_ms: int) -> bool:
        """Whether it mutes what it matches at this moment."""
        return self.state(now_ms) == "active" and (not self.intervals or is_in_any(self.intervals, now_ms))


def silenced_by(silences: Iterable[Silence], labels: Labels, now_ms: int) -> list[str]:
    """Ids of those that mute an alert with these labels, in order."""
    return sorted(one.id for one in silences if one.is_muting(now_ms) and all_match(one.matchers, labels))


def problem_of(matchers: Sequence[Matcher]) -> str:
    """What is wrong with a silence's matchers, "" if nothing."""
    if not matchers:
        return "at least one matcher required"
    if any(not matcher.name for matcher in matchers):
        return 'invalid label name ""'
    if all(matcher.operator in {"=", "=~"} and matcher.matches_value("") for matcher in matchers):
        return "at least one matcher must not match the empty string"
    return ""


def can_update(before: Silence, after: Silence, now_ms: int) -> bool:
    """Whether it can be changed in place without changing what was silenced in the past.

    Otherwise the old one ends and a new one takes its place.
    """
    if before.matchers != after.matchers or before.times != after.times:
        return False
    match before.state(now_ms):
        case "active":
            same_start = after.starts_at_ms // 1000 == before.starts_at_ms // 1000
            return same_start and after.ends_at_ms >= now_ms
        case "pending":
            return after.starts_at_ms >= now_ms
        case "expired":
            return False
