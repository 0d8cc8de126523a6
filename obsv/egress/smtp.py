"""A mail session, guarded and recorded like any other call."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from typing import Literal

import aiosmtplib

from obsv.egress.client import Egress
from obsv.egress.errors import EgressFailed, MailRejected
from obsv.egress.ledger import Line
from obsv.egress.types import Call, Origin

TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in.

    `security`: "starttls" (required, not opportunistic), "tls" (from the first byte), "none". `tls` replaces the
    system's certificate store.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """One message with its envelope."""

    sender: str
    to: str
    message: bytes


async def send_mail(egress: Egress, server: SmtpServer, call: Call, letter: Letter) -> None:
    """Hand one message in.

    Raises `MailRejected` (the server's answer), `EgressFailed` (no connection), `EgressRefused` (not allowed).
    """
    async with egress.ledger_line(server.host, call) as line:
        line.bytes_sent = len(letter.message)
        await _session(await _connect(egress, server, call.origin), server, line, letter)


async def _connect(egress: Egress, server: SmtpServer, origin: Origin) -> socket.socket:
    """A socket to the first checked address that answers."""
    loop = asyncio.get_running_loop()
    failure = "no address"
    for address in await egress.guard.resolve(server.host, server.port, origin):
        connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await loop.sock_connect(connection, (address, server.port))
        except (OSError, TimeoutError) as error:
            connection.close()
            failure = str(error) or type(error).__name__
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise EgressFailed(f"{server.host}:{server.port} does not answer: {failure}")


async def _session(connection: socket.socket, server: SmtpServer, line: Line, letter: Letter) -> None:
    client = aiosmtplib.SMTP(
        hostname=server.host,
        sock=connection,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        username=server.user or None,
        password=server.password or None,
        tls_context=server.tls,
        timeout=TIMEOUT_S,
    )
    try:
        async with client:
            await client.sendmail(letter.sender, [letter.to], letter.message)
        line.status = 250
    except aiosmtplib.SMTPRecipientsRefused as error:
        refusal = error.recipients[0]
        line.status = refusal.code
        raise MailRejected(refusal.code, refusal.message) from error
    except aiosmtplib.SMTPResponseException as error:
        line.status = error.code
        raise MailRejected(error.code, error.message) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise EgressFailed(str(error) or type(error).__name__) from error
    finally:
        client.close()  # it owns the socket from its first step on
