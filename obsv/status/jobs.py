"""Recurring work of status pages: maintenances turn at their time, mailings go on."""

from __future__ import annotations

from obsv.scheduler import Job
from obsv.status.services import StatusServices


def jobs(services: StatusServices) -> tuple[Job, ...]:
    """Every few seconds; both find nothing to do nearly always."""
    return (
        Job("status.maintenances", every_s=15, run=services.maintenances.turn),
        Job("status.mailings", every_s=5, run=services.mailings.run),
    )
