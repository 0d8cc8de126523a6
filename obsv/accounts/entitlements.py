"""What an organisation may use: its plan among those of the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obsv.accounts.cache import Remembered
from obsv.core.clock import Clock
from obsv.db import fetch_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from obsv.config import Plan


class Entitlements:
    """Finds an organisation's plan; the first of the configuration is for who has none by name."""

    def __init__(self, clock: Clock, plans: Sequence[Plan]) -> None:
        self._plans = {plan.name: plan for plan in plans}
        self._default = plans[0]
        self._known = Remembered[str](clock)

    async def limits_for(self, org: int) -> Plan:
        """The limits that hold for it now; asks the database every few seconds at most, never with a single plan."""
        if len(self._plans) == 1:
            return self._default
        key, generation = str(org), self._known.generation
        name = self._known.get(key)
        if name is None:
            name = str(await fetch_value("SELECT plan FROM organisations WHERE id = {}", org) or "")
            self._known.put(key, name, generation=generation)
        return self._plans.get(name, self._default)
