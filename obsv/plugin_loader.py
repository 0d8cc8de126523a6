"""Finds plugins by entry point, loads the one that is wanted, and says why one cannot be loaded.

Groups: `obsv.metric_stores`, `obsv.notifiers`.  Our own backends come through the same door as anybody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, cast

from obsv.config import Settings
from obsv.core.errors import ObsvError
from obsv.plugin_api import MetricStore, StoreContext, decode

METRIC_STORES: Final = "obsv.metric_stores"
NOTIFIERS: Final = "obsv.notifiers"

# What a class of each group must have to be one; whether it does its work is its own tests' business.
REQUIRED: Final = {
    METRIC_STORES: (
        "Settings",
        "open",
        "close",
        "write",
        "select",
        "series",
        "label_names",
        "label_values",
        "delete",
        "stats",
    ),
    NOTIFIERS: ("send", "verify", "Target"),
}


class PluginError(ObsvError):
    """A plugin that the settings select is missing or broken; the text names group, entry point and cause."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """An installed plugin: `package` brought it, `target` is its class; `error` is empty when that can be loaded."""

    group: str
    name: str
    version: str
    package: str
    target: str
    error: str


def discover() -> list[Plugin]:
    """Every installed plugin.  A broken one is listed with its error and stops nothing."""
    found = [_describe(point) for group in REQUIRED for point in _points(group)]
    return sorted(found, key=lambda plugin: (plugin.group, plugin.name))


def load(group: str, name: str) -> type:
    """The class that an entry point of this name names.  Raises `PluginError`."""
    points = [point for point in _points(group) if point.name == name]
    if not points:
        known = ", ".join(sorted(point.name for point in _points(group))) or "none"
        raise PluginError(f"there is no plugin {name!r} in {group}; installed: {known}")
    if len(points) > 1:
        where = " and ".join(sorted(_package(point) for point in points))
        raise PluginError(f"plugin {name!r} of {group} comes from {where}: uninstall one")
    try:
        return _class(points[0])
    except Exception as error:
        raise PluginError(f"plugin {name!r} of {group} ({points[0].value}): {_cause(error)}") from error


def store_name(settings: Settings) -> str:
    """The metric store that the settings select; by default the one beside the database."""
    return settings.metrics.store or ("sqlite" if settings.database.url == "sqlite" else "postgres")


def make_store(settings: Settings, context: StoreContext) -> MetricStore:
    """The selected metric store, made but not opened.  Raises `PluginError`."""
    name = store_name(settings)
    found = cast("Any", load(METRIC_STORES, name))
    try:
        own = decode(found.Settings, settings.metrics.stores.get(name, {}))
    except ValueError as wrong:
        raise PluginError(f"[metrics.stores.{name}]: {wrong}") from None
    return cast("MetricStore", found(own, context))


def notifiers() -> dict[str, type]:
    """The classes of all notifiers that can be loaded, by name; a broken one is told by `discover` and missing here."""
    return {plugin.name: load(NOTIFIERS, plugin.name) for plugin in discover() if _is_sound(plugin)}


def _is_sound(plugin: Plugin) -> bool:
    return plugin.group == NOTIFIERS and not plugin.error


def _points(group: str) -> list[EntryPoint]:
    # One that is found twice (an editable install lists itself again) is one.
    unique = {(point.name, point.value, _package(point)): point for point in entry_points(group=group)}
    return list(unique.values())


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else ""


def _class(point: EntryPoint) -> type:
    found = point.load()
    if not isinstance(found, type):
        raise TypeError(f"expected a class, got {type(found).__name__}")
    missing = [name for name in REQUIRED[point.group] if not hasattr(found, name)]
    if missing:
        raise TypeError(f"{found.__name__} lacks {', '.join(missing)}")
    return found


def _cause(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _describe(point: EntryPoint) -> Plugin:
    error = ""
    try:
        _class(point)
    except Exception as broken:  # noqa: BLE001  # whatever a stranger's module raises is only reported
        error = _cause(broken)
    version = point.dist.version if point.dist else ""
    return Plugin(point.group, point.name, version, _package(point), point.value, error)
