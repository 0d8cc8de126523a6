"""Other models than the classic one of today, rewritten into it before they are read."""

from obsv.dashboards.grafana.legacy.dynamic import from_dynamic, is_dynamic
from obsv.dashboards.grafana.legacy.kinds import upgraded

__all__ = ["from_dynamic", "is_dynamic", "upgraded"]
