"""Results as samples, by the names of the blackbox exporter, and `monitor_up`: what is confirmed.

Source: github.com/prometheus/blackbox_exporter, README and prober/*.go, for names and phases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from obsv.metrics.ingest.batch import BatchBuilder, Key
from obsv.metrics.store.types import STALE, Metadata
from obsv.monitors.machine import Standing, State
from obsv.monitors.model import Monitor
from obsv.monitors.types import Result

JOB: Final = "monitor"
UP, SUCCESS, DURATION = "monitor_up", "probe_success", "probe_duration_seconds"
LAST_SUCCESS: Final = "monitor_heartbeat_last_success_timestamp_seconds"
HELP: Final[Mapping[str, str]] = {
    UP: "Whether the monitor is up (1) or confirmed to be down (0); none while paused, unknown or in maintenance.",
    SUCCESS: "Whether the last check succeeded.",
    DURATION: "How long the check took; of a heartbeat, how long its job ran.",
    LAST_SUCCESS: "When the job last reported success.",
    "probe_dns_lookup_time_seconds": "Time to resolve the name of what is checked.",
    "probe_http_status_code": "Status of the answer.",
    "probe_http_duration_seconds": "Time of each phase of a request, over all redirects.",
    "probe_http_redirects": "Redirects that were followed.",
    "probe_http_ssl": "Whether the last answer came over TLS.",
    "probe_http_uncompressed_body_length": "Bytes of the answer that were read.",
    "probe_ssl_earliest_cert_expiry": "When the server's certificate ends.",
    "probe_icmp_duration_seconds": "Time of each phase of a ping.",
    "probe_dns_duration_seconds": "Time of each phase of a DNS request.",
    "probe_dns_answer_rrs": "Records of the type that was asked for.",
}

Sample = tuple[str, dict[str, str], float]
"""(name, labels beside those of the monitor, value)."""


def labels_of(monitor: Monitor) -> dict[str, str]:
    """What all series of a monitor have."""
    return {"job": JOB, "monitor": monitor.name, "instance": monitor.target, "type": monitor.kind}


def add_result(builder: BatchBuilder, monitor: Monitor, result: Result, standing: Standing) -> set[Key]:
    """Put all that a check found into a batch; the series."""
    return _add(builder, monitor, result.at_ms, (*_measured(monitor.kind, result), *_confirmed(standing)))


def add_state(builder: BatchBuilder, monitor: Monitor, result: Result | None, standing: Standing, at_ms: int) -> None:
    """Say again what is known, so that a rule finds it within its lookback."""
    samples: list[Sample] = list(_confirmed(standing))
    if result is not None and standing.state is not State.PAUSED:
        samples.append((SUCCESS, {}, float(result.outcome == "ok")))
    if standing.pinged_at_ms:
        samples.append((LAST_SUCCESS, {}, standing.pinged_at_ms / 1000))
    _add(builder, monitor, at_ms, samples)


def add_ends(builder: BatchBuilder, series: Iterable[Key], at_ms: int) -> None:
    """Mark that series ended."""
    for key in series:
        builder.add(builder.series(dict(key)), at_ms, STALE)


def up_key(monitor: Monitor) -> Key:
    """The series that says whether it is up."""
    return tuple(sorted({"__name__": UP, **labels_of(monitor)}.items()))


def _add(builder: BatchBuilder, monitor: Monitor, at_ms: int, samples: Iterable[Sample]) -> set[Key]:
    common, found = labels_of(monitor), set[Key]()
    for name, labels, value in samples:
        full = {"__name__": name, **common, **labels}
        builder.add(builder.series(full), at_ms, value)
        builder.describe(Metadata(name, "gauge", HELP[name], ""))
        found.add(tuple(sorted(full.items())))
    return found


def _confirmed(standing: Standing) -> Iterator[Sample]:
    if standing.state in (State.UP, State.DOWN):
        yield UP, {}, float(standing.state is State.UP)


def _measured(kind: str, result: Result) -> Iterator[Sample]:
    phases = result.phases
    yield SUCCESS, {}, float(result.outcome == "ok")
    if kind != "heartbeat" or result.duration_s:
        yield DURATION, {}, result.duration_s
    if result.certificate is not None:
        yield "probe_ssl_earliest_cert_expiry", {}, result.certificate.ends_at_ms / 1000
    if kind in ("http", "tcp", "ping"):
        yield "probe_dns_lookup_time_seconds", {}, phases.resolve_s
    match kind:
        case "http":
            yield "probe_http_status_code", {}, float(result.status or 0)
            times = {"resolve": phases.resolve_s, "connect": phases.connect_s, "tls": phases.tls_s}
            times |= {"processing": phases.wait_s, "transfer": phases.transfer_s}
            yield from (("probe_http_duration_seconds", {"phase": name}, value) for name, value in times.items())
            if result.status is not None:
                yield "probe_http_redirects", {}, float(result.redirects)
                yield "probe_http_ssl", {}, float(result.certificate is not None)
                yield "probe_http_uncompressed_body_length", {}, float(result.bytes)
        case "ping":
            times = {"resolve": phases.resolve_s, "rtt": phases.wait_s}
            yield from (("probe_icmp_duration_seconds", {"phase": name}, value) for name, value in times.items())
        case "dns":
            times = {"resolve": phases.resolve_s, "request": phases.wait_s}
            yield from (("probe_dns_duration_seconds", {"phase": name}, value) for name, value in times.items())
            if result.code:
                yield "probe_dns_answer_rrs", {}, float(len(result.records))
        case _:
            pass
