"""The door to a notifier: the message it gets, the receipt it gives, the error it may raise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be told.  `key` stays the same when a message is tried again, so that a receiver can drop a repeat."""

    key: str
    subject: str
    text: str
    link: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side answered; `reference` is its own id of the message, if it gave one."""

    detail: str
    reference: str = ""


class NotifyError(Exception):
    """It was not sent.  `permanent` means that trying again cannot help (the channel is switched off and its owner told)."""

    def __init__(self, detail: str, *, permanent: bool, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.permanent, self.retry_after_s = permanent, retry_after_s


class Notifier(Protocol):
    """Sends messages.  `send` returns when the other side has taken the message; it raises NotifyError alone."""

    async def send(self, message: Message) -> Receipt: ...
