"""Mail to the people of the instance: written, counted, sent in batches, paused; switched off but for security."""

from __future__ import annotations

from typing import Any

import pytest

from obsv.db import execute, fetch, fetch_value
from obsv.status import mailings
from tests.status.conftest import text_of

WISH = {"kind": "incident", "subject": "We were away", "text": "For **an hour**.\n\nSorry."}


async def admin(house: Any) -> Any:
    """Ann runs the instance."""
    await execute("UPDATE users SET is_instance_admin = {} WHERE id = {}", True, house.stage.users["ann"])
    await execute("UPDATE users SET email_verified_at_ms = 1")
    return await house.stage.person("ann")


async def test_only_who_runs_the_instance(open_house: Any) -> None:
    async with open_house() as house:
        for path in ("/announcements", "/announcements/ann_x"):
            assert (await house.editor.ask("GET", path)).status_code == 403
        assert (await house.editor.ask("POST", "/announcements", WISH)).status_code == 403


async def test_preview_counts_who_would_get_it(open_house: Any) -> None:
    async with open_house() as house:
        ann = await admin(house)
        for audience, count in (("all", 4), ("owners", 2), ("administrators", 1)):
            shown = await ann.do("POST", "/announcements/preview", {**WISH, "audience": audience})
            assert shown["recipients"] == count, audience
        assert "<strong>an hour</strong>" in shown["html"]
        assert "For **an hour**." in shown["text"]
        some = {**WISH, "audience": "organisation", "organisation": "acme"}
        assert (await ann.do("POST", "/announcements/preview", some))["recipients"] == 3
        some["organisation"] = "nowhere"
        assert (await ann.refused("POST", "/announcements/preview", some))[1] == "no_organisation"
        await execute("UPDATE users SET email_verified_at_ms = NULL WHERE id = {}", house.stage.users["eve"])
        assert (await ann.do("POST", "/announcements/preview", WISH))["recipients"] == 3


async def test_sent_once_to_each(open_house: Any) -> None:
    async with open_house() as house:
        ann = await admin(house)
        made = await ann.do("POST", "/announcements", WISH)
        made = await ann.do("PUT", f"/announcements/{made['id']}", {**WISH, "subject": "We were gone"})
        assert (made["state"], made["recipients"]) == ("draft", 4)
        made = await ann.do("POST", f"/announcements/{made['id']}/send")
        assert (made["recipients"], made["mailing"]["total"]) == (4, 4)
        assert await ann.refused("POST", f"/announcements/{made['id']}/send") == (409, "sent")
        assert await ann.refused("PUT", f"/announcements/{made['id']}", WISH) == (409, "sent")
        await house.send()
        await house.send()
        for name in ("ann", "edi", "dot", "eve"):
            (mail,) = [
                one for one in await house.mailbox.wait(f"{name}@example.org", 1) if one["Subject"] == "We were gone"
            ]
            assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        made = await ann.get(f"/announcements/{made['id']}")
        assert (made["state"], made["mailing"]["state"], made["mailing"]["queued"]) == ("sent", "done", 4)


async def test_paused_and_gone_on_with(open_house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailings, "BATCH", 1)
    monkeypatch.setattr(mailings, "MOST_WAITING", 2)
    async with open_house() as house:
        ann = await admin(house)
        house.mailbox.is_down = True
        made = await ann.do("POST", "/announcements", {**WISH, "kind": "maintenance"})
        path = f"/announcements/{made['id']}"
        assert await ann.refused("POST", f"{path}/pause") == (409, "not_sending")
        await ann.do("POST", f"{path}/send")
        await house.send()
        # No more than may wait is queued while the server is down.
        assert (await ann.get(path))["mailing"]["queued"] == 2
        made = await ann.do("POST", f"{path}/pause")
        assert (made["state"], made["mailing"]["state"]) == ("paused", "paused")
        await execute("UPDATE outbox_messages SET state = 'sent'")
        await house.send()
        assert (await ann.get(path))["mailing"]["queued"] == 2
        await ann.do("POST", f"{path}/resume")
        for _ in range(4):
            await execute("UPDATE outbox_messages SET state = 'sent'")
            await house.send()
        made = await ann.get(path)
        assert (made["state"], made["mailing"]["queued"]) == ("sent", 4)
        keys = await fetch("SELECT once_key FROM outbox_messages WHERE batch IS NOT NULL")
        assert len({row["once_key"] for row in keys}) == 4


async def test_switching_off_by_the_link(open_house: Any) -> None:
    async with open_house() as house:
        ann, eve = await admin(house), await house.stage.person("eve")
        assert await eve.get("/me/mail") == {"incident": True, "maintenance": True}
        made = await ann.do("POST", "/announcements", {**WISH, "audience": "organisation", "organisation": "other"})
        await ann.do("POST", f"/announcements/{made['id']}/send")
        await house.send()
        mail = (await house.mailbox.wait("eve@example.org", 1))[-1]
        path = mail["List-Unsubscribe"].strip("<> ").removeprefix("http://localhost:8450")
        client = house.public.client
        assert "No more mail about incidents?" in (await client.get(path)).text
        assert (await eve.get("/me/mail"))["incident"] is True
        answer = await client.post(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert (await client.post(path)).status_code == 200
        assert (await client.post("/mail/unsubscribe?token=x.y")).status_code == 410
        assert await eve.get("/me/mail") == {"incident": False, "maintenance": True}
        for kind, count in (("incident", 3), ("maintenance", 4), ("security", 4)):
            assert (await ann.do("POST", "/announcements/preview", {**WISH, "kind": kind}))["recipients"] == count
        assert await eve.do("PUT", "/me/mail", {"incident": True, "maintenance": False}) == {
            "incident": True,
            "maintenance": False,
        }
        events = await fetch_value("SELECT count(*) FROM audit_log WHERE event = 'objection.recorded'")
        assert events == 3


async def test_security_is_for_everybody(open_house: Any) -> None:
    async with open_house() as house:
        ann, eve = await admin(house), await house.stage.person("eve")
        await eve.do("PUT", "/me/mail", {"incident": False, "maintenance": False})
        made = await ann.do("POST", "/announcements", {**WISH, "kind": "security"})
        await ann.do("POST", f"/announcements/{made['id']}/send")
        await house.send()
        mail = (await house.mailbox.wait("eve@example.org", 1))[-1]
        assert mail["List-Unsubscribe"] is None
        assert "cannot be switched off" in text_of(mail)


async def test_what_is_sent_to_nobody(open_house: Any) -> None:
    async with open_house() as house:
        ann = await admin(house)
        await execute("UPDATE users SET email_verified_at_ms = NULL")
        made = await ann.do("POST", "/announcements", WISH)
        assert await ann.refused("POST", f"/announcements/{made['id']}/send") == (422, "nobody")
        assert (await ann.get(f"/announcements/{made['id']}"))["state"] == "draft"
        await ann.do("DELETE", f"/announcements/{made['id']}")
        assert (await ann.get("/announcements"))["announcements"] == []
