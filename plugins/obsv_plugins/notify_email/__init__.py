"""Mails to addresses, and to the owners of the organisation, through obsv's own durable mail queue."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from html import escape
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from obsv.plugin_api import (
    HTML,
    Mail,
    Message,
    NotifierContext,
    NotifyError,
    PluginSettings,
    Receipt,
    Recipient,
    trial,
)

BODY_MAX: Final = 60_000
_PAGE: Final = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>{subject}</title></head>
<body style="margin:0;padding:24px 12px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif">
<table role="presentation" width="100%" style="max-width:640px;margin:0 auto;border-collapse:collapse">
<tr><td style="border-left:4px solid {colour};padding-left:16px">
<h1 style="font-size:20px;line-height:1.3;margin:0 0 16px">{subject}</h1>
<div>{body}</div>
</td></tr></table>
</body></html>
"""

Address = Annotated[str, Meta(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$", max_length=254)]


class EmailTarget(PluginSettings, frozen=True):
    """Who gets the mails."""

    to: Annotated[tuple[Address, ...], Meta(title="Addresses", description="Each gets a mail.", max_length=50)] = ()
    owners: Annotated[
        bool, Meta(title="Owners of the organisation", description="Whoever they are when the mail is sent.")
    ] = False

    def __post_init__(self) -> None:
        """Somebody must get it."""
        if not self.to and not self.owners:
            raise ValueError("to: name an address, or choose the owners")


class EmailNotifier:
    """A delivery is done when the queue has its mails; the queue itself repeats until the mail server takes them."""

    title: ClassVar[str] = "Email"
    per_minute: ClassVar[int] = 120
    Target: ClassVar[type[PluginSettings]] = EmailTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Queue a mail for each recipient, once."""
        people = await self._recipients(target)
        for index, person in enumerate(people):
            await self._context.queue_mail(
                mail_of(message, person.email), once_key=f"{message.key}:{index}", user_id=person.user_id
            )
        return Receipt(f"queued as mail to {len(people)} recipient{'s' if len(people) > 1 else ''}")

    async def verify(self, target: PluginSettings) -> Receipt:
        """Hand a trial mail to the mail server at once, for each recipient."""
        message, answer = trial(self._context.clock), ""
        for person in await self._recipients(target):
            answer = await self._context.send_mail(mail_of(message, person.email))
        return Receipt(answer)

    async def _recipients(self, target: PluginSettings) -> Sequence[Recipient]:
        assert isinstance(target, EmailTarget)
        owners = await self._context.owners() if target.owners else ()
        known = {person.email.casefold() for person in owners}
        # In a fixed order: it is part of the key under which each mail is queued once.
        people = [*sorted(owners, key=lambda person: person.user_id)]
        people += [Recipient("", address) for address in target.to if address.casefold() not in known]
        if not people:
            raise NotifyError("the organisation has no owner with an account", is_permanent=False)
        return people


def mail_of(message: Message, to: str) -> Mail:
    """The mail; those about one group of alerts make one conversation in a mail program."""
    told = message.notification
    colour = "#b3261e" if told is not None and told.is_firing else "#1e7d34"
    page = _PAGE.format(subject=escape(message.subject), body=message.body(HTML, BODY_MAX), colour=colour)
    group = hashlib.sha256((told.group_key if told is not None else message.key).encode()).hexdigest()[:32]
    headers = {"References": f"<{group}@alerts.obsv.invalid>"}
    return Mail(to=to, subject=message.subject, text=message.text + "\n", html=page, headers=headers)
