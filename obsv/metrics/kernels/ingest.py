"""The head's kernel: the compiled one, or its plain twin where there is none (OBSV_PLAIN=1 asks for the twin)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from obsv.metrics.kernels.wire_plain import Rules, put_label

if TYPE_CHECKING or os.environ.get("OBSV_PLAIN") == "1":
    from obsv.metrics.kernels.ingest_plain import Head
    from obsv.metrics.kernels.ragged_plain import encode_labels, encode_request, merge
else:
    try:
        from obsv.metrics.kernels._ingest import Head, encode_labels, encode_request, merge
    except ImportError:
        from obsv.metrics.kernels.ingest_plain import Head
        from obsv.metrics.kernels.ragged_plain import encode_labels, encode_request, merge

REASONS = ("too_old", "too_new", "duplicate", "labels", "series_limit")
"""Names of the refusal counts of `Head.outcome`, in their order."""

FAULTS = (
    "",
    "no metric name",
    "an empty label name",
    "a label name twice",
    "text that is not UTF-8",
    "more labels than allowed",
    "a label name longer than allowed",
    "a label value longer than allowed",
)
"""What is wrong with a refused label set, by the kernel's fault number."""

__all__ = ["FAULTS", "REASONS", "Head", "Rules", "encode_labels", "encode_request", "merge", "put_label"]
