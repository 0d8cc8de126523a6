"""Why a query cannot be answered.

PromqlError
├── ParseError        the text is not PromQL (bad_data)
├── WrongType         it is, but its kind of value cannot be asked for over a range (bad_data)
├── ExecutionError    it cannot be evaluated on this data (execution)
│   ├── TooManySamples
│   ├── TooManySeries
│   └── TooMuchMemory
├── QueryTimeout      it took too long (timeout)
└── QueryCanceled     who asked went away (canceled)
"""

from __future__ import annotations

from obsv.core.units import format_size


class PromqlError(Exception):
    """The root."""


class ParseError(PromqlError):
    """Not PromQL; the text begins with `line:column: parse error:` as Prometheus' does.

    `position` is an offset into the text, -1 where there is none.
    """

    def __init__(self, detail: str, text: str, position: int) -> None:
        line = text.count("\n", 0, position) + 1
        column = position - (text.rfind("\n", 0, position) + 1) + 1
        where = f"{line}:{column}" if position >= 0 else "unknown position"
        super().__init__(f"{where}: parse error: {detail}")
        self.detail, self.position = detail, position


class WrongType(PromqlError):
    """A range query for what is neither a scalar nor an instant vector."""


class ExecutionError(PromqlError):
    """It cannot be evaluated on this data."""


class TooManySamples(ExecutionError):
    """It would load more samples than `query_max_samples` allows."""

    def __init__(self) -> None:
        super().__init__("query processing would load too many samples into memory in query execution")


class TooManySeries(ExecutionError):
    """It would look at more series than `query_max_series` allows."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"query would look at more than {most} series in query execution; select fewer of them, or raise "
            "query_max_series in [metrics]"
        )


class TooMuchMemory(ExecutionError):
    """It would take more memory than `query_max_memory` allows; `most` in bytes."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"query would take more than {format_size(most)} of memory in query execution; select fewer series, a "
            "shorter range or a larger step, or raise query_max_memory in [metrics]"
        )


class QueryTimeout(PromqlError):
    """It took longer than its limit; `where` it was then."""

    def __init__(self, where: str = "expression evaluation") -> None:
        super().__init__(f"query timed out in {where}")


class QueryCanceled(PromqlError):
    """Who asked does not wait for the answer any more."""

    def __init__(self) -> None:
        super().__init__("query was canceled in expression evaluation")
