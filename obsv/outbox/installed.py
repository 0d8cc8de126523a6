"""The outbox of this process."""

from __future__ import annotations

from obsv.core.clock import Clock
from obsv.core.installed import Installed
from obsv.keys import INSTANCE, KeyStore
from obsv.outbox.message import Kind, Mail
from obsv.outbox.outbox import Outbox
from obsv.outbox.transports import Transport

_outbox: Installed[Outbox] = Installed("outbox")


def open_outbox(keys: KeyStore, clock: Clock, transport: Transport, *, sender: str) -> Outbox:
    """Make the outbox that `enqueue` uses; start its `run` as a task."""
    return _outbox.put(Outbox(keys, clock, transport, sender=sender))


def outbox() -> Outbox:
    """The outbox of this process."""
    return _outbox.get()


def close_outbox() -> None:
    """Forget the outbox; what is queued stays in the database."""
    _outbox.clear()


async def enqueue(
    mail: Mail,
    *,
    kind: Kind,
    topic: str,
    subject_ref: str = INSTANCE,
    org: int | None = None,
    once_key: str | None = None,
    batch: str | None = None,
) -> str | None:
    """Queue a mail in the current transaction; see `Outbox.enqueue`."""
    return await _outbox.get().enqueue(
        mail, kind=kind, topic=topic, subject_ref=subject_ref, org=org, once_key=once_key, batch=batch
    )


async def progress(batch: str) -> dict[str, int]:
    """How far the mails of a batch are; see `Outbox.progress`."""
    return await _outbox.get().progress(batch)
