"""Dashboards as `obsv apply` and `obsv export` know them: files in a folder, against what an organisation has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from obsv.audit import SYSTEM
from obsv.config.documents import Form
from obsv.dashboards import store
from obsv.dashboards.diff import PanelChange, diff
from obsv.dashboards.files import read_folder, written
from obsv.dashboards.model import Dashboard
from obsv.dashboards.rights import EVERYWHERE
from obsv.dashboards.service import Dashboards
from obsv.dashboards.types import DashboardChange

MESSAGE = "From a file"


class DashboardKind:
    """The kind of thing that stands in `dashboards/`."""

    name, folder = "dashboard", "dashboards"

    def __init__(self, dashboards: Dashboards) -> None:
        self._dashboards = dashboards

    def load(self, folder: Path) -> Mapping[str, Dashboard]:
        """What the files say, by key.  Raises `ConfigError`."""
        return {key: one.dashboard for key, one in read_folder(folder).items()}

    async def listed(self, org: int) -> Mapping[str, tuple[Dashboard, bool]]:
        """What is there, by key, and whether it came from a file."""
        return {one.key: (one.dashboard, one.is_applied) for one in await store.every(org)}

    def diff(self, before: Dashboard, after: Dashboard) -> Sequence[PanelChange]:
        """What putting `after` would change."""
        return diff(before, after)

    def written(self, thing: Dashboard, form: Form) -> str:
        """The text of its file."""
        return written(thing, form)

    async def put(self, org: int, thing: Dashboard) -> None:
        """Make it so, whatever is there.  Raises ObsvError."""
        change = DashboardChange(thing, message=MESSAGE, is_applied=True)
        await self._dashboards.put(org, change, rights=EVERYWHERE, by=SYSTEM)

    async def delete(self, org: int, key: str) -> None:
        """Into the bin.  Raises ObsvError."""
        await self._dashboards.delete(org, key, rights=EVERYWHERE, by=SYSTEM)
