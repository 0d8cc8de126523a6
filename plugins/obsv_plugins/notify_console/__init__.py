"""Prints messages on standard error: the smallest notifier there can be, and the example for others."""

from __future__ import annotations

import sys
from typing import Annotated, ClassVar

from msgspec import Meta

from obsv.plugin_api import Message, NotifierContext, NotifyError, PluginSettings, Receipt, trial


class ConsoleTarget(PluginSettings, frozen=True):
    """Where to print."""

    prefix: Annotated[str, Meta(title="Prefix", description="Begins each line.")] = "obsv"


class ConsoleNotifier:
    """Good for trying out; what it prints is seen by whoever reads the server's log."""

    title: ClassVar[str] = "The server's log"
    Target: ClassVar[type[PluginSettings]] = ConsoleTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Print the message on one line."""
        if not isinstance(target, ConsoleTarget):
            raise NotifyError("expected a console target", is_permanent=True)
        # A message quotes what came from outside: without line breaks it cannot pass for lines of the log.
        text = " ".join(f"{message.subject}: {message.text} {message.link}".split())
        try:
            print(f"[{target.prefix}] {text}", file=sys.stderr)
        except OSError as error:
            raise NotifyError(f"cannot print: {error}", is_permanent=False) from error
        return Receipt("printed on standard error")

    async def verify(self, target: PluginSettings) -> Receipt:
        """Print a trial message."""
        return await self.send(trial(self._context.clock), target)
