"""The queue: nothing is lost, little is told twice, and what cannot be told is seen."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from obsv.audit import SYSTEM
from obsv.core.errors import Conflict, NotFound
from obsv.db import execute, fetch, fetch_value, write_tx
from obsv.notify import RESOLVED, make_notify
from obsv.notify.channels import DEFAULT_NAME
from obsv.notify.deliveries import LEASE_MS, Wanted
from obsv.notify.types import ChannelWish
from obsv.testing import Answer
from obsv.testing.notifier_contract import some_alerts
from tests.notify.conftest import KINDS, ORG, Stand

FAILS = Answer(503)


async def test_sent_once_and_logged(stand: Stand) -> None:
    await stand.channel()
    delivery = await stand.enqueue("a")
    assert await stand.enqueue("a") is None
    assert (await stand.row(delivery))["state"] == "queued"
    assert "web-0" not in (await stand.row(delivery))["content"]
    assert (await stand.send(), await stand.send()) == (1, 0)
    assert stand.keys == [delivery]
    detail = await stand.notify.deliveries.detail(ORG, str(delivery))
    assert (detail.delivery.state, detail.delivery.attempts) == ("sent", 1)
    assert [(one.outcome, one.detail) for one in detail.attempts] == [("sent", "answered 200: {}")]


async def test_what_was_told_of_an_alert(stand: Stand) -> None:
    await stand.channel()
    first = await stand.enqueue("a", told=some_alerts(2))
    stand.clock.advance(60)
    second = await stand.enqueue("b", told=some_alerts(1))
    now = stand.clock.now_ms()

    async def of(fingerprint: str, org: int = ORG, **times: Any) -> list[str]:
        found = await stand.notify.deliveries.listed(org, Wanted(fingerprint=fingerprint, **times))
        return [one.id for one in found.deliveries]

    assert await of(f"f{0:015x}") == [second, first]
    assert await of(f"f{1:015x}") == [first]
    assert await of(f"f{0:015x}", since_ms=now) == [second]
    assert await of(f"f{0:015x}", until_ms=now - 1) == [first]
    assert await of(f"f{2:015x}") == []
    assert await of(f"f{0:015x}", org=ORG + 1) == []


async def test_the_callers_transaction_decides(stand: Stand) -> None:
    await stand.channel()

    async def undone() -> None:
        async with write_tx():
            await stand.notify.deliveries.enqueue(ORG, "ops", some_alerts(1), once_key="a")
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        await undone()
    assert await stand.send() == 0
    assert await stand.enqueue("a")


async def test_content_is_dropped_a_day_after(stand: Stand) -> None:
    await stand.channel()
    delivery = await stand.enqueue("a")
    await stand.send()
    stand.clock.advance(86_399)
    assert await stand.notify.deliveries.forget_content() == 0
    stand.clock.advance(2)
    assert await stand.notify.deliveries.forget_content() == 1
    assert (await stand.row(delivery))["content"] is None


async def test_tried_again_with_growing_pauses_under_the_same_key(stand: Stand) -> None:
    await stand.channel()
    delivery = await stand.enqueue("a")
    stand.sink.answers = [FAILS, FAILS]
    pauses: list[float] = []
    for _ in range(2):
        assert await stand.send() == 1
        row = await stand.row(delivery)
        pauses.append((row["due_at_ms"] - stand.clock.now_ms()) / 1000)
        assert (row["state"], row["detail"]) == ("queued", "answered 503: {}")
        assert await stand.send(seconds=pauses[-1] - 0.1) == 0
        stand.clock.advance(0.2)
    assert 8 <= pauses[0] <= 12
    assert 16 <= pauses[1] <= 24
    assert await stand.send() == 1
    assert stand.keys == [delivery] * 3
    assert (await stand.row(delivery))["state"] == "sent"


async def test_retry_after_stops_the_whole_channel(stand: Stand) -> None:
    await stand.channel()
    await stand.channel("other")
    await stand.enqueue("a")
    stand.sink.answers = [Answer(429, {"retry-after": "120"})]
    await stand.send()
    await stand.enqueue("b", told=msgspec.structs.replace(some_alerts(1), group_key="another"))
    await stand.enqueue("c", "other")
    await stand.send()
    assert [received.path for received in stand.sink.received] == ["/ops", "/other"]
    await stand.send(seconds=119)
    assert len(stand.sink.received) == 2
    await stand.send(seconds=2)
    await stand.send()
    assert len(stand.sink.received) == 4


async def test_a_refusal_is_a_dead_letter_that_can_be_tried_again(stand: Stand) -> None:
    await stand.channel()
    delivery = str(await stand.enqueue("a"))
    stand.sink.answers = [Answer(404, body=b"gone")]
    await stand.send()
    (dead,) = (await stand.notify.deliveries.listed(ORG, Wanted(state="dead"))).deliveries
    assert (dead.id, dead.detail, dead.can_retry) == (delivery, "answered 404: gone", True)
    assert (await stand.notify.channels.views(ORG))[1].dead == 1
    await stand.notify.deliveries.retry(ORG, delivery, by=SYSTEM)
    await stand.send()
    assert (await stand.row(delivery))["state"] == "sent"
    with pytest.raises(Conflict):
        await stand.notify.deliveries.retry(ORG, delivery, by=SYSTEM)
    with pytest.raises(NotFound):
        await stand.notify.deliveries.retry(ORG + 1, delivery, by=SYSTEM)


async def test_a_dead_letter_is_kept_for_three_days(stand: Stand) -> None:
    await stand.channel()
    delivery = str(await stand.enqueue("a"))
    stand.sink.answer = Answer(410)
    await stand.send()
    stand.clock.advance(3 * 86_400 + 1)
    await stand.notify.deliveries.forget_content()
    with pytest.raises(Conflict, match="3 days"):
        await stand.notify.deliveries.retry(ORG, delivery, by=SYSTEM)


async def test_given_up_after_a_day_and_ten_attempts(stand: Stand) -> None:
    await stand.channel()
    delivery = await stand.enqueue("a")
    stand.sink.answer = FAILS
    stand.clock.advance(2 * 86_400)  # the clock jumps: nothing was tried yet, so nothing is given up
    for _ in range(9):
        assert await stand.send(seconds=2200) == 1
        assert (await stand.row(delivery))["state"] == "queued"
    await stand.send(seconds=2200)
    row = await stand.row(delivery)
    assert (row["state"], row["detail"]) == ("dead", "given up after 10 attempts: answered 503: {}")


async def test_a_clock_that_is_put_back_delays_nothing(stand: Stand) -> None:
    await stand.channel()
    delivery = await stand.enqueue("a")
    stand.clock.advance(-3600)
    assert await stand.send() == 1
    other = await stand.enqueue("b")
    stand.sink.answers = [FAILS]
    await stand.send()
    stand.clock.advance(-7 * 86_400)
    assert await stand.send() == 1
    assert stand.keys == [delivery, other, other]
    assert (await stand.row(other))["state"] == "sent"


async def test_a_clock_that_is_put_forward_sends_nothing_twice(stand: Stand) -> None:
    await stand.channel()
    await stand.enqueue("a")
    (row,) = await stand.notify.deliveries.lease("me", at_most=5, per_channel=5)
    stand.clock.advance(86_400)
    assert await stand.notify.deliveries.lease("me", at_most=5, per_channel=5) == []
    assert row["attempts"] == 1


async def test_what_a_dead_process_had_is_sent_when_its_lease_ends(stand: Stand) -> None:
    await stand.channel()
    delivery = await stand.enqueue("a")
    await stand.notify.deliveries.lease("somebody who dies", at_most=5, per_channel=5)
    assert await stand.send(seconds=LEASE_MS / 1000 - 1) == 0
    assert await stand.send(seconds=2) == 1
    assert stand.keys == [delivery]


async def test_the_lease_of_a_dead_process_ends_when_the_clock_is_put_back(stand: Stand) -> None:
    await stand.channel()
    await stand.enqueue("a")
    await stand.notify.deliveries.lease("somebody who dies", at_most=5, per_channel=5)
    assert await stand.send(seconds=-86_400) == 1


async def test_nobody_reads_resolved_before_firing(stand: Stand) -> None:
    await stand.channel()
    await stand.enqueue("a")
    stand.sink.answers = [FAILS]
    await stand.send()
    await asyncio.sleep(0.002)  # ids sort by the millisecond
    await stand.enqueue("b", told=some_alerts(1, status=RESOLVED))
    assert await stand.send(seconds=1) == 0
    await stand.send(seconds=12)
    await stand.send()
    told = [received.content["status"] for received in stand.sink.received]
    assert told == ["firing", "firing", "resolved"]


async def test_after_an_outage_the_same_news_is_told_once(stand: Stand) -> None:
    await stand.channel()
    stand.sink.answer = FAILS
    for number in range(5):
        await stand.enqueue(str(number))
        await asyncio.sleep(0.002)
        await stand.send(seconds=4000)
    stand.sink.answer = Answer()
    stand.sink.received.clear()
    while await stand.send(seconds=2200):
        pass
    assert len(stand.sink.received) == 1
    states = await fetch("SELECT state, count(*) AS n FROM deliveries GROUP BY state ORDER BY state")
    assert [(row["state"], row["n"]) for row in states] == [("sent", 1), ("skipped", 4)]


async def test_no_faster_than_the_service_takes(stand: Stand) -> None:
    await stand.channel("slow", "slow")
    for number in range(3):
        await stand.enqueue(str(number), "slow", msgspec.structs.replace(some_alerts(1), group_key=str(number)))
    sent: list[int] = []
    for _ in range(31):
        await stand.send(seconds=1)
        sent.append(len(stand.sink.received))
    assert sent[:15] == [1] * 15
    assert sent[-1] == 3
    assert (await stand.notify.deliveries.listed(ORG)).deliveries[0].attempts == 1


async def test_a_redirect_to_loopback_is_refused(stand: Stand) -> None:
    await stand.channel()
    delivery = await stand.enqueue("a")
    stand.sink.answers = [Answer(307, {"location": stand.sink.url + "/inside"})]
    await stand.send()
    assert len(stand.sink.received) == 1
    assert (await stand.row(delivery))["state"] == "dead"


async def test_a_channel_that_hangs_holds_no_other_up(stand: Stand) -> None:
    await stand.channel("hangs")
    await stand.channel()
    for number in range(20):
        hanging = msgspec.structs.replace(some_alerts(1), group_key=str(number))
        await stand.enqueue(f"h{number}", "hangs", hanging)
    stand.sink.answers = [Answer(hangs=True)] * 2
    running = asyncio.create_task(stand.notify.sender.run(poll_s=0.05, grace_s=0.1))
    while len(stand.sink.received) < 2:
        await asyncio.sleep(0.02)
    delivery = await stand.enqueue("a")
    async with asyncio.timeout(3):
        while (await stand.row(delivery))["state"] != "sent":
            await asyncio.sleep(0.02)
    stand.notify.sender.stop()
    await running


async def test_two_replicas_send_each_once(stand: Stand) -> None:
    await stand.channel()
    made = [
        await stand.enqueue(str(number), told=msgspec.structs.replace(some_alerts(1), group_key=str(number % 7)))
        for number in range(40)
    ]
    senders = [stand.another() for _ in range(3)]
    running = [asyncio.create_task(sender.run(poll_s=0.02)) for sender in senders]
    async with asyncio.timeout(30):
        while await fetch_value("SELECT count(*) FROM deliveries WHERE state <> 'sent'"):
            await asyncio.sleep(0.05)
            stand.clock.advance(1)
    for sender in senders:
        sender.stop()
    await asyncio.gather(*running)
    assert sorted(stand.keys) == sorted(map(str, made))


async def test_a_channel_that_is_switched_off_says_so(stand: Stand) -> None:
    view = await stand.channel()
    before = await stand.enqueue("a")
    wish = ChannelWish("ops", "webhook", is_enabled=False)
    await stand.notify.channels.update(ORG, view.id, wish, by=SYSTEM)
    after = await stand.enqueue("b")
    # As another process finds it, which changed it or did not.
    beside = make_notify(stand.clock, lambda: KINDS).channels
    assert (await beside.names(ORG), await beside.listening(ORG)) == ([DEFAULT_NAME, "ops"], [DEFAULT_NAME])
    await stand.send()
    assert [(await stand.row(one))["state"] for one in (before, after)] == ["skipped", "skipped"]
    assert not stand.sink.received


async def test_resolved_is_not_told_where_nobody_wants_it(stand: Stand) -> None:
    view = await stand.channel()
    await stand.notify.channels.update(ORG, view.id, ChannelWish("ops", "webhook", sends_resolved=False), by=SYSTEM)
    assert await stand.enqueue("a", told=some_alerts(1, status=RESOLVED)) is None
    mixed = msgspec.structs.replace(
        some_alerts(1), alerts=[*some_alerts(1).alerts, *some_alerts(1, status=RESOLVED).alerts]
    )
    await stand.enqueue("b", told=mixed)
    await stand.send()
    assert [alert["status"] for alert in stand.sink.received[0].content["alerts"]] == ["firing"]


async def test_a_queue_has_an_end(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("obsv.notify.deliveries.MOST_QUEUED", 2)
    await stand.channel()
    made = [await stand.enqueue(str(number)) for number in range(3)]
    assert [(await stand.row(one))["state"] for one in made] == ["queued", "queued", "dead"]


async def test_a_mail_is_queued_once_for_each_recipient(stand: Stand) -> None:
    await stand.notify.channels.create(
        ORG, ChannelWish("mail", "email", {"to": ["a@example.org", "b@example.org"]}), by=SYSTEM
    )
    delivery = await stand.enqueue("a", "mail")
    await stand.send()
    # As if the process had died before it wrote down that it was sent.
    await execute("UPDATE deliveries SET state = 'queued' WHERE id = {}", delivery)
    await stand.send()
    assert await fetch_value("SELECT count(*) FROM outbox_messages") == 2
    detail = await stand.notify.deliveries.detail(ORG, str(delivery))
    assert (detail.mails, detail.delivery.detail) == ({"queued": 2}, "queued as mail to 2 recipients")


async def test_a_channel_that_is_gone(stand: Stand) -> None:
    view = await stand.channel()
    delivery = await stand.enqueue("a")
    await stand.notify.channels.delete(ORG, view.id, by=SYSTEM)
    assert (await stand.row(delivery))["state"] == "dead"
    with pytest.raises(NotFound):
        await stand.enqueue("b")


async def test_what_could_not_be_written_down_is_sent_again_by_the_same_process(stand: Stand) -> None:
    await stand.channel()
    delivery = await stand.enqueue("a")
    await execute("ALTER TABLE delivery_attempts RENAME TO away")
    await stand.send()
    await execute("ALTER TABLE away RENAME TO delivery_attempts")
    assert (await stand.row(delivery))["state"] == "leased"
    assert await stand.send(seconds=LEASE_MS / 1000 - 1) == 0
    assert await stand.send(seconds=2) == 1
    assert stand.keys == [delivery] * 2
    assert (await stand.row(delivery))["state"] == "sent"
