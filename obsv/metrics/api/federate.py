"""GET /federate: the current samples of some series as text, for a Prometheus that gathers them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import numpy as np
from litestar import Response, Router, get
from litestar.types import Guard

from obsv.core.errors import BadRequest
from obsv.metrics.api.params import AnyRequest, BadData, Params, org_of
from obsv.metrics.histograms import is_token
from obsv.metrics.kernels import promql as kernel
from obsv.metrics.store.base import MetricStore
from obsv.metrics.store.types import STALE_BITS, SeriesSet

TYPE = "text/plain; version=0.0.4"
_PLAIN = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
Row = tuple[str, str]
"""Metric name, line."""


def federation_router(store: Callable[[], MetricStore], guard: Guard, *, lookback_ms: int, max_samples: int) -> Router:
    """`guard` sets `request.state.actor`."""

    @get("/", summary="Current samples as text", media_type=TYPE)
    async def federate(request: AnyRequest) -> Response[bytes]:
        org = org_of(request)
        try:
            sets = (await Params.of(request)).matcher_sets()
        except BadData as error:
            raise BadRequest(str(error)) from None
        now = round(time.time() * 1000)
        rows: dict[str, Row] = {}
        for matchers in sets:
            found = await store().select(org, matchers, now - lookback_ms + 1, now, limit=max_samples)
            rows |= {line.partition(" ")[0]: (name, line) for name, line in _lines(found)}
        return Response(_page(sorted(rows.values())), media_type=TYPE)

    return Router("/federate", route_handlers=[federate], guards=[guard], tags=["Prometheus"])


def _lines(found: SeriesSet) -> list[Row]:
    """The newest sample of each series; none of one that ended, and no native histograms, which text cannot hold."""
    last = found.offsets[1:] - 1
    skipped = (found.v[last].view(np.uint64) == STALE_BITS) | is_token(found.v[last])
    return [
        (labels.get("__name__", ""), f"{_series(labels)} {kernel.format_value(float(found.v[at]))} {found.t[at]}")
        for labels, at, skip in zip(found.labels, last.tolist(), skipped.tolist(), strict=True)
        if not skip
    ]


def _series(labels: dict[str, str]) -> str:
    pairs = [f'{_name(name)}="{_escaped(value)}"' for name, value in sorted(labels.items()) if name != "__name__"]
    name = labels.get("__name__", "")
    if not _PLAIN.fullmatch(name):
        return "{" + ",".join((f'"{_escaped(name)}"', *pairs)) + "}"
    return f"{name}{{{','.join(pairs)}}}" if pairs else name


def _name(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else f'"{_escaped(name)}"'


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _page(rows: list[Row]) -> bytes:
    lines: list[str] = []
    before = None
    for name, line in rows:
        if name != before:
            lines.append(f"# TYPE {_name(name)} untyped")
            before = name
        lines.append(line)
    return "".join(f"{line}\n" for line in lines).encode()
