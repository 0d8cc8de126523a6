"""The whole application on a fresh database of each engine, with monitors of known days and a real mail server."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from obsv.core.clock import Clock
from obsv.keys import KeyStore
from obsv.status import MonitorDay, Monitors, StatusServices, make_services
from tests.dashboards.stage import SAME_ORIGIN, Caller, Stage, staged
from tests.database import database_url, engine_name

__all__ = ["database_url", "engine_name"]

PAGE = {"slug": "acme", "title": "Acme", "is_public": True}


@dataclass(frozen=True)
class Day:
    """A monitor's day."""

    day: date
    up_s: float
    down_s: float


@dataclass
class KnownMonitors:
    """Stands for the monitors, which another package brings."""

    now: dict[str, str] = field(default_factory=dict[str, str])
    past: dict[str, list[Day]] = field(default_factory=dict[str, list[Day]])

    async def states(self, org: int) -> Mapping[str, str]:
        return self.now

    async def days(self, org: int, monitor_ids: Sequence[str], days: int = 90) -> Mapping[str, Sequence[MonitorDay]]:
        return {one: self.past[one][-days:] for one in monitor_ids if one in self.past}


@dataclass
class Mailbox:
    """A mail server that keeps what it is handed, as it came."""

    port: int = 0
    raw: list[bytes] = field(default_factory=list[bytes])
    is_down: bool = False
    refused: set[str] = field(default_factory=set[str])

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.is_down or self.refused & set(envelope.rcpt_tos):
            return "451 later"
        self.raw.append(cast("bytes", envelope.content))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """What came for somebody, the oldest first."""
        made = [cast("EmailMessage", message_from_bytes(one, policy=cast("Any", default))) for one in self.raw]
        return [one for one in made if one["To"] == address]

    async def wait(self, address: str, count: int) -> list[EmailMessage]:
        """The mails, once that many came."""
        for _ in range(400):
            if len(self.to(address)) >= count:
                return self.to(address)
            await asyncio.sleep(0.02)
        raise AssertionError(f"{len(self.to(address))} of {count} mails to {address}")


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(message: EmailMessage, path: str) -> str:
    """The path and query of the link that leads to `path`."""
    found = re.search(rf"http://localhost:8450(/\S*{path}\?token=\S+)", text_of(message).replace("=\n", ""))
    assert found, text_of(message)
    return found[1]


@dataclass
class House:
    """The application, its status page, and who edits it."""

    stage: Stage
    monitors: KnownMonitors
    mailbox: Mailbox
    services: StatusServices
    editor: Caller
    public: Caller
    page_id: str = ""

    async def component(self, name: str, **more: object) -> str:
        made = await self.editor.do("POST", f"/status-pages/{self.page_id}/components", {"name": name, **more})
        return str(made["id"])

    async def components(self) -> dict[str, Any]:
        listed = await self.editor.get(f"/status-pages/{self.page_id}/components")
        return {one["name"]: one for one in listed["components"]}

    async def incident(self, title: str = "Slow", **more: object) -> Any:
        body = {"page_id": self.page_id, "title": title, "text": "We look into it.", **more}
        return await self.editor.do("POST", "/incidents", body)

    async def read(self, path: str = "", status: int = 200, **headers: str) -> str:
        answer = await self.public.client.get(f"/status/acme{path}", headers=headers)
        assert answer.status_code == status, answer.text
        assert "set-cookie" not in answer.headers
        return answer.text

    async def post(self, path: str, form: Mapping[str, Any], status: int = 200) -> str:
        answer = await self.public.client.post(path, data=dict(form), headers=SAME_ORIGIN)
        assert answer.status_code == status, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return answer.text

    async def subscribe(self, email: str, *components: str) -> str:
        """Subscribe as a person does, through the mail; the path of the link to manage it."""
        before = len(self.mailbox.to(email))
        await self.post("/status/acme/subscribe", {"email": email, "component": list(components)})
        mail = (await self.mailbox.wait(email, before + 1))[-1]
        token = link_in(mail, "confirm").partition("token=")[2]
        await self.post("/status/acme/confirm", {"token": token})
        return self.services.subscribers.manage_token(token.rpartition(".")[0])

    async def send(self) -> None:
        """What the job does every few seconds."""
        await self.services.mailings.run()

    async def send_until(self, address: str, count: int) -> list[EmailMessage]:
        """The mails to somebody, once that many came."""
        for _ in range(400):
            if len(self.mailbox.to(address)) >= count:
                break
            await self.send()
            await asyncio.sleep(0.02)
        return await self.mailbox.wait(address, count)


@asynccontextmanager
async def house(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch, settings: Mapping[str, object]
) -> AsyncIterator[House]:
    mailbox, monitors, made = Mailbox(), KnownMonitors(), list[StatusServices]()

    def make(clock: Clock, keys: KeyStore, _: Monitors, *, base_url: str) -> StatusServices:
        made.append(make_services(clock, keys, monitors, base_url=base_url))
        return made[-1]

    monkeypatch.setattr("obsv.lifespan.make_status", make)
    sessions: list[SMTP] = []

    def protocol() -> SMTP:
        sessions.append(SMTP(mailbox))
        return sessions[-1]

    listening = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    mailbox.port = listening.sockets[0].getsockname()[1]
    mail = {
        "mail.transport": "smtp",
        "mail.smtp_host": "127.0.0.1",
        "mail.smtp_port": mailbox.port,
        "mail.smtp_security": "none",
    }
    try:
        async with staged(tmp_path, url, {**mail, **settings}) as stage:
            editor, public = await stage.person("edi"), await stage.nobody()
            there = House(stage, monitors, mailbox, made[-1], editor, public)
            there.page_id = (await editor.do("POST", "/status-pages", PAGE))["id"]
            yield there
    finally:
        listening.close()
        for session in sessions:
            if session.transport is not None:
                session.transport.abort()
        await listening.wait_closed()


@pytest.fixture
def open_house(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a house; settings may be given as for a stage."""
    return lambda **settings: house(tmp_path, database_url, monkeypatch, settings)
