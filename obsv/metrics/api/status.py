"""/api/v1/status, /targets and /alertmanagers: what Prometheus' clients ask of a server beside its data."""

from __future__ import annotations

import os
import platform
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from obsv import __version__
from obsv.core.duration import format_duration_ms
from obsv.metrics.api.answers import success
from obsv.metrics.api.params import AnyRequest, BadData, Params, org_of
from obsv.metrics.cardinality import Cardinality
from obsv.metrics.scrape import TargetStatus
from obsv.metrics.store.base import Countable, MetricStore

TargetsOf = Callable[[], Sequence[TargetStatus]]
LIMIT, MOST = 10, 10_000
NEVER = "0001-01-01T00:00:00Z"
SPOKEN = "3.5.0"
"""The Prometheus whose API is spoken: clients choose by it what they ask for and how."""
BUILD = {
    "version": SPOKEN,
    "revision": f"obsv-{__version__}",
    "branch": "",
    "buildUser": "",
    "buildDate": "",
    "goVersion": "",
}


def status_handlers(
    store: Callable[[], MetricStore], targets: TargetsOf, flags: dict[str, str]
) -> list[HTTPRouteHandler]:
    """Handlers for `prometheus_router`; `flags` are the settings that Prometheus has as flags."""
    return [*_status(store, flags), *_targets(targets)]


def _rfc3339(ms: float) -> str:
    moment = datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
    return NEVER if not ms else moment.replace("+00:00", "Z")


def _status(store: Callable[[], MetricStore], flags: dict[str, str]) -> list[HTTPRouteHandler]:
    started = time.time()

    @get("/status/config", summary="Configuration")
    async def config() -> Response[bytes]:
        """Empty: settings are in obsv.toml, and hold what no reader of metrics should see."""
        return success({"yaml": ""})

    @get("/status/flags", summary="Settings by the names of Prometheus' flags")
    async def show_flags() -> Response[bytes]:
        return success(flags)

    @get("/status/runtimeinfo", summary="The running process")
    async def runtime() -> Response[bytes]:
        info: dict[str, Any] = {
            "startTime": _rfc3339(started * 1000),
            "CWD": "",
            "hostname": platform.node(),
            "serverTime": _rfc3339(time.time() * 1000),
            "reloadConfigSuccess": True,
            "lastConfigTime": _rfc3339(started * 1000),
            "corruptionCount": (await store().stats()).damaged_blocks,
            "goroutineCount": 0,
            "GOMAXPROCS": os.cpu_count() or 1,
            "GOMEMLIMIT": 0,
            "GOGC": "",
            "GODEBUG": "",
            "storageRetention": flags.get("storage.tsdb.retention.time", ""),
        }
        return success(info)

    @get("/status/walreplay", summary="Progress of the start")
    async def replay() -> Response[bytes]:
        """A server that answers has read its log."""
        return success({"min": 0, "max": 0, "current": 0})

    @get("/status/tsdb", summary="Where series come from")
    async def tsdb(request: AnyRequest) -> Response[bytes]:
        org = org_of(request)
        found, stats = await _cardinality(store(), org, _limit(await Params.of(request))), await store().stats(org)
        head = {
            "numSeries": found.series,
            "numLabelPairs": found.label_pairs,
            "chunkCount": 0,
            "minTime": stats.oldest_ms,
            "maxTime": round(time.time() * 1000),
        }
        return success({"headStats": head} | _lists(found))

    return [config, show_flags, runtime, replay, tsdb, *_constants()]


def _constants() -> list[HTTPRouteHandler]:
    """What is always the same here."""

    @get("/status/buildinfo", summary="Version")
    async def buildinfo() -> Response[bytes]:
        return success(BUILD)

    @get("/alertmanagers", summary="Alertmanagers")
    async def alertmanagers() -> Response[bytes]:
        return success({"activeAlertmanagers": [], "droppedAlertmanagers": []})

    @get("/notifications", summary="Notifications of the server")
    async def notifications() -> Response[bytes]:
        """There are none: what an admin should know is in the cabinet."""
        return success([])

    return [buildinfo, alertmanagers, notifications]


