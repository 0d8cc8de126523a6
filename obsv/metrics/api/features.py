"""/api/v1/features: what of Prometheus is there, by Prometheus' own names for it (since 3.8)."""

from __future__ import annotations

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from obsv.metrics.api.answers import success
from obsv.metrics.promql import AGGREGATES, SIGNATURES
from obsv.metrics.promql.signatures import FOREIGN

_THERE = {
    "api": (
        "admin", "exclude_alerts", "label_values_match", "otlp_write_receiver", "query_stats", "query_warnings",
        "remote_write_receiver", "time_range_labels", "time_range_series",
    ),
    "prometheus": ("server_mode",),
    "promql": (
        "anchored", "at_modifier", "bool", "by", "duration_expr", "fill", "fill_left", "fill_right", "group_left",
        "group_right", "ignoring", "negative_offset", "offset", "on", "per_query_lookback_delta", "per_step_stats",
        "smoothed", "subqueries", "without",
    ),
    "promql_functions": tuple(SIGNATURES.keys() - FOREIGN),
    "promql_operators": (
        "!=", "!~", "%", "*", "+", "-", "/", "<", "</", "<=", "==", "=~", ">", ">/", ">=", "@", "^", "and", "atan2",
        "or", "unless", *AGGREGATES,
    ),
    "rules": ("keep_firing_for", "query_offset"),
    "service_discovery_providers": ("file", "static"),
    "tsdb": ("exemplar_storage", "native_histograms"),
}  # fmt: skip
_NOT = {
    "api": ("lifecycle", "openapi_3.1", "openapi_3.2"),
    "prometheus": ("agent_mode", "auto_reload_config", "stringlabels"),
    "promql": ("delayed_name_removal", "type_and_unit_labels"),
    "rules": ("concurrent_rule_eval",),
}
FEATURES = {
    area: dict(sorted((dict.fromkeys(there, True) | dict.fromkeys(_NOT.get(area, ()), False)).items()))
    for area, there in _THERE.items()
}


def features_handler() -> HTTPRouteHandler:
    """GET /features."""

    @get("/features", summary="Features by area")
    async def features() -> Response[bytes]:
        return success(FEATURES)

    return features
