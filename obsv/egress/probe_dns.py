"""A question to a DNS server."""

from __future__ import annotations

import time
from dataclasses import dataclass

import dns.asyncquery
import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver

from obsv.egress.client import Egress, deadline
from obsv.egress.errors import EgressFailed, EgressRefused
from obsv.egress.phases import Phases
from obsv.egress.types import Call

SYSTEM = "system resolver"


@dataclass(frozen=True, slots=True)
class DnsProbe:
    """What is asked of whom; without a `server`, of the one that this system itself asks."""

    name: str
    record: str
    server: str = ""
    port: int = 53
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class DnsProbed:
    """The answer: its code such as NOERROR, and the records of the type that was asked for, as in a zone file."""

    code: str
    records: tuple[str, ...]
    address: str


async def probe_dns(egress: Egress, probe: DnsProbe, call: Call, phases: Phases) -> DnsProbed:
    """Ask by UDP, and by TCP where the answer is too long for that.  Raises `EgressRefused`, `EgressFailed`."""
    try:
        question = dns.message.make_query(dns.name.from_text(probe.name), probe.record)
    except (dns.exception.DNSException, UnicodeError) as wrong:
        raise EgressRefused(f"no question can be made of {probe.name}: {wrong}") from None
    async with egress.ledger_line(probe.server or SYSTEM, call) as line, deadline(probe.timeout_s, phases):
        begun = time.perf_counter()
        address = await _server(egress, probe, call)
        phases.resolve_s = time.perf_counter() - begun
        begun = time.perf_counter()
        try:
            answer, _ = await dns.asyncquery.udp_with_fallback(question, address, port=probe.port)
        except (dns.exception.DNSException, OSError, EOFError) as error:
            raise EgressFailed(str(error) or type(error).__name__) from None
        phases.wait_s = time.perf_counter() - begun
        line.bytes_sent, line.bytes_received = len(question.to_wire()), len(answer.to_wire())
        wanted = dns.rdatatype.from_text(probe.record)
        records = (str(one) for group in answer.answer if group.rdtype == wanted for one in group)
        return DnsProbed(dns.rcode.to_text(answer.rcode()), tuple(sorted(records)), address)


async def _server(egress: Egress, probe: DnsProbe, call: Call) -> str:
    if probe.server:
        return (await egress.guard.resolve(probe.server, probe.port, call.origin))[0]
    try:
        return str(dns.resolver.get_default_resolver().nameservers[0])
    except (dns.exception.DNSException, IndexError):
        raise EgressRefused("this system has no resolver: name one") from None
