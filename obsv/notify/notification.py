"""What is told: a group of alerts as Alertmanager's receivers get one, with links that lead back here."""

from __future__ import annotations

from typing import Final

import msgspec

FIRING: Final = "firing"
RESOLVED: Final = "resolved"
SEVERITIES: Final = ("critical", "error", "warning", "info")
"""From worst to least; a label that says something else counts as a warning."""


class NotifiedAlert(msgspec.Struct, frozen=True):
    """One alert of the group; `ends_at_ms` is 0 while it fires.  `links` are addresses by what they do."""

    status: str
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    starts_at_ms: int = 0
    ends_at_ms: int = 0
    generator_url: str = ""
    fingerprint: str = ""
    links: dict[str, str] = {}

    @property
    def severity(self) -> str:
        """One of `SEVERITIES`."""
        said = self.labels.get("severity", "").lower()
        known = {"page": "critical", "high": "critical", "fatal": "critical", "warn": "warning", "none": "info"}
        said = known.get(said, said)
        return said if said in SEVERITIES else "warning"


class Notification(msgspec.Struct, frozen=True):
    """A group at one moment.

    `truncated` alerts were left out already; `links` may have `open`, `acknowledge` and `silence`.
    """

    status: str
    receiver: str
    group_key: str
    alerts: list[NotifiedAlert] = []
    group_labels: dict[str, str] = {}
    common_labels: dict[str, str] = {}
    common_annotations: dict[str, str] = {}
    external_url: str = ""
    truncated: int = 0
    links: dict[str, str] = {}

    @property
    def is_firing(self) -> bool:
        """Whether any alert of it fires."""
        return self.status == FIRING

    @property
    def severity(self) -> str:
        """The worst of what fires, else of what is resolved."""
        alerts = self.of(FIRING) or self.alerts
        return min((alert.severity for alert in alerts), key=SEVERITIES.index, default="warning")

    def of(self, status: str) -> list[NotifiedAlert]:
        """The alerts of that status."""
        return [alert for alert in self.alerts if alert.status == status]

    def told(self) -> str:
        """What a reader learns: each alert's fingerprint and status, a line each, in order."""
        return "\n".join(sorted(f"{alert.fingerprint}:{alert.status}" for alert in self.alerts))
