"""How many messages a history of alerts makes; pure.  Source: Alertmanager's dispatch and notify packages."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GroupTimes:
    """When a group is told: in ms; `until_ms` ends the time that is looked at."""

    wait_ms: int
    interval_ms: int
    repeat_ms: int
    until_ms: int
    send_resolved: bool = True


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert of a group that fired from when to when."""

    alert: int
    from_ms: int
    until_ms: int


class _Group:
    """A group at its flushes."""

    def __init__(self, changes: list[tuple[int, bool, int]], times: GroupTimes) -> None:
        self._changes, self._times, self._next = changes, times, 0
        self._firing: set[int] = set()
        self._told: set[int] = set()
        self._told_ms = 0
        self.sent = 0

    def run(self) -> int:
        """Let the time pass; the messages."""
        while self._next < len(self._changes):
            at_ms, begins, _ = self._changes[self._next]
            if not begins:
                # It was over before the group was told of it.
                self._next += 1
                continue
            self._live(at_ms + self._times.wait_ms)
        return self.sent

    def _live(self, flush_ms: int) -> None:
        """From the first flush until nothing fires any more."""
        times = self._times
        self._told = set()
        while flush_ms <= times.until_ms:
            self._take(flush_ms)
            self._flush(flush_ms)
            if not self._firing:
                return
            flush_ms = self._repeated(flush_ms)
            due_ms = self._told_ms + times.repeat_ms
            if self._next < len(self._changes):
                due_ms = min(due_ms, self._changes[self._next][0])
            flush_ms += max(1, math.ceil((due_ms - flush_ms) / times.interval_ms)) * times.interval_ms
        self._next = len(self._changes)

    def _repeated(self, flush_ms: int) -> int:
        """Let all repetitions before the next change go by at once; the last flush of them."""
        times = self._times
        if self._told_ms != flush_ms:
            return flush_ms
        pace_ms = -(-times.repeat_ms // times.interval_ms) * times.interval_ms
        is_last = self._next >= len(self._changes)
        end_ms = times.until_ms if is_last else min(times.until_ms, self._changes[self._next][0] - 1)
        count = max(0, (end_ms - flush_ms) // pace_ms)
        self.sent += count
        self._told_ms = flush_ms + count * pace_ms
        return self._told_ms

    def _take(self, until_ms: int) -> None:
        while self._next < len(self._changes) and self._changes[self._next][0] <= until_ms:
            _, begins, alert = self._changes[self._next]
            self._firing.add(alert) if begins else self._firing.discard(alert)
            self._next += 1

    def _flush(self, at_ms: int) -> None:
        is_news = bool(self._firing - self._told)
        is_over = self._times.send_resolved and bool(self._told - self._firing)
        if is_news or is_over or (self._firing and at_ms - self._told_ms >= self._times.repeat_ms):
            self.sent += 1
            self._told_ms = at_ms
        self._told = set(self._firing)


def messages(fired: Iterable[Fired], times: GroupTimes) -> int:
    """The messages that one group makes."""
    changes: list[tuple[int, bool, int]] = []
    for one in fired:
        changes += ((one.from_ms, True, one.alert), (one.until_ms, False, one.alert))
    # What ends and what begins at one time: it ended first.
    changes.sort()
    return _Group(changes, times).run()
