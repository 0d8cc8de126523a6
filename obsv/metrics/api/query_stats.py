"""What a query cost, for who asks with `stats`."""

from __future__ import annotations

import msgspec

from obsv.metrics.kernels.promql import format_time
from obsv.metrics.promql import Result
from obsv.metrics.promql.budget import SAMPLE


def stats_json(result: Result, *, per_step: bool) -> bytes:
    """The object `stats`, with Prometheus' names; `per_step` adds the samples looked at, step by step.

    `peakSamples` is the memory that was held at the most, in samples: here not one is let go before the end.
    """
    stats = result.stats
    assert stats.counts
    evaluation_s = stats.prepared_s + stats.evaluated_s
    timings = {
        "evalTotalTime": evaluation_s,
        "resultSortTime": 0,
        "queryPreparationTime": stats.prepared_s,
        "innerEvalTime": stats.evaluated_s,
        "execQueueTime": stats.queued_s,
        "execTotalTime": stats.total_s,
    }
    samples: dict[str, object] = {
        "totalQueryableSamples": stats.counts.total,
        "samplesRead": stats.samples,
        "peakSamples": stats.memory // SAMPLE,
    }
    if per_step:
        steps = zip(result.grid.times.tolist(), stats.counts.steps.tolist(), strict=True)
        samples["totalQueryableSamplesPerStep"] = [
            [msgspec.Raw(format_time(at).encode()), count] for at, count in steps
        ]
    return msgspec.json.encode({"timings": timings, "samples": samples})
