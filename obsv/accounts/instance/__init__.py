"""The instance from inside, for who runs it: accounts, organisations, jobs. Never a tenant's data."""

from __future__ import annotations

from obsv.accounts.instance.tenants import Tenants
from obsv.accounts.instance.users import Users

__all__ = ["Tenants", "Users"]