def _limit(params: Params) -> int:
    text = params.text("limit")
    if not text:
        return LIMIT
    if not re.fullmatch(r"\+?\d{1,18}", text, re.ASCII) or int(text) == 0:
        raise BadData("limit must be a positive number")
    if int(text) > MOST:
        raise BadData(f"limit must not be above {MOST}")
    return int(text)


async def _cardinality(store: MetricStore, org: int, limit: int) -> Cardinality:
    return await store.cardinality(org, limit=limit) if isinstance(store, Countable) else Cardinality()


def _lists(found: Cardinality) -> dict[str, Any]:
    by_bytes = sorted(found.labels, key=lambda label: label.bytes, reverse=True)
    return {
        "seriesCountByMetricName": [{"name": one.name, "value": one.series} for one in found.metrics],
        "labelValueCountByLabelName": [{"name": one.name, "value": one.values} for one in found.labels],
        "memoryInBytesByLabelName": [{"name": one.name, "value": one.bytes} for one in by_bytes],
        "seriesCountByLabelValuePair": [
            {"name": f"{one.name}={one.value}", "value": one.series} for one in found.pairs
        ],
    }


def _targets(targets: TargetsOf) -> list[HTTPRouteHandler]:
    @get("/targets", summary="What is scraped")
    async def listed(request: AnyRequest) -> Response[bytes]:
        org, params = org_of(request), await Params.of(request)
        state, pool = params.text("state").lower() or "any", params.text("scrapePool")
        mine = [one for one in targets() if one.org == org and pool in ("", one.pool)]
        active = [_active(one) for one in mine if not one.is_dropped] if state in ("any", "active") else []
        answer: dict[str, Any] = {"activeTargets": active, "droppedTargets": [], "droppedTargetCounts": None}
        if state in ("any", "dropped"):
            dropped = [one for one in mine if one.is_dropped]
            answer["droppedTargets"] = [{"discoveredLabels": one.discovered, "scrapePool": one.pool} for one in dropped]
            answer["droppedTargetCounts"] = Counter(one.pool for one in dropped)
        return success(answer)

    @get("/scrape_pools", summary="Jobs that are scraped")
    async def pools(request: AnyRequest) -> Response[bytes]:
        org = org_of(request)
        return success({"scrapePools": sorted({one.pool for one in targets() if one.org == org})})

    @get("/targets/metadata", summary="Types and help of what is scraped")
    async def metadata(request: AnyRequest) -> Response[bytes]:
        org, params = org_of(request), await Params.of(request)
        wanted, limit = params.text("metric"), params.whole("limit", -1)
        matchers = params.matchers("match_target")
        rows = [
            {"target": one.labels, "metric": about.family, "type": about.type, "help": about.help, "unit": about.unit}
            for one in targets()
            if one.org == org and one.labels is not None
            if all(matcher.matches(one.labels.get(matcher.name, "")) for matcher in matchers)
            for about in one.metadata
            if wanted in ("", about.family)
        ]
        return success(rows[:limit] if limit >= 0 else rows)

    return [listed, pools, metadata]


def _active(one: TargetStatus) -> dict[str, Any]:
    return {
        "discoveredLabels": one.discovered,
        "labels": one.labels or {},
        "scrapePool": one.pool,
        "scrapeUrl": one.url,
        "globalUrl": one.url,
        "lastError": one.last_error,
        "lastScrape": _rfc3339(one.last_scrape_ms),
        "lastScrapeDuration": one.last_duration_s,
        "health": one.health,
        "scrapeInterval": format_duration_ms(one.interval_ms),
        "scrapeTimeout": format_duration_ms(one.timeout_ms),
    }
