"""Recurring work of accounts."""

from __future__ import annotations

from obsv.accounts.service import Accounts
from obsv.scheduler import Job


def jobs(accounts: Accounts) -> tuple[Job, ...]:
    """What falls due by itself."""
    return (
        Job("accounts.remove_factors", every_s=600, run=accounts.factors.assisted.remove_due),
        Job("accounts.token_expiry", every_s=3600, run=accounts.token_expiry.tell_due),
    )
