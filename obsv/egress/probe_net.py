"""Whether a TCP port takes connections, and whether a host answers a ping."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import struct
import time
from contextlib import suppress
from dataclasses import dataclass

from obsv.egress.client import Egress, deadline
from obsv.egress.errors import EgressFailed, EgressRefused
from obsv.egress.phases import Phases
from obsv.egress.probe_http import reason_of
from obsv.egress.types import Call

NOT_PERMITTED = (
    "this system lets obsv send no pings: add its group to net.ipv4.ping_group_range, or give it CAP_NET_RAW"
)
_ECHO = {socket.AF_INET: (8, 0), socket.AF_INET6: (128, 129)}
"""ICMP types of an echo's request and reply.  Source: RFC 792, RFC 4443."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a probe goes, and how long it may take."""

    host: str
    port: int
    timeout_s: float = 10.0


async def probe_tcp(
    egress: Egress, to: Destination, call: Call, phases: Phases, *, tls: ssl.SSLContext | None = None
) -> tuple[str, bytes]:
    """Connect and close again: (address that took it, its certificate in DER, empty without TLS).

    Raises `EgressRefused`, `EgressFailed`.
    """
    async with egress.ledger_line(to.host, call), deadline(to.timeout_s, phases):
        failure = "it has no address"
        for address in await _resolve(egress, to, call, phases):
            try:
                return address, await _connect(address, to, tls, phases)
            except OSError as error:
                failure = reason_of(error)
        raise EgressFailed(failure)


async def probe_ping(egress: Egress, to: Destination, call: Call, phases: Phases) -> str:
    """Send one echo request to the first address and wait for its reply: that address.

    Raises `EgressRefused` (also where the system permits no pings), `EgressFailed`.
    """
    async with egress.ledger_line(to.host, call), deadline(to.timeout_s, phases):
        address = (await _resolve(egress, to, call, phases))[0]
        connection = _icmp_socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        try:
            begun = time.perf_counter()
            await _echo(connection, address)
            phases.wait_s = time.perf_counter() - begun
        except OSError as error:
            raise EgressFailed(reason_of(error)) from None
        finally:
            connection.close()
        return address


async def _resolve(egress: Egress, to: Destination, call: Call, phases: Phases) -> list[str]:
    begun = time.perf_counter()
    try:
        return await egress.guard.resolve(to.host, to.port, call.origin)
    finally:
        phases.resolve_s += time.perf_counter() - begun


async def _connect(address: str, to: Destination, tls: ssl.SSLContext | None, phases: Phases) -> bytes:
    begun = time.perf_counter()
    _, writer = await asyncio.open_connection(address, to.port)
    phases.connect_s = time.perf_counter() - begun
    try:
        if tls is None:
            return b""
        begun = time.perf_counter()
        await writer.start_tls(tls, server_hostname=to.host)
        phases.tls_s = time.perf_counter() - begun
        return writer.get_extra_info("ssl_object").getpeercert(binary_form=True) or b""
    finally:
        writer.close()
        with suppress(OSError, ssl.SSLError):
            await writer.wait_closed()


def _icmp_socket(family: socket.AddressFamily) -> socket.socket:
    """One for pings alone, which needs no privilege where the system permits it, else a raw one."""
    protocol = socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        with suppress(PermissionError):
            made = socket.socket(family, kind, protocol)
            made.setblocking(False)
            return made
    raise EgressRefused(NOT_PERMITTED)


async def _echo(connection: socket.socket, address: str) -> None:
    loop, (request, reply) = asyncio.get_running_loop(), _ECHO[connection.family]
    connection.connect((address, 0))  # says whose replies are taken; nothing is sent
    mark = os.urandom(24)
    message = struct.pack("!BBHHH", request, 0, 0, os.getpid() & 0xFFFF, 1) + mark
    # The kernel does the sum of ICMPv6, and of sockets for pings.
    message = message[:2] + struct.pack("!H", _checksum(message)) + message[4:]
    await loop.sock_sendall(connection, message)
    while True:
        got = await loop.sock_recv(connection, 2048)
        if connection.type == socket.SOCK_RAW and connection.family == socket.AF_INET:
            got = got[(got[0] & 15) * 4 :]  # a raw socket brings the IP header along
        if got[:1] == bytes([reply]) and got[8:] == mark:
            return


def _checksum(message: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f"!{len(message) // 2}H", message)
    total = sum(words)
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF
