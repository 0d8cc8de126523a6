"""How long each class of data is kept, in the words that the policy prints.  Source: privacy clauses ret.*."""

from __future__ import annotations

from typing import Final

CLASSES: Final[dict[str, str]] = {
    "account": "until the account or organisation is closed, and 90 days",
    "subject": "as long as the person or organisation that it belongs to",
    "instance": "as long as the instance; nobody's data",
    "setup": "until the first account exists",
    "metrics": "as long as the organisation's plan says, which may be longer for roll-ups of 5 minutes and of an hour",
    "push": "until it is deleted, or not pushed again for as long as `[metrics] push_ttl` says",
    "bin": "until it is deleted, and 30 days",
    "dashboard": "as long as the dashboard that it belongs to",
    "share": "30 days after the link expired or was taken back",
    "alert": "until it is over and was told, and half an hour; what a channel was told 5 days at most",
    "silence": "5 days after it ended",
    "status": "2 years after it ended",
    "incident": "as long as the incident that it belongs to",
    "subscriber": "until its reader unsubscribes; 3 days if they never confirmed it",
    "announcement": "a year after it was written",
    "monitor": "400 days, or until the monitor is deleted",
    "ping": "30 days, the newest 100 of a monitor, or until the monitor is deleted",
    "delta": "a day after the last point that was added",
    "audit": "1 year after the event",
    "access_log": "30 days after the call",
    "session": "14 days without use, 30 days at most",
    "link": "until it is used, 7 days at most",
    "support": "30 days after the grant ended",
    "attempt": "a day after the limit that it counts for",
    "token": "30 days after it was revoked or expired",
    "mail": "content a day after delivery or 3 days after giving up, envelope 30 days",
    "delivery": "content a day after delivery or 3 days after giving up, what became of it 30 days",
    "attempts": "as long as the delivery that it belongs to",
    "egress": "90 days",
    "job_runs": "14 days",
}
"""Every class that a table may name."""

BY_DAY: Final = frozenset(CLASSES) - {
    *("subject", "instance", "setup", "metrics", "push", "dashboard", "attempts", "alert", "incident"),
}
"""Classes whose rows carry the day on which they go."""
