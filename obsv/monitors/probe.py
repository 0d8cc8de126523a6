"""Carrying out a check: asks through the one way out, and holds the answer against what is expected."""

from __future__ import annotations

import base64
import codecs
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import msgspec

from obsv.egress import (
    Call,
    Destination,
    DnsProbe,
    Egress,
    EgressFailed,
    EgressRefused,
    HttpProbe,
    HttpProbed,
    Phases,
    Purpose,
    probe_dns,
    probe_http,
    probe_ping,
    probe_tcp,
    tls_context,
)
from obsv.monitors.certificate import ends_soon, read_certificate
from obsv.monitors.conditions import is_expected, parse_statuses, wrong_records, wrong_value
from obsv.monitors.machine import Outcome
from obsv.monitors.model import Check, Dns, Heartbeat, Http, Ping, Tcp
from obsv.monitors.types import PhaseTimes, Result

REASON: Final = 500
RECORD: Final = 500
URL: Final = 2000
"""Characters of each that are kept, whatever a stranger sends."""

_CHARSET: Final = re.compile(r"charset=\"?([\w.-]+)", re.IGNORECASE)
_NO_CHARSETS: Final = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7"})
"""Codecs of Python's that are no page's: some take the square of a text's length, or make what is no text."""

Facts = dict[str, Any]
"""Fields of a `Result`; with a `reason` the check failed."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How a check is carried out: by whom, declared as what, at which time and how long."""

    egress: Egress
    call: Call
    at_ms: int
    timeout_s: float
    phases: Phases = field(default_factory=Phases)


async def carry_out(asking: Asking, check: Check) -> Result:
    """The result of a check that has its secrets.  Raises nothing that a network can do."""
    facts: Facts = {}
    outcome: Outcome = "ok"
    try:
        facts = await _ask(asking, check)
        outcome = "failed" if facts.get("reason") else "ok"
    except EgressFailed as error:
        outcome, facts["reason"] = "failed", str(error)
    except EgressRefused as error:
        outcome, facts["reason"] = "refused", str(error)
    if reason := facts.get("reason"):
        facts["reason"] = reason[:REASON]
    times = {name: round(seconds, 6) for name, seconds in asdict(asking.phases).items()}
    took_s = times.pop("whole_s")
    return Result(at_ms=asking.at_ms, outcome=outcome, duration_s=took_s, phases=PhaseTimes(**times), **facts)


def call_of(org: int, monitor_id: str) -> Call:
    """How the ledger knows the calls of a monitor."""
    return Call(Purpose.MONITOR, f"monitor {monitor_id}", data=("probe",), org=org, is_routine=True)


async def _ask(asking: Asking, check: Check) -> Facts:
    match check:
        case Http():
            return await _http(asking, check)
        case Tcp():
            return await _tcp(asking, check)
        case Ping():
            return {"address": await _ping(asking, check)}
        case Dns():
            return await _dns(asking, check)
        case Heartbeat():
            raise EgressRefused("a heartbeat is waited for, not asked")


async def _http(asking: Asking, check: Http) -> Facts:
    probe = HttpProbe(
        method=check.method,
        url=check.url,
        headers=_headers(check),
        content=check.body.encode(),
        timeout_s=asking.timeout_s,
        max_bytes=check.max_bytes,
        max_redirects=check.max_redirects,
        verify=check.verify_tls,
        ca=check.ca,
    )
    answer = await probe_http(asking.egress, probe, asking.call, asking.phases)
    certificate = read_certificate(answer.certificate) if answer.certificate else None
    reason = _wrong_answer(check, answer)
    if not reason and (certificate or check.url.startswith("https:")):
        reason = ends_soon(certificate, check.certificate_days, asking.at_ms)
    return {
        "reason": reason,
        "status": answer.status,
        "url": answer.url.partition("?")[0][:URL],
        "redirects": answer.redirects,
        "version": answer.version,
        "bytes": len(answer.body),
        "address": answer.address,
        "certificate": certificate,
    }


def _headers(check: Http) -> dict[str, str]:
    headers = {"accept": "*/*", **check.headers}
    headers |= {name: value for name, value in check.secret_headers.items() if value is not None}
    if check.user:
        pair = f"{check.user}:{check.password or ''}".encode()
        headers["authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return headers


def _wrong_answer(check: Http, answer: HttpProbed) -> str:
    if not is_expected(answer.status, parse_statuses(check.statuses)):
        return f"it answered {answer.status}, expected {', '.join(check.statuses)}"
    if not (check.contains or check.lacks or check.json):
        return ""
    text = _text(answer)
    if check.contains and check.contains not in text:
        return f"its answer does not contain {check.contains[:100]!r}"
    if check.lacks and check.lacks in text:
        return f"its answer contains {check.lacks[:100]!r}"
    return _wrong_json(check, answer, text)


def _text(answer: HttpProbed) -> str:
    """The body in its charset; in UTF-8 where that is none that a page may have."""
    found = _CHARSET.search(answer.headers.get("content-type", ""))
    try:
        name = codecs.lookup(found[1]).name if found else "utf-8"
        return answer.body.decode("utf-8" if name in _NO_CHARSETS else name, "replace")
    except (LookupError, ValueError):
        return answer.body.decode("utf-8", "replace")


def _wrong_json(check: Http, answer: HttpProbed, text: str) -> str:
    if not check.json:
        return ""
    if answer.is_cut:
        return f"its answer has more than {check.max_bytes} bytes: too much to be read as JSON"
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, ValueError) as wrong:
        return f"its answer is not JSON: {wrong}"
    wrongs = (wrong_value(document, one.path, one.op, one.value) for one in check.json)
    return next((wrong for wrong in wrongs if wrong), "")


async def _tcp(asking: Asking, check: Tcp) -> Facts:
    tls = tls_context(check.ca, verify=check.verify_tls) if check.tls else None
    host = check.host.strip("[]")
    to = Destination(host, check.port, asking.timeout_s)
    address, der = await probe_tcp(asking.egress, to, asking.call, asking.phases, tls=tls)
    certificate = read_certificate(der) if der else None
    reason = ends_soon(certificate, check.certificate_days, asking.at_ms) if check.tls else ""
    return {"reason": reason, "address": address, "certificate": certificate}


async def _ping(asking: Asking, check: Ping) -> str:
    to = Destination(check.host.strip("[]"), 0, asking.timeout_s)
    return await probe_ping(asking.egress, to, asking.call, asking.phases)


async def _dns(asking: Asking, check: Dns) -> Facts:
    probe = DnsProbe(check.hostname, check.record, check.server.strip("[]"), check.port, asking.timeout_s)
    answer = await probe_dns(asking.egress, probe, asking.call, asking.phases)
    reason = wrong_records(answer.records, check.answers, exactly=check.exactly)
    if answer.code != "NOERROR":
        reason = f"it answered {answer.code}"
    elif not check.answers and not answer.records:
        reason = f"it has no record {check.record}"
    records = [record[:RECORD] for record in answer.records[:20]]
    return {"reason": reason, "code": answer.code, "records": records, "address": answer.address}
