"""From a sample to everybody who must hear of it: rule, mail, acknowledgement, status page, subscriber; and back."""

from __future__ import annotations

import asyncio
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.journeys.test_vmalert import eventually
from tests.live import Live
from tests.ports import free_port
from tests.postgres import create_database
from tests.web.fleet import write

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

OWNER, READER = "ann@example.org", "reader@example.net"
SCOPES = "metrics:write,metrics:read,alerts:read,alerts:write,monitors:read,monitors:write,status:write"
ROUTING = """
route: {receiver: owners, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: owners, channels: [Owners by email]}]
"""
RULE = {
    "alert": "ShopSlow",
    "expr": "shop_seconds > 2",
    "labels": {"severity": "critical"},
    "annotations": {"summary": "The shop takes {{ $value }} s"},
}


class Mailbox:
    """A mail server that keeps what comes."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = cast("bytes", envelope.content)
        self.mails.append(cast("EmailMessage", message_from_bytes(content, policy=cast("Any", default))))
        return "250 OK"

    def to(self, address: str, words: str) -> EmailMessage | None:
        """The first to somebody whose subject has these words."""
        return next((one for one in self.mails if one["To"] == address and words in str(one["Subject"])), None)


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(mail: EmailMessage, pattern: str) -> str:
    found = re.search(rf"http://localhost:\d+{pattern}", text_of(mail))
    assert found, text_of(mail)
    return found[0]


@contextmanager
def listening() -> Iterator[tuple[Mailbox, int]]:
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


class Api:
    """The appliance as a script sees it."""

    def __init__(self, live: Live) -> None:
        self.live, self.token = live, live.token(SCOPES)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.live.url}/api/obsv/v1{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{method} {path}: {refused.read().decode()}") from None

    def send(self, seconds: float, back_s: int = 0) -> None:
        """A sample of now, or a minute's worth of them some time ago."""
        now_ms = int(time.time() * 1000) - back_s * 1000
        times = [now_ms - step for step in range(60_000, -1, -15_000)] if back_s else [now_ms]
        labels = {"__name__": "shop_seconds", "service": "shop", "job": "shop", "instance": "shop-1"}
        write(self.live.url, self.token, [(labels, [(at, seconds) for at in times])])


def page(url: str, form: dict[str, str] | None = None) -> str:
    """What a browser without a cookie gets."""
    data = None if form is None else urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, data, {"Sec-Fetch-Site": "same-origin"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert "set-cookie" not in answer.headers
        return str(answer.read().decode())


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_an_alert_reaches_everybody(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> None:
    database = "sqlite"
    if engine == "postgres":
        database = asyncio.run(create_database(request.getfixturevalue("postgres_url")))
    with listening() as (mailbox, port):
        mail = {"TRANSPORT": "smtp", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SMTP_SECURITY": "none"}
        live = Live(tmp_path, database, env={f"OBSV_MAIL__{name}": value for name, value in mail.items()})
        who = ("--email", OWNER, "--name", "Ann", "--org", "Operator", "--role", "owner")
        live.cli("admin", "create-user", *who, "--password-stdin", stdin="a long enough passphrase\n")
        live.start()
        try:
            journey(live, mailbox)
        finally:
            assert live.stop() == 0, live.log


def journey(live: Live, mailbox: Mailbox) -> None:
    api = Api(live)
    api.ask("PUT", "/routing", {"yaml": ROUTING})
    status = api.ask("POST", "/status-pages", {"slug": "shop", "title": "Shop", "is_public": True})["id"]
    component = {"name": "Checkout", "matchers": '{service="shop"}', "alert_state": "major_outage"}
    api.ask("POST", f"/status-pages/{status}/components", component | {"alert_action": "published"})
    assert "All systems operational" in page(f"{live.url}/status/shop")
    subscribe(live, mailbox)

    # Before it is saved: what it would have done.
    api.send(5.0, back_s=600)
    api.send(1.0, back_s=400)
    tried = api.ask("POST", "/backtest", {"rule": RULE, "days": 1})
    assert (tried["fired"], tried["notifications"] >= 1) == (1, True), tried

    api.send(9.0)
    begun = time.monotonic()
    api.ask("POST", "/rule-groups", {"group": {"name": "shop", "interval": "1s", "rules": [RULE]}})
    told = eventually(lambda: mailbox.to(OWNER, "FIRING"))
    # The interval is a second; the rest is the way to the mail server.
    assert time.monotonic() - begun < 15
    assert "The shop takes 9 s" in text_of(told)
    acknowledge(api, told)

    seen = eventually(lambda: "Major outage" in (text := page(f"{live.url}/status/shop")) and text)
    assert "The shop takes 9 s" in seen
    news = eventually(lambda: mailbox.to(READER, "The shop takes 9 s"))
    unsubscribe = str(news["List-Unsubscribe"]).strip("<>")
    assert news["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page(unsubscribe, {"List-Unsubscribe": "One-Click"})

    api.send(1.0)
    eventually(lambda: mailbox.to(OWNER, "RESOLVED"))
    eventually(lambda: "All systems operational" in page(f"{live.url}/status/shop"))
    # One mail each of what began and what ended, and nothing more to the reader who left.
    assert [str(one["To"]) for one in mailbox.mails].count(OWNER) == 2, [one["Subject"] for one in mailbox.mails]
    assert [str(one["To"]) for one in mailbox.mails].count(READER) == 2
    history = api.ask("GET", "/alert-events")["events"]
    assert [one["status"] for one in history] == ["resolved", "firing"]


def subscribe(live: Live, mailbox: Mailbox) -> None:
    """With double opt-in."""
    page(f"{live.url}/status/shop/subscribe", {"email": READER})
    confirm = link_in(eventually(lambda: mailbox.to(READER, "Confirm")), r"/status/shop/confirm\?token=\S+")
    assert 'method="post"' in page(confirm)
    assert "You are subscribed" in page(confirm.partition("?")[0], {"token": confirm.partition("token=")[2]})


def acknowledge(api: Api, told: EmailMessage) -> None:
    """From the link in the mail, without being signed in."""
    (alert,) = api.ask("GET", "/alerts")["alerts"]
    assert not alert["acknowledged_at_ms"]
    link = link_in(told, r"/alert\?code=\S+")
    assert "ShopSlow" in page(link)
    (alert,) = api.ask("GET", "/alerts")["alerts"]
    assert not alert["acknowledged_at_ms"]
    assert "You are at it" in page(
        link.partition("?")[0], {"code": link.partition("code=")[2], "action": "acknowledge"}
    )
    (alert,) = api.ask("GET", "/alerts")["alerts"]
    assert alert["acknowledged_at_ms"]
