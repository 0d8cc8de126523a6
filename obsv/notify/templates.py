"""A channel's own templates, over the data that Alertmanager gives to those of its receivers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from obsv.core.errors import FieldError, Invalid
from obsv.core.gotemplate import Function, Limits, StringMap, Struct, TemplateFailed, parse_template, render
from obsv.notify.base import Message
from obsv.notify.flavours import TEXT
from obsv.notify.notification import FIRING, RESOLVED, Notification, NotifiedAlert
from obsv.notify.render import SUBJECT_MAX, body_of, one_line, subject_of

TEXT_MAX: Final = 20_000
_NEVER: Final = "0001-01-01T00:00:00Z"

_LIMITS: Final = Limits(output=TEXT_MAX)


def _joined(between: str, texts: Sequence[object]) -> str:
    return between.join(map(str, texts))


_FUNCTIONS: Final = {
    "toUpper": Function(str.upper, ("string",)),
    "toLower": Function(str.lower, ("string",)),
    "title": Function(str.title, ("string",)),
    "trimSpace": Function(str.strip, ("string",)),
    "join": Function(_joined, ("string", "any")),
}


def carried_out(template: str, data: dict[str, Any]) -> str:
    """What a channel's own template says.  Raises TemplateFailed."""
    return render(parse_template("", template, _FUNCTIONS), Struct("Data", data), _FUNCTIONS, _LIMITS)


def data_of(notification: Notification) -> dict[str, Any]:
    """The fields by Alertmanager's names.  Source: Alertmanager docs, "Notification template reference"."""
    return {
        "Status": notification.status,
        "Receiver": notification.receiver,
        "GroupKey": notification.group_key,
        "GroupLabels": StringMap(notification.group_labels),
        "CommonLabels": StringMap(notification.common_labels),
        "CommonAnnotations": StringMap(notification.common_annotations),
        "ExternalURL": notification.external_url,
        "TruncatedAlerts": notification.truncated,
        "Links": StringMap(notification.links),
        "Alerts": [_alert(alert) for alert in notification.alerts],
        "Firing": [_alert(alert) for alert in notification.of(FIRING)],
        "Resolved": [_alert(alert) for alert in notification.of(RESOLVED)],
    }


def message_of(notification: Notification, key: str, *, subject: str = "", text: str = "") -> Message:
    """The message, in obsv's words or in those of the channel's own templates.  Raises TemplateFailed."""
    data = data_of(notification) if subject or text else {}
    own_subject = carried_out(subject, data) if subject else ""
    own_text = carried_out(text, data) if text else ""
    return Message(
        key,
        one_line(own_subject, SUBJECT_MAX) or subject_of(notification),
        own_text[:TEXT_MAX] or body_of(notification, TEXT, TEXT_MAX),
        link=notification.links.get("open", notification.external_url),
        labels=notification.common_labels,
        notification=notification,
        is_own_text=bool(own_text),
    )


def check_template(field: str, template: str) -> None:
    """Raise `Invalid` for one that cannot be carried out over an example."""
    if not template:
        return
    try:
        carried_out(template, data_of(_EXAMPLE))
    except TemplateFailed as wrong:
        said = f"The template cannot be carried out: {wrong}"
        raise Invalid(said, code="bad_template", errors=[FieldError(f"/{field}", str(wrong))]) from None


def rfc3339(at_ms: int) -> str:
    """An instant as Go writes one in JSON; 0 is Go's zero time."""
    if not at_ms:
        return _NEVER
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _alert(alert: NotifiedAlert) -> Struct:
    fields = {
        "Status": alert.status,
        "Labels": StringMap(alert.labels),
        "Annotations": StringMap(alert.annotations),
        "StartsAt": rfc3339(alert.starts_at_ms),
        "EndsAt": rfc3339(alert.ends_at_ms),
        "GeneratorURL": alert.generator_url,
        "Fingerprint": alert.fingerprint,
        "Links": StringMap(alert.links),
    }
    return Struct("Alert", fields)


_EXAMPLE: Final = Notification(
    FIRING,
    "example",
    "{}:{}",
    [NotifiedAlert(FIRING, {"alertname": "Example"}, {"summary": "An example"}, 1_700_000_000_000)],
    {"alertname": "Example"},
    {"alertname": "Example"},
    {"summary": "An example"},
)
