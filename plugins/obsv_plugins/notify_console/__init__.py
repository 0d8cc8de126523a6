"""Prints messages on standard error: the smallest notifier there can be, and the example for others."""

from __future__ import annotations

import sys
from typing import ClassVar

from obsv.plugin_api import Message, NotifyError, PluginSettings, Receipt


class ConsoleTarget(PluginSettings, frozen=True):
    """Where to print: `prefix` begins each line."""

    prefix: str = "obsv"


class ConsoleNotifier:
    """Good for trying out; what it prints is seen by whoever reads the server's log."""

    Target: ClassVar[type[PluginSettings]] = ConsoleTarget

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

    async def verify(self, target: PluginSettings) -> None:
        """Print a trial message."""
        await self.send(Message(key="trial", subject="Trial", text="This channel works."), target)
