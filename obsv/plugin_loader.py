"""Finds plugins by entry point, makes the one that is wanted, and says why one cannot be loaded.

Groups: `obsv.metric_stores`, `obsv.notifiers`.  Our own backends come through the same door as anybody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from obsv.core.errors import ObsvError

METRIC_STORES = "obsv.metric_stores"
NOTIFIERS = "obsv.notifiers"
GROUPS = (METRIC_STORES, NOTIFIERS)


class PluginError(ObsvError):
    """A plugin that the configuration selects is missing or broken; the text names group, entry point and cause."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """An installed plugin; `error` is empty when it can be loaded."""

    group: str
    name: str
    version: str
    origin: str
    error: str


def _describe(group: str, point: EntryPoint) -> Plugin:
    error = ""
    try:
        point.load()
    except Exception as broken:  # noqa: BLE001  # whatever a stranger's module raises is only reported
        error = f"{type(broken).__name__}: {broken}"
    version = point.dist.version if point.dist else ""
    return Plugin(group, point.name, version, point.value, error)


def discover() -> list[Plugin]:
    """Every installed plugin.  A broken one is listed with its error and stops nothing."""
    points = [(group, point) for group in GROUPS for point in entry_points(group=group)]
    return sorted((_describe(group, point) for group, point in points), key=lambda plugin: (plugin.group, plugin.name))


def load(group: str, name: str) -> Any:  # a plugin's class: its group's protocol is checked where it is used
    """The class that an entry point names.  Raises PluginError."""
    found = [point for point in entry_points(group=group) if point.name == name]
    if not found:
        known = ", ".join(sorted(point.name for point in entry_points(group=group))) or "none"
        raise PluginError(f"no plugin {name!r} in {group} (installed: {known})")
    try:
        return found[0].load()
    except Exception as broken:
        raise PluginError(f"plugin {name!r} of {group} ({found[0].value}): {type(broken).__name__}: {broken}") from broken
