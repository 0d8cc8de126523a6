"""Real servers on loopback: HTTP and HTTPS with a certificate of our own making, and DNS."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = Callable[[str], bytes]


def answer(body: str = "ok", status: str = "200 OK", *headers: str) -> bytes:
    """An HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body.encode())}", "connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@dataclass
class Web:
    """Answers with what `answer` makes of a path, and keeps the heads of requests."""

    port: int = 0
    answer: Answer = lambda _path: answer()
    requests: list[str] = field(default_factory=list[str])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head)
            writer.write(self.answer(head.split(" ")[1]))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def web(tls: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    """A server for HTTP, or HTTPS."""
    made = Web()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.port = listening.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        listening.close()
        await listening.wait_closed()


def certificate(folder: Path, days: float = 90) -> tuple[ssl.SSLContext, str]:
    """(a server's side of TLS as localhost, the certificate that a client must trust), ending in so many days."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "obsv test")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=400))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"certificate-{days}.pem"
    path.write_bytes(private + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, pem.decode()


@dataclass
class Names(asyncio.DatagramProtocol):
    """A DNS server: `records` by name and type; others do not exist."""

    records: dict[tuple[str, str], list[str]]
    port: int = 0
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asked = dns.message.from_wire(data)
        reply = dns.message.make_response(asked)
        question = asked.question[0]
        name, kind = str(question.name), dns.rdatatype.to_text(question.rdtype)
        if found := self.records.get((name, kind)):
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *found))
        elif not any(name == known for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        assert self.transport is not None
        self.transport.sendto(reply.to_wire(), addr)


@asynccontextmanager
async def names(records: dict[tuple[str, str], list[str]]) -> AsyncIterator[Names]:
    """A DNS server on loopback."""
    transport, made = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Names(records), local_addr=("127.0.0.1", 0)
    )
    try:
        yield made
    finally:
        transport.close()
