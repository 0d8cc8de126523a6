"""What each function takes and gives.  Source: Prometheus documentation, "Querying: functions"."""

from __future__ import annotations

from dataclasses import dataclass

from obsv.metrics.promql.ast import ValueType


@dataclass(frozen=True, slots=True)
class Signature:
    """`optional` last arguments may be left out; with -1 the last one may be repeated or left out."""

    args: tuple[ValueType, ...]
    returns: ValueType = "vector"
    optional: int = 0


_VECTOR = Signature(("vector",))
_MATRIX = Signature(("matrix",))
_DATE = Signature(("vector",), optional=1)

FOREIGN = frozenset(("default_rollup",))
"""MetricsQL's name for last_over_time, with which vmalert asks for its state after a restart; it is not PromQL's."""

SIGNATURES: dict[str, Signature] = {
    **dict.fromkeys(FOREIGN, _MATRIX),
    **dict.fromkeys(
        (
            "abs", "absent", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "deg", "exp",
            "floor",
            "histogram_avg", "histogram_count", "histogram_stddev", "histogram_stdvar",
            "histogram_sum", "ln", "log10", "log2", "rad", "sgn", "sin", "sinh", "sort", "sort_desc",
            "sqrt", "start_timestamp", "tan", "tanh", "timestamp",
        ),
        _VECTOR,
    ),
    **dict.fromkeys(
        (
            "absent_over_time", "avg_over_time", "changes", "count_over_time", "delta", "deriv", "first_over_time",
            "idelta", "increase", "irate", "last_over_time", "mad_over_time", "max_over_time", "min_over_time",
            "present_over_time", "rate", "resets", "stddev_over_time", "stdvar_over_time", "sum_over_time",
            "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time",
        ),
        _MATRIX,
    ),
    **dict.fromkeys(
        ("day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year"), _DATE
    ),
    "clamp": Signature(("vector", "scalar", "scalar")),
    "clamp_max": Signature(("vector", "scalar")),
    "clamp_min": Signature(("vector", "scalar")),
    "double_exponential_smoothing": Signature(("matrix", "scalar", "scalar")),
    "histogram_fraction": Signature(("scalar", "scalar", "vector")),
    "histogram_quantile": Signature(("scalar", "vector")),
    "histogram_quantiles": Signature(("vector", "string", "scalar", "scalar"), optional=-1),
    "info": Signature(("vector", "vector"), optional=1),
    "label_join": Signature(("vector", "string", "string", "string"), optional=-1),
    "label_replace": Signature(("vector", "string", "string", "string", "string")),
    **dict.fromkeys(("end", "pi", "range", "start", "step", "time"), Signature((), "scalar")),
    **dict.fromkeys(("max_of", "min_of"), Signature(("scalar", "scalar"), "scalar")),
    "predict_linear": Signature(("matrix", "scalar")),
    "quantile_over_time": Signature(("scalar", "matrix")),
    "round": Signature(("vector", "scalar"), optional=1),
    "scalar": Signature(("vector",), "scalar"),
    "sort_by_label": Signature(("vector", "string"), optional=-1),
    "sort_by_label_desc": Signature(("vector", "string"), optional=-1),
    "vector": Signature(("scalar",)),
}  # fmt: skip
