"""People with browsers, each the owner of an organisation of their own."""

from __future__ import annotations

from tests.accounts.factors.conftest import person

__all__ = ["person"]
