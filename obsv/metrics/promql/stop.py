"""When an evaluation has to end before it is done."""

from __future__ import annotations

import time

from obsv.metrics.promql.errors import QueryCanceled, QueryTimeout


class Stop:
    """A deadline (`time.monotonic`), and a flag that another thread may set; looked at between steps of the work."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._is_canceled = False

    def cancel(self) -> None:
        """End the evaluation at its next look."""
        self._is_canceled = True

    def check(self) -> None:
        """Raises QueryCanceled or QueryTimeout."""
        if self._is_canceled:
            raise QueryCanceled
        if time.monotonic() > self._deadline:
            raise QueryTimeout
