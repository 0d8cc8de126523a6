"""Prints messages on standard error: the smallest notifier there can be, and the example for others."""

from __future__ import annotations

import sys

from obsv.plugin_api import Message, Receipt


class ConsoleNotifier:
    """Never fails; good for trying out."""

    async def send(self, message: Message) -> Receipt:
        """Print the message."""
        print(f"[{message.subject}] {message.text} {message.link}".rstrip(), file=sys.stderr)
        return Receipt("printed on the console")
