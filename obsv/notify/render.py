"""Words for a notification: a subject, and a body in a service's flavour that fits its limit.

A body names as many alerts as fit and says how many more there are; no alert is cut in the middle of its markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from obsv.notify.flavours import Flavour
from obsv.notify.notification import FIRING, SEVERITIES, Notification, NotifiedAlert

SUBJECT_MAX: Final = 200
LONGEST_TEXTS: Final = (2000, 500, 160, 40)
"""How much of a description and of the labels is told, tried in this order until something fits."""
LINKS: Final = {"open": "Open", "acknowledge": "Acknowledge", "silence": "Silence", "dashboard": "Dashboard"}
_TOLD_APART: Final = frozenset({"alertname", "severity"})
_PLACES: Final = ("instance", "host", "hostname", "node", "monitor", "service", "job")


def cut(text: str, limit: int) -> str:
    """At most `limit` characters; an ellipsis tells of the rest."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def cut_escaped(text: str, flavour: Flavour, limit: int) -> str:
    """As much of a text as fits once it is escaped."""
    limit_now = min(len(text), limit)
    while flavour.size(escaped := flavour.escape(cut(text, limit_now))) > limit:
        limit_now = min(limit_now - 1, limit_now * limit // flavour.size(escaped))
        if limit_now <= 0:
            return ""
    return escaped


def for_humans(duration_ms: int) -> str:
    """A duration in at most two units: "3 min", "2 h 5 min", "4 d 1 h"."""
    seconds = max(duration_ms // 1000, 0)
    units = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    for (name, width), (finer, finer_width) in zip(units, (*units[1:], ("", 1)), strict=True):
        if seconds >= width:
            rest = seconds % width // finer_width if finer and name != "min" else 0
            return f"{seconds // width} {name}" + (f" {rest} {finer}" if rest else "")
    return "0 s"


def a_value(text: str) -> str:
    """A number with no more digits than a reader takes in; any other text as it is."""
    try:
        number = float(text)
    except ValueError:
        return text
    return text if len(text) <= 6 else f"{number:.4g}"


def subject_of(notification: Notification) -> str:
    """One line: the status, how many, what and where."""
    count = len(notification.of(notification.status)) + notification.truncated
    status = notification.status.upper() + (f":{count}" if count > 1 else "")
    return one_line(f"[{status}] {_title(notification)}", SUBJECT_MAX)


def one_line(text: str, limit: int) -> str:
    """Without breaks and control characters."""
    return cut(" ".join("".join(one if one.isprintable() else " " for one in text).split()), limit)


def body_of(notification: Notification, flavour: Flavour, limit: int) -> str:
    """The alerts, most urgent first, and the group's links, within `limit` as the service counts."""
    for longest in LONGEST_TEXTS:
        if (fitting := _fitting(notification, flavour, limit, longest)) is not None:
            return fitting
    return cut_escaped(subject_of(notification), flavour, limit)


def _title(notification: Notification) -> str:
    common, annotations = notification.common_labels, notification.common_annotations
    if len(notification.alerts) == 1:
        return _heading(notification.alerts[0])
    if summary := annotations.get("summary"):
        return summary
    name = common.get("alertname") or notification.group_labels.get("alertname")
    others = [value for key, value in notification.group_labels.items() if key != "alertname" and value]
    named = name or f"{len(notification.alerts) + notification.truncated} alerts"
    return f"{named} ({', '.join(others)})" if others else named


def _heading(alert: NotifiedAlert) -> str:
    if summary := alert.annotations.get("summary"):
        return summary
    name = alert.labels.get("alertname", "Alert")
    place = next((alert.labels[label] for label in _PLACES if alert.labels.get(label)), "")
    return f"{name} on {place}" if place else name


def _fitting(notification: Notification, flavour: Flavour, limit: int, longest: int) -> str | None:
    """None where not even one alert fits."""
    gap, tail = flavour.newline * 2, _links(notification.links, flavour)
    alerts = sorted(notification.alerts, key=lambda one: (one.status != FIRING, SEVERITIES.index(one.severity)))
    blocks: list[str] = []
    for alert in alerts:
        block = flavour.newline.join(_block(alert, flavour, longest))
        left_out = len(alerts) - len(blocks) - 1 + notification.truncated
        if flavour.size(_joined(gap, [*blocks, block], left_out, tail)) > limit:
            break
        blocks.append(block)
    if alerts and not blocks:
        return None
    text = _joined(gap, blocks, len(alerts) - len(blocks) + notification.truncated, tail)
    return text if flavour.size(text) <= limit else None


def _joined(gap: str, blocks: list[str], left_out: int, tail: str) -> str:
    more = f"… and {left_out} more" if left_out else ""
    return gap.join(part for part in (*blocks, more, tail) if part)


def _block(alert: NotifiedAlert, flavour: Flavour, longest: int) -> Iterator[str]:
    heading = one_line(_heading(alert), max(longest // 4, 60))
    yield f"{flavour.bold(heading)} {flavour.escape(f'({alert.status}, {alert.severity})')}"
    if said := alert.annotations.get("description") or alert.annotations.get("message"):
        lines = cut(said.strip(), longest).splitlines()
        yield flavour.newline.join(flavour.escape(line) for line in lines)
    if value := alert.annotations.get("value"):
        yield flavour.escape(f"Value: {one_line(a_value(value), 60)}")
    yield flavour.escape(_when(alert))
    labels = ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()) if name not in _TOLD_APART)
    if labels:
        yield flavour.escape(one_line(labels, longest))
    links = dict(alert.links)
    if runbook := alert.annotations.get("runbook_url", ""):
        links["runbook"] = runbook
    if told := _links(links, flavour):
        yield told


def _when(alert: NotifiedAlert) -> str:
    since = _at(alert.starts_at_ms)
    if alert.status == FIRING or not alert.ends_at_ms:
        return f"Since {since}"
    return f"From {since} to {_at(alert.ends_at_ms)} ({for_humans(alert.ends_at_ms - alert.starts_at_ms)})"


def _at(at_ms: int) -> str:
    try:
        return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return "an unknown time"


def _links(links: Mapping[str, str], flavour: Flavour) -> str:
    named = [(LINKS.get(name, name.replace("_", " ").capitalize()), url) for name, url in links.items()]
    # What came with an alert from outside may be any text.
    return flavour.more.join(
        flavour.link(label, url) for label, url in named if url.startswith(("http://", "https://"))
    )
