"""A mail as it is queued, and as it goes out."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from enum import StrEnum
from typing import Any

import msgspec

from obsv.core.clock import Clock


class Kind(StrEnum):
    """Why people get mail.  Source: privacy clauses use.mail.incident, use.mail.maintenance; none is marketing."""

    TRANSACTIONAL = "transactional"  # what somebody just asked for
    ALERT = "alert"
    INCIDENT = "incident"
    MAINTENANCE = "maintenance"
    SECURITY = "security"
    REPORT = "report"  # an analytics report that the reader switched on


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One mail to one person. `headers` are further ones (List-Unsubscribe)."""

    to: str
    subject: str
    text: str
    html: str = ""
    reply_to: str = ""
    headers: dict[str, str] = {}


class _Whole(EmailPolicy):
    """Leaves the links of list headers in one piece.

    The library encodes what is too long for a line (RFC 2047), which mail programs do not undo there (RFC 2369).
    """

    def fold(self, name: str, value: Any) -> str:
        if name.lower().startswith("list-"):
            return f"{name}: {value}{self.linesep}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower().startswith("list-"):
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


def check(mail: Mail) -> None:
    """Raise ValueError for what would never arrive, or would smuggle a header in."""
    for value in (mail.to, mail.subject, mail.reply_to, *mail.headers, *mail.headers.values()):
        if "\n" in value or "\r" in value or "\0" in value:
            raise ValueError("a mail header holds a line break")
    address = parseaddr(mail.to)[1]
    if address != mail.to or "@" not in address.strip("@"):
        raise ValueError("the recipient is not an email address")


def render(mail: Mail, *, message_id: str, sender: str, clock: Clock) -> bytes:
    """The message in RFC 5322 form; the same `message_id` makes a repeated one recognisable."""
    message = EmailMessage(policy=_Whole(linesep="\r\n"))
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(clock.now())
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{message_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies
    if mail.reply_to:
        message["Reply-To"] = mail.reply_to
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message.as_bytes()
