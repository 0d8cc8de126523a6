"""Subscribers, by real SMTP: double opt-in, choices, one-click unsubscribe; what each is mailed, and once."""

from __future__ import annotations

import asyncio
import re
from datetime import date
from typing import Any

import pytest

from obsv.accounts.limits import network_of
from obsv.db import execute, fetch, fetch_value
from obsv.keys import keystore
from obsv.privacy.purge import sweep
from obsv.status import mailings
from tests.status.conftest import PAGE, link_in, text_of

ANN, BOB = "ann@reader.example", "bob@reader.example"
HOUR_MS = 3_600_000


async def stored() -> int:
    return int(await fetch_value("SELECT count(*) FROM status_subscribers"))


async def test_double_opt_in(open_house: Any) -> None:
    async with open_house() as house:
        told = await house.post("/status/acme/subscribe", {"email": ANN})
        assert "Look into your mail" in told
        (mail,) = await house.mailbox.wait(ANN, 1)
        assert mail["Subject"] == "Confirm that you want mail of Acme"
        row = (await fetch("SELECT * FROM status_subscribers"))[0]
        assert "reader.example" not in str(row)
        assert row["confirmed_at_ms"] is None
        # Not confirmed: no mail.
        await house.incident()
        await house.send()
        assert await fetch("SELECT id FROM mailings") == []
        path = link_in(mail, "confirm")
        # A scanner that opens the link changes nothing.
        page = (await house.public.client.get(path)).text
        assert 'method="post"' in page
        assert (await fetch("SELECT confirmed_at_ms FROM status_subscribers"))[0]["confirmed_at_ms"] is None
        token = path.partition("token=")[2]
        assert f'value="{token}"' in page
        assert "You are subscribed" in await house.post("/status/acme/confirm", {"token": token})
        assert (await house.editor.get("/status-pages"))["pages"][0]["subscribers"] == 1
        (listed,) = (await house.editor.get("/subscribers", page_id=house.page_id))["subscribers"]
        assert (listed["email"], listed["is_confirmed"]) == (ANN, True)


async def test_a_form_of_another_site_is_refused(open_house: Any) -> None:
    async with open_house() as house:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
            answer = await house.public.client.post("/status/acme/subscribe", data={"email": ANN}, headers=headers)
            assert answer.status_code == 403


async def test_nobody_learns_who_is_subscribed(open_house: Any) -> None:
    async with open_house() as house:
        first = await house.post("/status/acme/subscribe", {"email": ANN})
        await house.services.subscribers.settle()
        await execute("UPDATE status_subscribers SET confirmed_at_ms = 1, erase_on = NULL")
        again = await house.post("/status/acme/subscribe", {"email": ANN.upper()})
        assert again == first
        mails = await house.mailbox.wait(ANN, 1)
        mails += await house.mailbox.wait(ANN.upper(), 0)
        await house.services.subscribers.settle()
        found = await house.mailbox.wait(ANN, 2)
        assert found[1]["Subject"] == "You get mail of Acme already"
        assert await stored() == 1


async def test_bombing_is_bounded(open_house: Any) -> None:
    async with open_house() as house:
        for _ in range(6):
            await house.post("/status/acme/subscribe", {"email": ANN})
            await house.services.subscribers.settle()
        queued = await fetch_value("SELECT count(*) FROM outbox_messages WHERE topic = 'status_confirm'")
        assert queued == 3
        for number in range(4):
            await house.post("/status/acme/subscribe", {"email": f"x{number}@reader.example"})
        refused = await house.post("/status/acme/subscribe", {"email": "y@reader.example"}, 429)
        assert "Too many attempts" in refused
        await house.services.subscribers.settle()
        assert await stored() == 5
        assert network_of("2001:db8::1") == network_of("2001:db8::2")
        bad = await house.post("/status/acme/subscribe", {"email": "no address"}, 422)
        assert 'aria-invalid="true"' in bad


async def test_who_never_confirms_is_forgotten(open_house: Any) -> None:
    async with open_house() as house:
        await house.post("/status/acme/subscribe", {"email": ANN})
        await house.services.subscribers.settle()
        subscriber = (await fetch("SELECT id, erase_on FROM status_subscribers"))[0]
        assert keystore().has_subject(subscriber["id"])
        await sweep(subscriber["erase_on"])
        assert await stored() == 0
        assert not keystore().has_subject(subscriber["id"])
        assert await fetch("SELECT id FROM outbox_messages WHERE subject_ref = {}", subscriber["id"]) == []


async def test_who_confirmed_stays(open_house: Any) -> None:
    async with open_house() as house:
        await house.subscribe(ANN)
        assert [row["erase_on"] for row in await fetch("SELECT erase_on FROM status_subscribers")] == [None]
        await sweep(date(2100, 1, 1))
        assert await stored() == 1


