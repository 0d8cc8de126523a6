"""What a sender is told: that all was taken, or how many of its points were not.

Source: ExportMetricsServiceResponse and "Partial Success" of the OpenTelemetry Protocol.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from obsv.metrics.ingest.remote_write import refusal
from obsv.metrics.kernels.wire_plain import put_varint
from obsv.metrics.store.types import WriteResult

PROTOBUF, JSON = "application/x-protobuf", "application/json"


def response(kind: str, rejected: int, message: str) -> bytes:
    """The body of an answer in the encoding `kind`; a message alone is a warning."""
    if kind == JSON:
        told = {"rejectedDataPoints": str(rejected), "errorMessage": message}
        return msgspec.json.encode({"partialSuccess": told} if message else {})
    if not message:
        return b""
    text, inner, out = message.encode(errors="replace"), bytearray(b"\x08"), bytearray(b"\x0a")
    put_varint(inner, rejected)
    inner += b"\x12"
    put_varint(inner, len(text))
    inner += text
    put_varint(out, len(inner))
    return bytes(out + inner)


def rejected_points(result: WriteResult, runs: Sequence[tuple[int, int]]) -> int:
    """How many data points lost a sample; `runs` are (points, samples of each) in the order of the batch.

    A store that does not tell which samples it refused is believed to have refused one of each point.
    """
    points = sum(count for count, _ in runs)
    if not result.skipped:
        return min(points, sum(result.refused.values()))
    sizes = np.repeat([size for _, size in runs], [count for count, _ in runs])
    ends = np.cumsum(sizes)
    places = np.concatenate([np.arange(run.start, run.stop) for run in result.skipped])
    hit = np.searchsorted(ends, places, side="right")
    return len(np.unique(hit[hit < points]))


def message_of(fault: str, results: Sequence[WriteResult]) -> str:
    """What was wrong, in a text."""
    return "; ".join(filter(None, [fault, *(refusal(result) for result in results if result.refused)]))
