"""Notification: channels that people make, and a durable queue of what is told through them.

::

    async with write_tx():
        ...
        await notify.deliveries.enqueue(org, "Owners by email", Notification(…), once_key=f"{receiver}/{group}/{tick}")

Each kind of channel is a plugin (`obsv.notifiers`) behind `Notifier`.  A delivery is leased by any process, tried again
with growing pauses and as the other side asks, slowed down to what its service takes, and in the end sent or visibly
given up.  A crash between sending and recording sends that one again, under the same key.
"""

from obsv.notify.answers import asked_wait, json_of, post_json, require_taken, said
from obsv.notify.api import notify_router
from obsv.notify.as_code import ChannelKind
from obsv.notify.base import (
    HttpAnswer,
    Message,
    Notifier,
    NotifierContext,
    NotifyError,
    Receipt,
    Recipient,
    trial,
)
from obsv.notify.channels import Channels
from obsv.notify.deliveries import Deliveries
from obsv.notify.notification import FIRING, RESOLVED, Notification, NotifiedAlert
from obsv.notify.sender import Sender
from obsv.notify.services import NotifyServices, make_notify

__all__ = [
    "FIRING",
    "RESOLVED",
    "ChannelKind",
    "Channels",
    "Deliveries",
    "HttpAnswer",
    "Message",
    "Notification",
    "NotifiedAlert",
    "Notifier",
    "NotifierContext",
    "NotifyError",
    "NotifyServices",
    "Receipt",
    "Recipient",
    "Sender",
    "asked_wait",
    "json_of",
    "make_notify",
    "notify_router",
    "post_json",
    "require_taken",
    "said",
    "trial",
]