async def test_incident_mails_each_once(open_house: Any) -> None:
    async with open_house() as house:
        api, web = await house.component("API"), await house.component("Web")
        await house.subscribe(ANN)
        await house.subscribe(BOB, web)
        made = await house.incident("API is slow", components={api: "degraded"}, text="We *look*.")
        await house.send()
        await house.send()
        mail = (await house.mailbox.wait(ANN, 2))[1]
        assert mail["Subject"] == "Acme: API is slow (investigating)"
        assert made["url"] in text_of(mail).replace("=\n", "")
        html = mail.get_body(("html",))
        assert html is not None
        assert "<em>look</em>" in html.get_content()
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        for status in ("identified", "resolved"):
            body = {"status": status, "text": "On."}
            made = await house.editor.do("POST", f"/incidents/{made['id']}/updates", body)
        subjects = [one["Subject"] for one in (await house.send_until(ANN, 4))[1:]]
        assert [subject.rpartition("(")[2] for subject in subjects] == ["investigating)", "identified)", "resolved)"]
        # Bob wants to hear of Web alone.
        assert len(house.mailbox.to(BOB)) == 1
        mailing = (await house.editor.get(f"/incidents/{made['id']}"))["updates"][0]["mailing"]
        assert (mailing["state"], mailing["total"], mailing["queued"]) == ("done", 1, 1)
        # Without `notify` nobody hears of it.
        await house.incident("Quiet", notify=False)
        await house.send()
        assert await fetch("SELECT id FROM mailings WHERE state <> 'done'") == []


async def test_one_click_unsubscribe(open_house: Any) -> None:
    async with open_house() as house:
        await house.subscribe(ANN)
        await house.incident()
        await house.send()
        mail = (await house.mailbox.wait(ANN, 2))[1]
        # As it went over the wire: one line that no mail program has to decode.
        raw = next(one for one in house.mailbox.raw if b"List-Unsubscribe:" in one)
        header = re.search(rb"^List-Unsubscribe: ?(?:\r\n )?<(http[^>\r\n]+)>\r\n", raw, re.MULTILINE)
        assert header, raw[:1500]
        url = header[1].decode()
        assert f"<{url}>" == mail["List-Unsubscribe"].strip()
        subscriber = (await fetch("SELECT id FROM status_subscribers"))[0]["id"]
        # What a mail program sends: from nowhere, with no cookie, and here without a body.
        path = url.removeprefix("http://localhost:8450")
        assert "<form" in (await house.public.client.get(path)).text
        assert await stored() == 1
        answer = await house.public.client.post(path)
        assert answer.status_code == 200
        assert await stored() == 0
        assert not keystore().has_subject(subscriber)
        assert await fetch("SELECT id FROM outbox_messages WHERE subject_ref = {}", subscriber) == []
        # Mail programs may try again.
        form = {"List-Unsubscribe": "One-Click"}
        assert (await house.public.client.post(path, data=form)).status_code == 200
        assert (await house.public.client.post(path[:-1] + ("A" if path[-1] != "A" else "B"))).status_code == 410
        await house.incident("Another")
        await house.send()
        assert len(house.mailbox.to(ANN)) == 2


async def test_choosing_components(open_house: Any) -> None:
    async with open_house() as house:
        api, web = await house.component("API"), await house.component("Web")
        token = await house.subscribe(ANN)
        page = (await house.public.client.get(f"/status/acme/manage?token={token}")).text
        assert ANN in page
        shown = await house.post("/status/acme/manage", {"token": token, "component": [web]})
        assert "Saved." in shown
        assert re.search(rf'value="{web}" checked', shown)
        assert not re.search(rf'value="{api}" checked', shown)
        await house.incident("API", components={api: "degraded"})
        await house.incident("Web", components={web: "degraded"})
        await house.send()
        mails = await house.mailbox.wait(ANN, 2)
        assert [one["Subject"] for one in mails[1:]] == ["Acme: Web (investigating)"]
        assert "You are unsubscribed" in await house.post("/status/acme/unsubscribe", {"token": token})
        assert await stored() == 0


async def test_links_are_good_for_one_purpose_and_page(open_house: Any) -> None:
    async with open_house() as house:
        token = await house.subscribe(ANN)
        other = {"slug": "other", "title": "Other", "is_public": True}
        await house.editor.do("POST", "/status-pages", other)
        get = house.public.client.get
        assert (await get(f"/status/acme/confirm?token={token}")).status_code == 410
        assert (await get(f"/status/other/manage?token={token}")).status_code == 410
        for broken in ("", "x", "sub_x.y", token[:-2], "ä.b"):
            assert (await get("/status/acme/manage", params={"token": broken})).status_code == 410


async def test_who_would_get_a_mail_is_counted(open_house: Any) -> None:
    async with open_house() as house:
        api, web = await house.component("API"), await house.component("Web")
        await house.subscribe(ANN)
        await house.subscribe("bob@example.org", api)

        async def count(*components: str) -> int:
            found = await house.editor.get("/subscribers/count", page_id=house.page_id, component=components)
            return int(found["count"])

        assert [await count(), await count(api), await count(web)] == [2, 2, 1]
        draft = {"slug": "acme", "title": "Acme"}
        await house.editor.do("PUT", f"/status-pages/{house.page_id}", draft)
        assert await count() == 0
        eve = await house.stage.person("eve")
        assert (await eve.ask("GET", "/subscribers/count", page_id=house.page_id)).status_code == 404


