"""Mail as it would leave."""

from __future__ import annotations

from obsv.outbox import Mail, outbox


class Sink:
    """Takes what the outbox sends, instead of a server."""

    def __init__(self) -> None:
        self._taken: list[Mail] = []

    async def send(self, mail: Mail, message: bytes, *, sender: str, org: int | None) -> None:
        self._taken.append(mail)

    async def mails(self) -> list[Mail]:
        """Everything that was queued and kept so far."""
        while await outbox().send_due():
            pass
        return self._taken

    async def subjects(self) -> list[str]:
        return [mail.subject for mail in await self.mails()]
