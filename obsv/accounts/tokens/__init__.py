"""API tokens: made and ended (`store`), recognised on every request (`known`), told of before they end (`expiry`)."""

from __future__ import annotations

from obsv.accounts.tokens.store import Tokens

__all__ = ["Tokens"]
