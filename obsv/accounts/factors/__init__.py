"""Second factors: authenticator apps, recovery codes, passkeys."""

from __future__ import annotations

from obsv.accounts.factors.enrolled import Enrolled, enrolled

__all__ = ["Enrolled", "enrolled"]
