"""The door to a notifier: the message it gets, the receipt it gives, the error it may raise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from obsv.core.plugin_settings import PluginSettings


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
    """It was not sent.

    `is_permanent` means that trying again cannot help; `retry_after_s` is what the other side asked for.
    """

    def __init__(self, detail: str, *, is_permanent: bool, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.is_permanent = is_permanent
        self.retry_after_s = retry_after_s


class Notifier(Protocol):
    """Sends messages to targets of one kind.  `Target` is what a channel of this kind is configured with."""

    Target: ClassVar[type[PluginSettings]]

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Return when the other side has taken the message.  Raises `NotifyError` and nothing else."""
        ...

    async def verify(self, target: PluginSettings) -> None:
        """Send a trial message.  Raises `NotifyError`."""
        ...
