"""A panel while it is being made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from obsv.dashboards.grafana.reader import Node
from obsv.dashboards.model import Field, Override, Query, View


@dataclass(slots=True)
class Draft:
    """What is known so far; `node` is the panel in today's form, `kind` Grafana's type of it."""

    node: Node
    kind: str
    field: Field
    overrides: list[Override]
    queries: list[Query]
    view: View

    def set_field(self, **values: Any) -> None:
        """Set some of the field that are not set yet."""
        missing = {name: value for name, value in values.items() if getattr(self.field, name) is None}
        self.field = msgspec.structs.replace(self.field, **missing)

    @property
    def is_instant(self) -> bool:
        """Whether every query is asked at one time alone."""
        return all(query.at == "instant" for query in self.queries)