async def test_an_editor_removes_a_subscriber(open_house: Any) -> None:
    async with open_house() as house:
        await house.subscribe(ANN)
        (one,) = (await house.editor.get("/subscribers", page_id=house.page_id))["subscribers"]
        viewer, eve = await house.stage.person("dot"), await house.stage.person("eve")
        assert (await viewer.ask("GET", "/subscribers", page_id=house.page_id)).status_code == 403
        assert (await eve.ask("GET", "/subscribers", page_id=house.page_id)).status_code == 404
        assert (await eve.ask("DELETE", f"/subscribers/{one['id']}")).status_code == 404
        await house.editor.do("DELETE", f"/subscribers/{one['id']}")
        assert await stored() == 0


async def test_maintenance_mails(open_house: Any) -> None:
    async with open_house() as house:
        await house.subscribe(ANN)
        now = house.stage.clock.now_ms()
        body = {
            "page_id": house.page_id,
            "title": "Disks",
            "text": "New ones.",
            "starts_at_ms": now + 3 * HOUR_MS,
            "ends_at_ms": now + 4 * HOUR_MS,
            "reminder_min": 60,
        }
        made = await house.editor.do("POST", "/maintenances", body)
        for hours in (2, 3, 4, 5):
            house.stage.clock.ahead_ms = hours * HOUR_MS + 1000
            await house.services.maintenances.turn()
            await house.services.maintenances.turn()
        mails = await house.send_until(ANN, 5)
        words = ["is planned", "is near", "began", "is over"]
        # All four wait at once, and still nobody reads that it is over before it began.
        assert [one["Subject"] for one in mails[1:]] == [f"Acme: maintenance {word}: Disks" for word in words]
        phases = [one["topic"] for one in (await house.editor.get(f"/maintenances/{made['id']}"))["mailings"]]
        assert phases == [f"status_maintenance_{phase}" for phase in ("scheduled", "reminder", "begun", "ended")]


async def test_a_mail_server_that_is_down(open_house: Any) -> None:
    async with open_house() as house:
        await house.subscribe(ANN)
        house.mailbox.is_down = True
        made = await house.incident()
        await house.send()
        for _ in range(200):
            row = await fetch("SELECT state, attempts FROM outbox_messages WHERE topic = 'status_incident'")
            if row[0]["attempts"] and row[0]["state"] == "queued":
                break
            await house.public.client.get("/status/acme")
        house.mailbox.is_down = False
        house.stage.clock.ahead_ms = HOUR_MS
        await execute("UPDATE outbox_messages SET due_at_ms = 0 WHERE state = 'queued'")
        await house.mailbox.wait(ANN, 2)
        await house.send()
        assert len(house.mailbox.to(ANN)) == 2
        for _ in range(200):
            mailing = (await house.editor.get(f"/incidents/{made['id']}"))["updates"][0]["mailing"]
            if mailing["sent"]:
                break
        assert (mailing["sent"], mailing["failed"]) == (1, 0)


async def test_news_of_one_thing_come_in_their_order(open_house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailings, "BATCH", 1)
    async with open_house() as house:
        await house.subscribe(ANN)
        await house.subscribe(BOB)
        house.mailbox.refused = {ANN}
        made = await house.incident("API")
        await house.editor.do("POST", f"/incidents/{made['id']}/updates", {"status": "resolved", "text": "On."})
        await house.send_until(BOB, 3)
        # What Ann's server did not take in time is out of date, and will not come after what is newer.
        for _ in range(200):
            await house.send()
            told = await fetch(
                "SELECT state, error FROM outbox_messages WHERE batch IS NOT NULL ORDER BY created_at_ms"
            )
            if [row["state"] for row in told] == ["dead", "sent", "queued", "sent"]:
                break
            await asyncio.sleep(0.02)
        assert (told[0]["state"], told[0]["error"]) == ("dead", "superseded")
        house.mailbox.refused = set()
        await execute("UPDATE outbox_messages SET due_at_ms = 0 WHERE state = 'queued'")
        for reader in (ANN, BOB):
            subjects = [one["Subject"] for one in (await house.mailbox.wait(reader, 2 if reader == ANN else 3))[1:]]
            assert subjects[-1] == "Acme: API (resolved)"
        assert len(house.mailbox.to(ANN)) == 2


async def test_a_page_that_is_a_draft_again_mails_nobody(open_house: Any) -> None:
    async with open_house() as house:
        await house.subscribe(ANN)
        await house.incident("API")
        await house.editor.do("PUT", f"/status-pages/{house.page_id}", {**PAGE, "is_public": False})
        await house.send()
        assert await fetch("SELECT id FROM outbox_messages WHERE topic = 'status_incident'") == []
        assert await fetch("SELECT id FROM mailings WHERE state <> 'done'") == []
