"""The door to a notifier: the message it gets, what it may use, the receipt it gives, the error it may raise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Protocol

from obsv.core.clock import Clock
from obsv.core.ids import new_id
from obsv.core.plugin_settings import PluginSettings
from obsv.notify.flavours import TEXT, Flavour
from obsv.notify.notification import FIRING, Notification, NotifiedAlert
from obsv.notify.render import body_of, cut_escaped, subject_of
from obsv.outbox import Mail


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be told.  `key` stays the same when a message is tried again, so that a receiver can drop a repeat.

    `notification` is what `subject` and `text` were made from; with `is_own_text` the channel's own template wrote
    the text.  A trial comes from the button that sends a test.
    """

    key: str
    subject: str
    text: str
    link: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    notification: Notification | None = None
    is_own_text: bool = False
    is_trial: bool = False

    def title(self, limit: int, flavour: Flavour = TEXT) -> str:
        """The subject as the service writes it, within `limit` as it counts."""
        return cut_escaped(self.subject, flavour, limit)

    def body(self, flavour: Flavour, limit: int) -> str:
        """The text as the service writes it, within `limit` as it counts."""
        if self.notification is not None and not self.is_own_text:
            return body_of(self.notification, flavour, limit)

        def escape(said: str) -> str:
            return flavour.escape(said).replace("\n", flavour.newline)

        broken = replace(flavour, escape=escape)
        text = cut_escaped(self.text, broken, limit)
        linked = f"{text}{flavour.newline}{flavour.link('Open', self.link)}" if self.link else text
        return linked if flavour.size(linked) <= limit else text


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


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What the other side answered; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person with an account here; `user_id` is whose data a mail to them is."""

    user_id: str
    email: str


class NotifierContext(Protocol):
    """What a notifier may use: the one guarded way out, the mail queue, the clock.

    Calls go through the egress ledger as a notification of this channel; loopback and link-local addresses are
    refused, names are resolved once, and no redirect is followed.
    """

    @property
    def clock(self) -> Clock: ...

    async def http(
        self,
        method: str,
        url: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 10.0,
    ) -> HttpAnswer:
        """Any status is an answer.  Raises `NotifyError` where there is none, or the address is refused."""
        ...

    async def owners(self) -> Sequence[Recipient]:
        """The owners of the channel's organisation."""
        ...

    async def queue_mail(self, mail: Mail, *, once_key: str, user_id: str = "") -> None:
        """Hand a mail to the durable queue; one of a key that is there already is not queued again."""
        ...

    async def send_mail(self, mail: Mail) -> str:
        """Hand a mail to the mail server now and return what became of it.  Raises `NotifyError`."""
        ...


class Notifier(Protocol):
    """Sends messages to targets of one kind.  `Target` is what a channel of this kind is configured with.

    Its JSON schema draws the form, its `Secret` fields are never shown again.  A class may also say `title` (what
    people call the service) and `per_minute` (how many messages a channel sends at most; 60 if it does not).
    """

    Target: ClassVar[type[PluginSettings]]

    def __init__(self, context: NotifierContext) -> None: ...

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Return when the other side has taken the message.  Raises `NotifyError` and nothing else."""
        ...

    async def verify(self, target: PluginSettings) -> Receipt:
        """Send a trial message.  Raises `NotifyError`."""
        ...


def trial(clock: Clock) -> Message:
    """The message that the button "send test" sends: looks like an alert, and says that it is none."""
    now = clock.now_ms()
    labels = {"alertname": "ObsvTest", "severity": "info"}
    said = {"summary": "Test of this channel", "description": "This is a test: nothing is wrong. The channel works."}
    alert = NotifiedAlert(FIRING, labels, said, starts_at_ms=now, fingerprint=new_id("test"))
    told = Notification(FIRING, "test", f"test:{alert.fingerprint}", [alert], {}, labels, said)
    return Message(
        alert.fingerprint, subject_of(told), said["description"], labels=labels, notification=told, is_trial=True
    )
