"""Mail that is not lost: queued in the transaction of what caused it, sent later, at least once.

::

    async with write_tx():
        ...
        await outbox.enqueue(Mail(to=email, subject="…", text="…"), kind=Kind.SECURITY, topic="password_changed",
                             subject_ref=user_id)

The content is encrypted with the key of the person it is for, and dropped a day after delivery (three after giving up).
Any process may send: each message is leased. A crash between sending and recording sends that one again, under the same
Message-ID. There is no kind for marketing, here or in the database.
"""

from __future__ import annotations

from obsv.outbox.compose import Letter, compose
from obsv.outbox.installed import close_outbox, enqueue, open_outbox, outbox, progress
from obsv.outbox.jobs import jobs
from obsv.outbox.message import Kind, Mail
from obsv.outbox.outbox import Outbox
from obsv.outbox.transports import ConsoleTransport, SmtpTransport, Transport, TransportFailed, transport_from

__all__ = [
    "ConsoleTransport",
    "Kind",
    "Letter",
    "Mail",
    "Outbox",
    "SmtpTransport",
    "Transport",
    "TransportFailed",
    "close_outbox",
    "compose",
    "enqueue",
    "jobs",
    "open_outbox",
    "outbox",
    "progress",
    "transport_from",
]
