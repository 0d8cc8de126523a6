"""Data sources: which of a document's queries go to Prometheus, under whatever name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from obsv.dashboards.grafana.reader import Json, Node

PROMETHEUS: Final = {
    "prometheus",
    "grafana-amazonprometheus-datasource",
    "grafana-azureprometheus-datasource",
    "victoriametrics-datasource",
    "victoriametrics-metrics-datasource",
}
SourceKind = Literal["prometheus", "unknown", "mixed", "dashboard", "expression", "grafana", "other"]
_SPECIAL: Final[dict[str, SourceKind]] = {
    "-- Mixed --": "mixed",
    "-- Dashboard --": "dashboard",
    "-- Grafana --": "grafana",
    "grafana": "grafana",
    "__expr__": "expression",
    "-100": "expression",
}
_REFERENCE: Final = re.compile(r"\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)\]\]")


@dataclass(frozen=True, slots=True)
class Source:
    """A data source: what it is, and its name for people."""

    kind: SourceKind
    name: str = ""


@dataclass(slots=True)
class Sources:
    """What the document says of its data sources: inputs and variables by name, and what Grafana calls their plugin."""

    plugins: dict[str, str] = field(default_factory=dict)

    def of(self, value: Any) -> Source:
        """The source that a panel, query or variable names."""
        if isinstance(value, dict):
            return self._of_reference(value)
        return self._of_name(value) if isinstance(value, str) else Source("unknown")

    def _of_reference(self, value: Json) -> Source:
        plugin, uid = value.get("type"), value.get("uid") or value.get("name")
        uid = uid if isinstance(uid, str) else ""
        if uid in _SPECIAL:
            return Source(_SPECIAL[uid], uid)
        if isinstance(plugin, str) and plugin and plugin != "datasource":
            return _of_plugin(plugin)
        return self._of_name(uid)

    def _of_name(self, name: str) -> Source:
        if name in _SPECIAL:
            return Source(_SPECIAL[name], name)
        if found := _REFERENCE.fullmatch(name):
            plugin = self.plugins.get(next(group for group in found.groups() if group))
            return _of_plugin(plugin) if plugin else Source("unknown", name)
        guessed = name.lower()
        if "loki" in guessed:
            return Source("other", name)
        return Source("prometheus" if "prometheus" in guessed else "unknown", name)


def _of_plugin(plugin: str) -> Source:
    if plugin in _SPECIAL:
        return Source(_SPECIAL[plugin], plugin)
    return Source("prometheus" if plugin in PROMETHEUS else "other", plugin)


def read_inputs(document: Node, sources: Sources) -> None:
    """The data sources that Grafana asks for when a shared document is imported."""
    for one in document.nodes("__inputs"):
        one.skip("label", "description", "pluginName", "value")
        name, kind, plugin = one.short("name"), one.short("type"), one.short("pluginId")
        if kind == "datasource":
            sources.plugins[name] = plugin
    document.skip("__requires")
