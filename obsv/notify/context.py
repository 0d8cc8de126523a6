"""What a notifier is made with: the guarded way out and the mail queue, in the name of one channel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from obsv.core.clock import Clock
from obsv.db import write_tx
from obsv.egress import Call, EgressFailed, EgressRefused, Purpose, egress
from obsv.notify.base import HttpAnswer, NotifyError, Recipient
from obsv.outbox import Kind, Mail, TransportFailed, outbox

Owners = Callable[[int], Awaitable[Sequence[Recipient]]]


def subject_ref(org: int) -> str:
    """Whose key seals what belongs to an organisation."""
    return f"org_{org}"


@dataclass(frozen=True, slots=True)
class ChannelContext:
    """A `NotifierContext`; `owners_of` tells who owns an organisation, no call takes longer than `longest_s`."""

    clock: Clock
    org: int
    channel_id: str
    owners_of: Owners
    longest_s: float = 10.0

    async def http(
        self,
        method: str,
        url: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 10.0,
    ) -> HttpAnswer:
        """See `NotifierContext`."""
        timeout_s = min(timeout_s, self.longest_s)
        call = Call(Purpose.NOTIFICATION, f"channel {self.channel_id}", data=("alert",), org=self.org)
        try:
            answer = await egress().request(method, url, call, content=content, headers=headers, timeout_s=timeout_s)
        except EgressRefused as error:
            raise NotifyError(str(error), is_permanent=True) from None
        except EgressFailed as error:
            raise NotifyError(str(error), is_permanent=False) from None
        except (ValueError, UnicodeError) as error:
            raise NotifyError(f"no request can be made of this: {error}", is_permanent=True) from None
        return HttpAnswer(answer.status, answer.headers, answer.body)

    async def owners(self) -> Sequence[Recipient]:
        """See `NotifierContext`."""
        return await self.owners_of(self.org)

    async def queue_mail(self, mail: Mail, *, once_key: str, user_id: str = "") -> None:
        """See `NotifierContext`."""
        sealed_for = user_id or subject_ref(self.org)
        try:
            async with write_tx():
                await outbox().enqueue(
                    mail, kind=Kind.ALERT, topic="alert", subject_ref=sealed_for, org=self.org, once_key=once_key
                )
        except ValueError as error:
            raise NotifyError(str(error), is_permanent=True) from None

    async def send_mail(self, mail: Mail) -> str:
        """See `NotifierContext`."""
        try:
            return await outbox().send_now(mail, org=self.org)
        except TransportFailed as error:
            raise NotifyError(str(error), is_permanent=error.is_permanent) from None
        except ValueError as error:
            raise NotifyError(str(error), is_permanent=True) from None
