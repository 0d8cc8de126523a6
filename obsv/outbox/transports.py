"""How a message leaves: printed for the person at the terminal, or handed to an SMTP server."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Literal, Protocol, cast

from obsv.config import Settings
from obsv.egress import (
    Call,
    Egress,
    EgressFailed,
    EgressRefused,
    Letter,
    MailRejected,
    Origin,
    Purpose,
    SmtpServer,
    send_mail,
)
from obsv.outbox.message import Mail


class TransportFailed(Exception):  # a state of the network
    """A message did not leave; `is_permanent` when repeating is no use."""

    def __init__(self, detail: str, *, is_permanent: bool) -> None:
        super().__init__(detail)
        self.is_permanent = is_permanent


class Transport(Protocol):
    """Sends one rendered message, or raises `TransportFailed`.  `taker` says who takes it, for people to read."""

    @property
    def taker(self) -> str: ...

    async def send(self, mail: Mail, message: bytes, *, sender: str, org: int | None) -> None: ...


class ConsoleTransport:
    """Prints mails, so that an instance without a mail server is usable by whoever started it."""

    taker = "printed on the server's terminal: no mail server is configured"

    def __init__(self, write: Callable[[str], object] = sys.stdout.write) -> None:
        self._write = write

    async def send(self, mail: Mail, message: bytes, *, sender: str, org: int | None) -> None:
        """Print it."""
        rule = "-" * 72
        self._write(f"{rule}\nMail to {mail.to}: {mail.subject}\n\n{mail.text.rstrip()}\n{rule}\n")


class SmtpTransport:
    """Hands mails to the configured server through the guarded, recorded way out."""

    def __init__(self, egress: Egress, server: SmtpServer) -> None:
        self._egress, self._server = egress, server

    @property
    def taker(self) -> str:
        return f"{self._server.host} took the mail"

    async def send(self, mail: Mail, message: bytes, *, sender: str, org: int | None) -> None:
        """Hand it in; 4xx, time-outs and lost connections may be repeated, 5xx not."""
        call = Call(Purpose.MAIL, "mail server", data=("email", "mail"), org=org, origin=Origin.CONFIG)
        try:
            await send_mail(self._egress, self._server, call, Letter(sender, mail.to, message))
        except MailRejected as error:
            # 5xx about our log-in is the operator's mistake: it will be mended, so the mail is kept.
            raise TransportFailed(
                str(error), is_permanent=error.is_permanent and error.code not in {530, 535}
            ) from error
        except (EgressFailed, EgressRefused) as error:
            raise TransportFailed(str(error), is_permanent=False) from error


def transport_from(settings: Settings, egress: Egress) -> Transport:
    """The transport that `[mail]` names."""
    mail = settings.mail
    if mail.transport == "console":
        return ConsoleTransport()
    security = cast('Literal["starttls", "tls", "none"]', "tls" if mail.smtp_port == 465 else mail.smtp_security)
    return SmtpTransport(
        egress, SmtpServer(mail.smtp_host, mail.smtp_port, security, mail.smtp_user, mail.smtp_password)
    )
