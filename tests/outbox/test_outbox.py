"""Queueing in a transaction, sending to a real server, retries, leases, and forgetting."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from obsv import outbox
from obsv.core.clock import ManualClock
from obsv.db import execute, fetch, spawn, write_tx
from obsv.egress import Egress, SmtpServer
from obsv.keys import KeyStore
from obsv.outbox import ConsoleTransport, Kind, Mail, Outbox, SmtpTransport, TransportFailed
from tests.outbox.conftest import PASSWORD, USER, MailServer

MAIL = Mail(to="ann@example.org", subject="Grüße", text="Your code is 123456\n", html="<p>123456</p>")


async def enqueue(mail: Mail = MAIL, **options: Any) -> str | None:
    settings: dict[str, Any] = {"kind": Kind.SECURITY, "topic": "test", "subject_ref": "usr_1"} | options
    return await outbox.enqueue(mail, **settings)


async def row() -> dict[str, Any]:
    (only,) = await fetch("SELECT * FROM outbox_messages")
    return only


async def test_a_mail_arrives_over_tls_after_a_log_in(
    queue: Outbox, mail_server: MailServer, clock: ManualClock
) -> None:
    message_id = await enqueue()
    assert await queue.send_due() == 1
    assert await queue.send_due() == 0
    (message,) = mail_server.messages
    assert mail_server.used_tls == [True]
    assert (message["To"], message["Subject"], message["From"]) == (
        "ann@example.org",
        "Grüße",
        "Status <status@obsv.example>",
    )
    assert message["Message-ID"] == f"<{message_id}@obsv.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_body(("plain",)).get_content().strip() == "Your code is 123456"  # type: ignore[union-attr]
    sent = await row()
    assert (sent["state"], sent["attempts"], sent["ended_at_ms"]) == ("sent", 1, clock.now_ms())
    (line,) = await fetch("SELECT host, purpose, data, status, outcome, bytes_sent FROM egress_calls")
    assert line["bytes_sent"] > 100
    assert (line["host"], line["purpose"], line["data"], line["status"], line["outcome"]) == (
        "localhost",
        "mail",
        "email,mail",
        250,
        "done",
    )


async def test_the_queue_holds_no_plain_text(queue: Outbox) -> None:
    await enqueue()
    stored = str(await row())
    assert "ann@" not in stored
    assert "123456" not in stored


async def test_a_mail_lives_and_dies_with_its_cause(queue: Outbox, mail_server: MailServer) -> None:
    async def cause() -> None:
        async with write_tx():
            await enqueue()
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        await cause()
    assert await queue.send_due() == 0


async def test_the_worker_wakes_at_the_commit(queue: Outbox, mail_server: MailServer) -> None:
    worker = spawn(queue.run(poll_s=60))
    await asyncio.sleep(0.2)
    async with write_tx():
        await enqueue()
        await asyncio.sleep(0.1)
        assert mail_server.messages == []
    async with asyncio.timeout(10):
        while not mail_server.messages:
            await asyncio.sleep(0.01)
    queue.stop()
    async with asyncio.timeout(5):
        await worker


async def test_the_worker_can_be_cancelled_while_it_sends(queue: Outbox, mail_server: MailServer) -> None:
    await enqueue()
    worker = spawn(queue.run(poll_s=60))
    async with asyncio.timeout(10):
        while not mail_server.messages:
            await asyncio.sleep(0)
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await worker


async def test_stopping_gives_back_what_is_not_sent(
    queue: Outbox, mail_server: MailServer, keys: KeyStore, clock: ManualClock, smtp: SmtpTransport
) -> None:
    class Stopping:
        async def send(self, mail: Mail, message: bytes, *, sender: str, org: int | None) -> None:
            await smtp.send(mail, message, sender=sender, org=org)
            stopping.stop()

    for _ in range(3):
        await enqueue()
    stopping = Outbox(keys, clock, Stopping(), sender="status@obsv.example")
    async with asyncio.timeout(10):
        await stopping.run()
    assert await queue.counts() == {"sent": 1, "queued": 2}


async def test_a_temporary_refusal_is_repeated_with_growing_pauses(
    queue: Outbox, mail_server: MailServer, clock: ManualClock
) -> None:
    await enqueue()
    mail_server.refuse_with = "451 try again later"
    pauses = []
    for attempt in range(1, 4):
        assert await queue.send_due() == 1
        waiting = await row()
        assert (waiting["state"], waiting["attempts"]) == ("queued", attempt)
        assert "451" in waiting["error"]
        assert await queue.send_due() == 0
        pauses.append((waiting["due_at_ms"] - clock.now_ms()) / 1000)
        clock.advance(pauses[-1])
    assert 12 <= pauses[0] <= 18
    assert 48 <= pauses[2] <= 72
    mail_server.refuse_with = ""
    assert await queue.send_due() == 1
    assert (await row())["state"] == "sent"


async def test_a_final_refusal_is_a_dead_letter(queue: Outbox, mail_server: MailServer) -> None:
    await enqueue()
    mail_server.refuse_with = "550 no such user"
    await queue.send_due()
    dead = await row()
    assert (dead["state"], dead["attempts"]) == ("dead", 1)
    assert "550" in dead["error"]
    assert await queue.counts() == {"dead": 1}


async def test_after_three_days_it_gives_up(queue: Outbox, mail_server: MailServer, clock: ManualClock) -> None:
    await enqueue()
    mail_server.refuse_data_with = "452 full"
    clock.advance(3 * 86400)
    await queue.send_due()
    assert (await row())["state"] == "dead"


async def test_our_own_wrong_password_does_not_kill_mail(
    queue: Outbox, way_out: Egress, mail_server: MailServer, keys: KeyStore, clock: ManualClock
) -> None:
    server = SmtpServer("localhost", mail_server.port, "starttls", USER, "wrong", mail_server.tls)
    await enqueue()
    await Outbox(keys, clock, SmtpTransport(way_out, server), sender="a@b.example").send_due()
    assert (await row())["state"] == "queued"
    assert "535" in (await row())["error"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_an_unknown_certificate_is_refused(
    queue: Outbox, way_out: Egress, mail_server: MailServer, keys: KeyStore, clock: ManualClock, security: Any
) -> None:
    server = SmtpServer("localhost", mail_server.port, security, USER, PASSWORD)
    await enqueue()
    await Outbox(keys, clock, SmtpTransport(way_out, server), sender="a@b.example").send_due()
    assert (await row())["state"] == "queued"
    assert mail_server.messages == []


async def test_a_server_that_is_away(queue: Outbox, way_out: Egress, keys: KeyStore, clock: ManualClock) -> None:
    await enqueue()
    server = SmtpServer("localhost", 1, "none")
    await Outbox(keys, clock, SmtpTransport(way_out, server), sender="a@b.example").send_due()
    assert "does not answer" in (await row())["error"]


async def test_a_crash_between_sending_and_recording_sends_again_under_the_same_id(
    queue: Outbox, smtp: SmtpTransport, mail_server: MailServer, keys: KeyStore, clock: ManualClock
) -> None:
    class Crashing:
        async def send(self, mail: Mail, message: bytes, *, sender: str, org: int | None) -> None:
            await smtp.send(mail, message, sender=sender, org=org)
            raise KeyboardInterrupt

    await enqueue()
    with pytest.raises(KeyboardInterrupt):
        await Outbox(keys, clock, Crashing(), sender="status@obsv.example").send_due()
    assert await queue.send_due() == 0, "leased: nobody else takes it yet"
    clock.advance(121)
    assert await queue.send_due() == 1
    assert len({message["Message-ID"] for message in mail_server.messages}) == 1
    assert len(mail_server.messages) == 2
    assert (await row())["state"] == "sent"


async def test_a_late_finisher_does_not_overwrite_the_new_owner(
    queue: Outbox, keys: KeyStore, clock: ManualClock
) -> None:
    class Slow:
        async def send(self, mail: Mail, message: bytes, *, sender: str, org: int | None) -> None:
            clock.advance(300)
            await queue.send_due()
            raise TransportFailed("too late", is_permanent=True)

    await enqueue()
    await Outbox(keys, clock, Slow(), sender="status@obsv.example").send_due()
    assert (await row())["state"] == "sent"


async def test_several_workers_send_each_mail_once(
    queue: Outbox, smtp: SmtpTransport, mail_server: MailServer, keys: KeyStore, clock: ManualClock
) -> None:
    for i in range(30):
        await enqueue(Mail(to=f"user{i}@example.org", subject=str(i), text="x"))
    others = [Outbox(keys, clock, smtp, sender="status@obsv.example") for _ in range(3)]

    async def drain(worker: Outbox) -> None:
        while await worker.send_due():
            pass

    await asyncio.gather(*(drain(worker) for worker in (queue, *others)))
    assert sorted(int(message["Subject"]) for message in mail_server.messages) == list(range(30))


async def test_once_key_queues_once(queue: Outbox) -> None:
    assert await enqueue(once_key="digest-2026-11-23")
    async with write_tx():
        assert await enqueue(once_key="digest-2026-11-23") is None
        assert await enqueue(once_key="digest-2026-11-24")
    assert await queue.counts() == {"queued": 2}


async def test_an_erased_persons_mail_is_unreadable(queue: Outbox, keys: KeyStore, mail_server: MailServer) -> None:
    await enqueue()
    await keys.destroy_subject("usr_1", dt.date(2026, 11, 23))
    await queue.send_due()
    assert (await row())["state"] == "dead"
    assert mail_server.messages == []


async def test_content_is_forgotten_a_day_after_delivery(
    queue: Outbox, mail_server: MailServer, clock: ManualClock
) -> None:
    await enqueue()
    await queue.send_due()
    clock.advance(86399)
    assert await queue.forget_content() == 0
    clock.advance(1)
    assert await queue.forget_content() == 1
    assert (await row())["content"] is None
    assert (await row())["erase_on"] is not None


async def test_the_database_knows_no_marketing(queue: Outbox) -> None:
    with pytest.raises(ValueError, match="marketing"):
        await enqueue(kind="marketing")
    await enqueue()
    with pytest.raises(Exception, match=r"(?i)check"):
        await execute("UPDATE outbox_messages SET kind = 'marketing'")


@pytest.mark.parametrize(
    "mail",
    [
        Mail(to="a@b.example\r\nBcc: c@d.example", subject="x", text="x"),
        Mail(to="a@b.example", subject="x\nBcc: c@d.example", text="x"),
        Mail(to="a@b.example", subject="x", text="x", headers={"X": "a\rb"}),
        Mail(to="nobody", subject="x", text="x"),
        Mail(to="a@b.example, c@d.example", subject="x", text="x"),
        Mail(to="", subject="x", text="x"),
    ],
)
async def test_bad_addresses_and_header_injection_are_refused(queue: Outbox, mail: Mail) -> None:
    with pytest.raises(ValueError, match=r"line break|address"):
        await enqueue(mail)


async def test_the_console_shows_it(database: str, keys: KeyStore, clock: ManualClock) -> None:
    printed: list[str] = []
    console = Outbox(keys, clock, ConsoleTransport(printed.append), sender="obsv@localhost")
    await console.enqueue(MAIL, kind=Kind.TRANSACTIONAL, topic="test")
    await console.send_due()
    assert "ann@example.org" in printed[0]
    assert "Your code is 123456" in printed[0]
    assert (await row())["state"] == "sent"
