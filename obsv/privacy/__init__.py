"""What is held, and that it goes when it must: the data inventory, and the hourly purge that follows from it."""

from __future__ import annotations

from obsv.privacy.inventory import Held, InventoryIncomplete, check, collect
from obsv.privacy.jobs import jobs
from obsv.privacy.purge import PurgeReport, purge, sweep

__all__ = ["Held", "InventoryIncomplete", "PurgeReport", "check", "collect", "jobs", "purge", "sweep"]
