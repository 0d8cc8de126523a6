"""Protocol counters, sockets, TCP states and connection tracking."""

from __future__ import annotations

import os
import re
from typing import Iterator

from ..sample import NO_LABELS, Sample
from .files import Roots, read, read_number, try_read

__all__ = ["conntrack", "netstat", "sockstat", "tcp_states", "udp_queues"]

# What the node exporter sends, and Tcp_MaxConn, for which public dashboards ask besides.
_NETSTAT = re.compile(
    r"^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)"
    r"|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)"
    r"|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab|MaxConn)"
    r"|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$"
)
_SNMP6 = re.compile(r"^(Ip6|Icmp6|Udp6|UdpLite6)(\w+)\s+(\d+)")
_TCP_STATES = {
    "01": "established",
    "02": "syn_sent",
    "03": "syn_recv",
    "04": "fin_wait1",
    "05": "fin_wait2",
    "06": "time_wait",
    "07": "close",
    "08": "close_wait",
    "09": "last_ack",
    "0A": "listen",
    "0B": "closing",
}
_MOST_SOCKETS = 5000
_CONNTRACK = ("found", "invalid", "ignore", "insert", "insert_failed", "drop", "early_drop", "search_restart")


def netstat(roots: Roots) -> Iterator[Sample]:
    """Yield a choice of the kernel's protocol counters."""
    for file in ("netstat", "snmp"):
        lines = read(roots.at(f"/proc/net/{file}")).splitlines()
        for names, values in zip(lines[::2], lines[1::2]):
            protocol, _, keys = names.partition(":")
            for key, value in zip(keys.split(), values.partition(":")[2].split()):
                if _NETSTAT.match(f"{protocol}_{key}"):
                    yield Sample(f"node_netstat_{protocol}_{key}", NO_LABELS, float(value))
    for line in (try_read(roots.at("/proc/net/snmp6")) or "").splitlines():
        match = _SNMP6.match(line)
        if match and _NETSTAT.match(f"{match.group(1)}_{match.group(2)}"):
            yield Sample(f"node_netstat_{match.group(1)}_{match.group(2)}", NO_LABELS, float(match.group(3)))


def sockstat(roots: Roots) -> Iterator[Sample]:
    """Yield sockets in use and their memory."""
    page = os.sysconf("SC_PAGE_SIZE")
    text = read(roots.at("/proc/net/sockstat")) + (try_read(roots.at("/proc/net/sockstat6")) or "")
    for line in text.splitlines():
        protocol, _, rest = line.partition(":")
        fields = rest.split()
        for key, value in zip(fields[::2], fields[1::2]):
            yield Sample(f"node_sockstat_{protocol}_{key}", NO_LABELS, float(value))
            if key == "mem":
                yield Sample(f"node_sockstat_{protocol}_mem_bytes", NO_LABELS, float(value) * page)


def tcp_states(roots: Roots) -> Iterator[Sample]:
    """Yield connections by state; not on a host with thousands, where reading the table would cost too much."""
    fields = read(roots.at("/proc/net/sockstat")).split()
    known = {key: int(value) for key, value in zip(fields, fields[1:]) if value.isdigit() and key in {"alloc", "tw"}}
    if sum(known.values()) > _MOST_SOCKETS:
        return
    counts: dict[str, float] = {}
    queued = [0, 0]
    for file in ("tcp", "tcp6"):
        for line in (try_read(roots.at(f"/proc/net/{file}")) or "").splitlines()[1:]:
            columns = line.split(None, 5)
            state = _TCP_STATES.get(columns[3], "unknown")
            counts[state] = counts.get(state, 0.0) + 1.0
            sent, _, received = columns[4].partition(":")
            queued[0] += int(sent, 16)
            queued[1] += int(received, 16)
    counts.update(tx_queued_bytes=float(queued[0]), rx_queued_bytes=float(queued[1]))
    for state, count in counts.items():
        yield Sample("node_tcp_connection_states", (("state", state),), count)


def udp_queues(roots: Roots) -> Iterator[Sample]:
    """Yield the bytes that wait in UDP sockets."""
    for file, family in (("udp", "v4"), ("udp6", "v6")):
        text = try_read(roots.at(f"/proc/net/{file}"))
        if text is None:
            continue
        queues = [line.split(None, 5)[4].split(":") for line in text.splitlines()[1:]]
        for at, queue in enumerate(("tx", "rx")):
            value = float(sum(int(pair[at], 16) for pair in queues))
            yield Sample("node_udp_queues", (("ip", family), ("queue", queue)), value)


def conntrack(roots: Roots) -> Iterator[Sample]:
    """Yield the connections that the firewall tracks."""
    count = read_number(roots.at("/proc/sys/net/netfilter/nf_conntrack_count"))
    limit = read_number(roots.at("/proc/sys/net/netfilter/nf_conntrack_max"))
    if count is None or limit is None:
        raise FileNotFoundError("nf_conntrack_count")
    yield Sample("node_nf_conntrack_entries", NO_LABELS, count)
    yield Sample("node_nf_conntrack_entries_limit", NO_LABELS, limit)
    lines = (try_read(roots.at("/proc/net/stat/nf_conntrack")) or "").splitlines()
    if not lines:
        return
    rows = [line.split() for line in lines[1:]]
    for column, name in enumerate(lines[0].split()):
        if name in _CONNTRACK:
            total = float(sum(int(row[column], 16) for row in rows))
            yield Sample(f"node_nf_conntrack_stat_{name}", NO_LABELS, total)
