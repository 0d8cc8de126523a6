"""Notifiers: what sends a message to a channel.  The backends are plugins (`obsv.notifiers`)."""

from obsv.notify.base import Message, Notifier, NotifyError, Receipt

__all__ = ["Message", "Notifier", "NotifyError", "Receipt"]
