"""What becomes of an alert that is posted: stamped, checked, and merged with what is known of it.

Source: Alertmanager's API v2 and its alert provider.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from obsv.alertmanager.labels import fingerprint
from obsv.alertmanager.types import Alert, PostedAlert

MAX_LABELS: Final = 100
MAX_BYTES: Final = 32 * 1024


class BadAlert(ValueError):
    """An alert that cannot be taken; the message says why."""


def received(posted: PostedAlert, now_ms: int, resolve_timeout_ms: int) -> Alert:
    """The alert with its times filled in and empty labels left out.  Raises `BadAlert`."""
    starts_at_ms = posted.starts_at_ms or posted.ends_at_ms or now_ms
    is_timeout = not posted.ends_at_ms
    ends_at_ms = now_ms + resolve_timeout_ms if is_timeout else posted.ends_at_ms
    labels = {name: value for name, value in posted.labels.items() if value}
    if ends_at_ms < starts_at_ms:
        raise BadAlert("start time must be before end time")
    if not labels:
        raise BadAlert("at least one label pair required")
    if "" in labels or "" in posted.annotations:
        raise BadAlert('invalid label set: invalid name ""')
    if len(labels) + len(posted.annotations) > MAX_LABELS:
        raise BadAlert(f"more than {MAX_LABELS} labels and annotations")
    words = (*labels, *labels.values(), *posted.annotations, *posted.annotations.values(), posted.generator_url)
    try:
        size = sum(len(word.encode()) for word in words)
    except UnicodeEncodeError:
        raise BadAlert("invalid label set: not UTF-8") from None
    if size > MAX_BYTES:
        raise BadAlert(f"labels and annotations of {size} bytes, more than {MAX_BYTES}")
    if any("\x00" in word for word in words):
        raise BadAlert("invalid label set: a NUL in a name or value")
    return Alert(
        labels=labels,
        annotations=dict(posted.annotations),
        starts_at_ms=starts_at_ms,
        ends_at_ms=ends_at_ms,
        updated_at_ms=now_ms,
        fingerprint=fingerprint(labels),
        is_timeout=is_timeout,
        generator_url=posted.generator_url,
    )


def merged(old: Alert | None, new: Alert, now_ms: int) -> Alert:
    """What is kept: where the times of both overlap they are one; who acknowledged it holds until it is over."""
    if old is None:
        return new
    if new.is_resolved(now_ms) or not old.is_resolved(now_ms):
        new = replace(new, acknowledged_at_ms=old.acknowledged_at_ms, acknowledged_by=old.acknowledged_by)
    overlaps = (
        old.starts_at_ms < new.ends_at_ms < old.ends_at_ms or old.starts_at_ms < new.starts_at_ms < old.ends_at_ms
    )
    if not overlaps:
        return new
    ends_at_ms = new.ends_at_ms
    if new.is_resolved(now_ms):
        # Of two ends that are past, the later one counts.
        if old.is_resolved(now_ms):
            ends_at_ms = max(ends_at_ms, old.ends_at_ms)
    elif not old.is_timeout:
        ends_at_ms = max(ends_at_ms, old.ends_at_ms)
    return replace(new, starts_at_ms=min(old.starts_at_ms, new.starts_at_ms), ends_at_ms=ends_at_ms)
