"""GET /federate: the current samples of some series as text, for a Prometheus that gathers them."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable

import numpy as np
from litestar import Response, Router, get
from litestar.types import Guard

from obsv.metrics.api.params import AnyRequest, BadData, Params, org_of
from obsv.metrics.histograms import is_token
from obsv.metrics.promql.text import go_exponent
from obsv.metrics.store.base import MetricStore
from obsv.metrics.store.types import STALE_BITS, Labels, SeriesSet

TYPE = "text/plain; version=0.0.4"
UTF8, UNDERSCORES = "allow-utf-8", "underscores"
_PLAIN = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_NO_NAME = re.compile(r"^[^a-zA-Z_:]|[^a-zA-Z0-9_:]", re.ASCII)
_NO_LABEL = re.compile(r"^[^a-zA-Z_]|[^a-zA-Z0-9_]", re.ASCII)
Row = tuple[str, tuple[tuple[str, str], ...], str]
"""Metric name, the other labels sorted, value and time."""


def federation_router(store: Callable[[], MetricStore], guard: Guard, *, lookback_ms: int, max_samples: int) -> Router:
    """`guard` sets `request.state.actor`."""

    @get("/", summary="Current samples as text", media_type=TYPE)
    async def federate(request: AnyRequest) -> Response[bytes]:
        org = org_of(request)
        try:
            sets = (await Params.of(request)).check_form().any_matcher_sets()
        except BadData as error:
            return Response(f"{error}\n".encode(), status_code=400, media_type="text/plain")
        now = round(time.time() * 1000)
        rows: set[Row] = set()
        for matchers in sets:
            if matchers:  # `{}` selects nothing here, as in Prometheus
                found = await store().select(org, matchers, now - lookback_ms + 1, now, limit=max_samples)
                rows |= await asyncio.to_thread(_newest, found)
        escaping = _escaping(request.headers.get("accept", ""))
        page = await asyncio.to_thread(_page, rows, escaping)
        # As a header, because a media type of text would get its charset behind all else.
        return Response(page, headers={"content-type": f"{TYPE}; charset=utf-8; escaping={escaping}"})

    return Router("/federate", route_handlers=[federate], guards=[guard], tags=["Prometheus"])


def _escaping(accept: str) -> str:
    """What to do with names that are not plain: a Prometheus 3 asks to have them as they are."""
    wanted = [part for part in accept.lower().replace(" ", "").split(",") if part.startswith("text/plain;")]
    return UTF8 if any(f"escaping={UTF8}" in part.split(";") for part in wanted) else UNDERSCORES


def _newest(found: SeriesSet) -> set[Row]:
    """The newest sample of each series; none of one that ended, and no native histograms, which text cannot hold."""
    last = found.offsets[1:] - 1
    skipped = (found.v[last].view(np.uint64) == STALE_BITS) | is_token(found.v[last])
    return {
        _row(labels, f"{go_exponent(float(found.v[at]))} {found.t[at]}")
        for labels, at, skip in zip(found.labels, last.tolist(), skipped.tolist(), strict=True)
        if not skip
    }


def _row(labels: Labels, rest: str) -> Row:
    # Without a label `instance` the gathering server would write its own target's there.
    given = {"instance": "", **labels}
    return given.pop("__name__", ""), tuple(sorted(given.items(), key=_behind)), rest


def _behind(pair: tuple[str, str]) -> tuple[bool, str]:
    """An instance that there is not comes last."""
    return pair == ("instance", ""), pair[0]


def _page(rows: set[Row], escaping: str) -> bytes:
    lines: list[str] = []
    before = None
    is_utf8 = escaping == UTF8
    for name, pairs, rest in sorted(rows):
        if name != before:
            lines.append(f"# TYPE {_metric(name, is_utf8=is_utf8)} untyped")
            before = name
        lines.append(f"{_series(name, pairs, is_utf8=is_utf8)} {rest}")
    return "".join(f"{line}\n" for line in lines).encode()


def _series(name: str, pairs: tuple[tuple[str, str], ...], *, is_utf8: bool) -> str:
    shown = [f'{_label(label, is_utf8=is_utf8)}="{_escaped(value)}"' for label, value in pairs]
    metric = _metric(name, is_utf8=is_utf8)
    if metric.startswith('"'):
        return "{" + ",".join((metric, *shown)) + "}"
    return f"{metric}{{{','.join(shown)}}}"


def _metric(name: str, *, is_utf8: bool) -> str:
    if _PLAIN.fullmatch(name):
        return name
    return f'"{_escaped(name)}"' if is_utf8 else _NO_NAME.sub("_", name)


def _label(name: str, *, is_utf8: bool) -> str:
    if not _NO_LABEL.search(name):
        return name
    return f'"{_escaped(name)}"' if is_utf8 else _NO_LABEL.sub("_", name)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
