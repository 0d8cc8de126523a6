"""The hundred other services, by the Apprise library (`pip install obsv[apprise]`), whose requests leave through obsv.

Apprise speaks HTTP with the library requests.  While a message of ours is sent, its requests are made by obsv's own
client instead: checked, pinned to the address that was checked, never redirected, written into the ledger.  Services of
Apprise that open connections of another kind (mail, MQTT, IRC, syslog, programs on this machine) are refused, and so is
whatever would read a file of this machine.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, ClassVar

from msgspec import Meta

from obsv.plugin_api import Message, NotifierContext, PluginSettings, Receipt, Secret, said, trial

if find_spec("apprise") is None:
    raise ModuleNotFoundError("Apprise is not installed: pip install obsv[apprise]")


class AppriseTarget(PluginSettings, frozen=True):
    """An address in Apprise's own form, which names the service and holds its secrets."""

    url: Annotated[Secret, Meta(title="Apprise URL", description="Such as json://host/path or signal://….")]

    def __post_init__(self) -> None:
        """Refuse what Apprise does not know, and what is not sent by HTTP."""
        from obsv_plugins.notify_apprise.engine import service_of  # noqa: PLC0415

        service_of(self.url.reveal())


class AppriseNotifier:
    """Whether a service knows a repeat is not told by Apprise."""

    title: ClassVar[str] = "Apprise"
    per_minute: ClassVar[int] = 30
    Target: ClassVar[type[PluginSettings]] = AppriseTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Send it; what the service answered last is what counts."""
        from obsv_plugins.notify_apprise.engine import send_by  # noqa: PLC0415

        assert isinstance(target, AppriseTarget)
        answer = await send_by(target.url.reveal(), message, self._context)
        return Receipt(f"answered {answer.status}: {said(answer)}".rstrip(": "))

    async def verify(self, target: PluginSettings) -> Receipt:
        """Send a trial message."""
        return await self.send(trial(self._context.clock), target)
