"""Grouping, waiting and repeating, on a clock that is moved."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from obsv.alertmanager import AlertChange
from tests.alertmanager.scene import ORG, Scene

BASIC = """
route: {receiver: team, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 1h}
receivers: [{name: team, channels: [mail]}]
"""


async def test_what_begins_within_the_wait_is_told_together(scene: Scene) -> None:
    await scene.routing(BASIC)
    await scene.fire("1")
    await scene.pass_s(10)
    await scene.fire("2", {"alertname": "Full", "a": "3"})
    await scene.pass_s(60)
    assert scene.lines == ["30 mail +1 +2", "40 mail +3"]


async def test_what_ends_before_the_wait_is_never_told(scene: Scene) -> None:
    await scene.routing(BASIC)
    await scene.fire("1")
    await scene.pass_s(10)
    await scene.resolve("1")
    await scene.pass_s(700, 10)
    assert scene.lines == []


async def test_changes_wait_for_the_interval_and_repeats_for_theirs(scene: Scene) -> None:
    await scene.routing(BASIC)
    await scene.fire("1")
    await scene.pass_s(60, 10)
    await scene.fire("1", "2")
    await scene.pass_s(200, 10)
    await scene.resolve("1")
    await scene.fire("2")
    await scene.pass_s(100, 10)
    assert scene.lines == ["30 mail +1", "330 mail -1 +2"]
    for _ in range(36):
        await scene.fire("2")
        await scene.pass_s(120, 30)
    # An hour after 330 s is not yet more than an hour: the next interval tells.
    assert scene.lines == ["4230 mail +2"]


async def test_an_old_alert_need_not_wait(scene: Scene) -> None:
    await scene.routing(BASIC)
    await scene.fire("1", starts_s=31)
    await scene.pass_s(1)
    assert scene.lines == ["1 mail +1"]


async def test_what_is_not_posted_again_is_over(scene: Scene) -> None:
    await scene.routing(BASIC)
    await scene.fire("1")
    await scene.pass_s(340, 10)
    assert scene.lines == ["30 mail +1", "330 mail -1"]
    await scene.pass_s(3600, 60)
    assert scene.lines == []


async def test_one_that_begins_again_begins_a_group(scene: Scene) -> None:
    await scene.routing(BASIC)
    await scene.fire("1")
    await scene.pass_s(40, 10)
    await scene.resolve("1")
    await scene.pass_s(300, 10)
    assert scene.lines == ["30 mail +1", "330 mail -1"]
    await scene.resolve("1")
    await scene.pass_s(60, 10)
    await scene.fire("1")
    await scene.pass_s(60, 10)
    assert scene.lines == ["430 mail +1"]


async def test_the_end_is_kept_back_where_nobody_wants_it(scene: Scene) -> None:
    await scene.routing(BASIC.replace("channels: [mail]", "channels: [mail], send_resolved: false"))
    await scene.fire("1", "2")
    await scene.pass_s(40, 10)
    await scene.resolve("1")
    await scene.fire("2")
    await scene.pass_s(300, 10)
    await scene.fire("3")
    await scene.resolve("2")
    await scene.pass_s(300, 10)
    assert scene.lines == ["30 mail +1 +2", "370 mail +3"]


async def test_routes_that_continue(scene: Scene) -> None:
    await scene.routing("""
route:
  receiver: team
  group_by: [alertname]
  group_wait: 0s
  routes:
    - {matchers: ['severity="page"'], receiver: pagers, continue: true, group_by: ["..."]}
    - {matchers: ['a=~"1|2"'], receiver: chat, group_wait: 5s}
receivers:
  - {name: team, channels: [mail]}
  - {name: pagers, channels: [pager, mail]}
  - {name: chat, channels: [chat]}
""")
    page = {"alertname": "Down", "severity": "page"}
    await scene.fire({**page, "a": "1"}, {**page, "a": "3"}, "2", "4")
    await scene.pass_s(10)
    assert sorted(scene.lines) == sorted(
        ["1 pager +1", "1 mail +1", "1 pager +3", "1 mail +3", "1 mail +4", "5 chat +2 +1"]
    )


@pytest.mark.parametrize("begun", ["", "again"])
async def test_state_is_found_again(scene: Scene, begun: str) -> None:
    """The node stops after every step; the next one tells neither less nor twice."""
    await scene.routing(BASIC)
    await scene.fire("1")
    for step in range(70):
        scene = scene.again() if begun else scene
        if step in (20, 30):
            await scene.fire("1", "2")
        if step == 40:
            await scene.resolve("1")
        if step in (40, 60):
            await scene.fire("2")
        await scene.pass_s(10, 10)
    assert scene.lines == ["30 mail +1", "330 mail +1 +2", "630 mail -1 +2"]


async def test_a_channel_that_fails_is_tried_again(scene: Scene) -> None:
    await scene.routing(BASIC)
    await scene.fire("1")
    await scene.fire({"alertname": "Full", "a": "2"})
    scene.channels.fails = 1
    await scene.pass_s(40)
    assert sorted(line.split(" ", 1)[0] for line in scene.lines) == ["30", "35"]


async def test_a_channel_that_was_switched_off_or_deleted_hears_what_fires(scene: Scene) -> None:
    await scene.routing(BASIC.replace("[mail]", "[mail, chat, pager]"))
    scene.channels.off, scene.channels.known = ("mail",), ("mail", "pager")
    await scene.fire("1")
    await scene.pass_s(40, 10)
    assert scene.lines == ["30 pager +1"]
    scene.channels.off, scene.channels.known = (), ("mail", "chat", "pager")
    await scene.pass_s(100, 10)
    await scene.fire("1")
    await scene.pass_s(200, 10)
    assert scene.lines == ["330 mail +1", "330 chat +1"]


async def test_what_ended_unheard_and_begins_again_is_told(scene: Scene) -> None:
    await scene.routing(BASIC)
    await scene.fire("1")
    await scene.pass_s(40, 10)
    scene.channels.off = ("mail",)
    await scene.resolve("1")
    await scene.pass_s(300, 10)
    scene.channels.off = ()
    await scene.fire("1")
    await scene.pass_s(40, 10)
    assert scene.lines == ["30 mail +1", "370 mail +1"]


async def test_an_organisation_that_fails_holds_no_other_up(scene: Scene) -> None:
    async def refuse(org: int, changes: Sequence[AlertChange]) -> None:
        if org == ORG and changes[0].status == "resolved":
            raise RuntimeError("no")

    scene.alertmanager.subscribe(refuse)
    for org in (ORG, 2):
        await scene.routing(BASIC, org)
    await scene.fire("1")
    await scene.pass_s(230, 10)
    await scene.fire("2", org=2)
    await scene.pass_s(60, 10)
    assert scene.lines == ["30 mail +1", "260 mail +2"]
