"""The kinds of channels that are installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from obsv.core.errors import Invalid
from obsv.core.plugin_settings import PluginSettings
from obsv.notify.base import Notifier, NotifierContext
from obsv.notify.forms import schema_of, secrets_of
from obsv.notify.types import KindView

PER_MINUTE: Final = 60

Load = Callable[[], Mapping[str, type]]
"""The classes of all notifiers by name; the plugin loader's business."""


class Kinds:
    """Looks them up at first use: plugins are loaded when somebody needs one."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._found: Mapping[str, type] | None = None

    def all(self) -> Mapping[str, type]:
        """By name."""
        if self._found is None:
            self._found = self._load()
        return self._found

    def target(self, kind: str) -> type[PluginSettings]:
        """What a channel of the kind is configured with.  Raises `Invalid` for an unknown one."""
        return cast("type[PluginSettings]", cast("Any", self._of(kind)).Target)

    def make(self, kind: str, context: NotifierContext) -> Notifier:
        """A notifier.  Raises `Invalid` for an unknown kind."""
        return cast("Notifier", self._of(kind)(context))

    def per_minute(self, kind: str) -> int:
        """How many messages a channel of the kind sends at most."""
        return int(getattr(self._of(kind), "per_minute", PER_MINUTE))

    def views(self) -> list[KindView]:
        """All as the cabinet shows them, by title."""
        made: list[KindView] = []
        for name, found in self.all().items():
            target = self.target(name)
            title = str(getattr(found, "title", name.replace("_", " ").title()))
            made.append(KindView(name, title, schema_of(target), list(secrets_of(target))))
        return sorted(made, key=lambda one: one.title.casefold())

    def _of(self, kind: str) -> type:
        found = self.all().get(kind)
        if found is None:
            known = ", ".join(sorted(self.all()))
            raise Invalid(f"There is no kind of channel {kind!r}; there are: {known}.", code="unknown_kind")
        return found
