"""Acknowledging, escalation, and the link in a message."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import pytest

from obsv.alertmanager import AlertChange, PostedAlert
from obsv.alertmanager.by_link import act, look
from obsv.audit import Who
from obsv.core.errors import Gone
from obsv.db import fetch, fetch_value
from tests.alertmanager.scene import ORG, Scene

STEPS = """
route:
  {receiver: team, group_by: [alertname], group_wait: 10s, group_interval: 60s, repeat_interval: 5m,
   escalate: [{after: 2m, receiver: second}, {after: 200s, receiver: third}]}
receivers:
  - {name: team, channels: [mail]}
  - {name: second, channels: [chat]}
  - {name: third, channels: [pager]}
"""
ANN = Who("user", "usr_ann")


async def fingerprints(scene: Scene) -> list[str]:
    return [row["fingerprint"] for row in await fetch("SELECT fingerprint FROM alerts ORDER BY labels")]


async def hold(scene: Scene, seconds: int, *alerts: str) -> None:
    for _ in range(seconds // 10):
        await scene.fire(*alerts)
        await scene.pass_s(10, 10)


async def test_nobody_acknowledges(scene: Scene) -> None:
    await scene.routing(STEPS)
    await hold(scene, 260, "1")
    assert scene.lines == ["10 mail +1", "130 chat +1", "210 pager +1"]
    await scene.resolve("1")
    await scene.pass_s(60, 10)
    # Whoever heard that it fires hears that it is over.
    assert scene.lines == ["310 mail -1", "310 chat -1", "310 pager -1"]


async def test_somebody_acknowledges(scene: Scene) -> None:
    await scene.routing(STEPS)
    await hold(scene, 100, "1")
    (one,) = await fingerprints(scene)
    assert await scene.alertmanager.acknowledge(ORG, [one], by=ANN, ref="usr_ann") == 1
    assert await scene.alertmanager.acknowledge(ORG, [one], by=ANN, ref="usr_ann") == 0
    await hold(scene, 700, "1")
    # No reminder and no escalation; what is new is told.
    assert scene.lines == ["10 mail +1"]
    await hold(scene, 120, "1", "2")
    assert [line.split(" ", 1)[1] for line in scene.lines] == ["mail +1 +2"]
    await hold(scene, 60, "1", "2")
    assert [line.split(" ", 1)[1] for line in scene.lines] == ["chat +1 +2"]
    await scene.resolve("1", "2")
    await scene.fire("1")
    await scene.pass_s(1)
    assert await fetch_value("SELECT max(acknowledged_at_ms) FROM alerts") == 0


async def test_an_acknowledgement_is_taken_back(scene: Scene) -> None:
    await scene.routing(STEPS)
    await hold(scene, 60, "1")
    found = await fingerprints(scene)
    await scene.alertmanager.acknowledge(ORG, found, by=ANN, ref="usr_ann")
    await hold(scene, 60, "1")
    assert await scene.alertmanager.unacknowledge(ORG, found, by=ANN) == 1
    await hold(scene, 130, "1")
    assert scene.lines == ["10 mail +1", "240 chat +1"]


def code_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["code"][0]


async def test_the_link_of_a_message(scene: Scene) -> None:
    await scene.routing(STEPS)
    await hold(scene, 20, "1", "2")
    links = scene.channels.told[0].notification.links
    code = code_of(links["acknowledge"])
    assert links["silence"] == "https://obsv.example/app//alerts/silences/new?matcher=alertname%3D%22Down%22"
    assert await fetch_value("SELECT count(*) FROM alert_links WHERE code_hash = {}", code) == 0
    seen = await look(scene.alertmanager, code)
    assert (len(seen.firing), seen.waiting, seen.over) == (2, 2, 0)
    nobody = Who("user", "unknown", ip_trunc="198.51.100.0/24")
    assert await act(scene.alertmanager, code, "acknowledge", by=nobody) == 2
    assert await fetch_value("SELECT acknowledged_by FROM alerts LIMIT 1") == "link: mail"
    assert await act(scene.alertmanager, code, "resolve", by=nobody) == 2
    await scene.pass_s(60, 10)
    assert [line.split(" ", 1)[1] for line in scene.lines] == ["mail +1 +2", "mail -1 -2"]
    events = [row["event"] for row in await fetch("SELECT event FROM audit_log WHERE actor_kind = 'user' ORDER BY id")]
    assert events == ["alert.acknowledged", "alert.resolved"]
    scene.clock.advance(7 * 86_400)
    for wrong in (code, "x"):
        with pytest.raises(Gone):
            await look(scene.alertmanager, wrong)


async def test_two_nodes_tell_each_group_once(scene: Scene) -> None:
    """Both believe that they lead, at once."""
    await scene.routing(STEPS)
    other = scene.again()
    for number in range(30):
        await scene.fire({"alertname": f"N{number}", "a": str(number)})
    scene.clock.advance(11)
    await asyncio.gather(scene.dispatcher.tick(), other.dispatcher.tick())
    assert len(scene.channels.told) == 30
    assert len(set(scene.channels.keys)) == 30


async def test_subscribers_hear_inside_the_transaction(scene: Scene) -> None:
    heard: list[tuple[int, str, str]] = []

    async def listen(org: int, changes: Sequence[AlertChange]) -> None:
        heard.extend((org, change.status, change.alert.labels["a"]) for change in changes)

    scene.alertmanager.subscribe(listen)
    await scene.fire("1", "2")
    await scene.fire("1")
    await scene.resolve("1")
    await scene.resolve("3")
    await scene.pass_s(300, 100)
    assert heard == [(ORG, "firing", "1"), (ORG, "firing", "2"), (ORG, "resolved", "1"), (ORG, "resolved", "2")]

    async def refuse(org: int, changes: Sequence[AlertChange]) -> None:
        raise RuntimeError("no")

    scene.alertmanager.subscribe(refuse)
    with pytest.raises(RuntimeError):
        await scene.fire("4")
    assert await fetch_value("SELECT count(*) FROM alerts WHERE labels LIKE '%4%'") == 0


async def test_what_is_over_is_forgotten(scene: Scene) -> None:
    await scene.routing(STEPS)
    await hold(scene, 20, "1")
    await scene.resolve("1")
    await scene.pass_s(3600, 60)
    for table in ("alerts", "alert_groups", "alert_group_members", "notification_log"):
        assert await fetch_value(f"SELECT count(*) FROM {table}") == 0, table


async def test_an_organisation_has_so_many_alerts(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("obsv.alertmanager.service.MOST_ALERTS", 2)
    posted = [PostedAlert({"alertname": str(i)}, {}, 0, 0) for i in (1, 2, 3, 1)]
    assert await scene.alertmanager.take(ORG, posted) == ["too many alerts: an organisation has 2 at once"]
    assert await scene.alertmanager.take(2, posted[:1]) == []
    assert await fetch_value("SELECT count(*) FROM alerts WHERE org = 1") == 2
