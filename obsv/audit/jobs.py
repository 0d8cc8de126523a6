"""Recurring work of the audit log."""

from __future__ import annotations

from obsv.audit.log import AuditLog
from obsv.scheduler import Job


def jobs(log: AuditLog) -> tuple[Job, ...]:
    """Note where the chains end."""
    return (Job("audit.note_heads", every_s=3600, run=log.checkpoints.note),)
