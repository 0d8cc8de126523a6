"""Recurring work of the outbox; sending itself is a task of every process (`Outbox.run`)."""

from __future__ import annotations

from obsv.outbox.outbox import Outbox
from obsv.scheduler import Job


def jobs(outbox: Outbox) -> tuple[Job, ...]:
    """Drop the content of mails that ended long enough ago."""
    return (Job("outbox.forget_content", every_s=3600, run=outbox.forget_content),)
