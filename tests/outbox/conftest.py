"""A database, keys, and a real SMTP server on loopback."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from obsv.core.clock import ManualClock
from obsv.egress import Egress, Policy, SmtpServer
from obsv.keys import KeyStore
from obsv.outbox import Outbox, SmtpTransport, close_outbox, open_outbox
from tests.database import database, database_url, engine_name

__all__ = ["database", "database_url", "engine_name"]

USER, PASSWORD = "obsv", "s3cret-word"


@dataclass
class MailServer:
    """Keeps what it is handed; `refuse_with` answers RCPT, `refuse_data_with` the message itself."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    messages: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    used_tls: list[bool] = field(default_factory=list)
    refuse_with: str = ""
    refuse_data_with: str = ""

    async def handle_RCPT(  # aiosmtpd's signature
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse_with:
            return self.refuse_with
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuse_data_with:
            return self.refuse_data_with
        self.raw.append(cast("bytes", envelope.content))
        self.messages.append(cast("EmailMessage", message_from_bytes(self.raw[-1], policy=cast("Any", default))))
        self.used_tls.append(session.ssl is not None)
        return "250 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=known)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, key_pem


@pytest.fixture
async def mail_server(tmp_path: Path) -> AsyncIterator[MailServer]:
    """Wants STARTTLS and a log-in, as public ones do."""
    pem, key_pem = certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem, key_pem)
    made = MailServer(tls=ssl.create_default_context(cafile=str(pem)))

    sessions: list[SMTP] = []

    def protocol() -> SMTP:
        sessions.append(
            SMTP(made, tls_context=tls, require_starttls=True, auth_required=True, authenticator=made.authenticate)
        )
        return sessions[-1]

    listening = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    listening.close()
    for session in sessions:
        if session.transport is not None:
            session.transport.abort()
    await listening.wait_closed()
    await asyncio.sleep(0.01)  # the aborted connections are closed by then


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def keys(tmp_path: Path) -> KeyStore:
    store = KeyStore(tmp_path / "keys")
    await store.create_subject("usr_1")
    return store


@pytest.fixture
async def way_out(database: str, clock: ManualClock) -> AsyncIterator[Egress]:
    client = Egress(Policy(declared=frozenset({"localhost"})), clock)
    yield client
    await client.close()


@pytest.fixture
def smtp(way_out: Egress, mail_server: MailServer) -> SmtpTransport:
    server = SmtpServer("localhost", mail_server.port, "starttls", USER, PASSWORD, mail_server.tls)
    return SmtpTransport(way_out, server)


@pytest.fixture
async def queue(database: str, keys: KeyStore, clock: ManualClock, smtp: SmtpTransport) -> AsyncIterator[Outbox]:
    yield open_outbox(keys, clock, smtp, sender="Status <status@obsv.example>")
    close_outbox()
