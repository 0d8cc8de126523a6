"""Inhibition, silences and quiet hours, on a clock that is moved."""

from __future__ import annotations

import datetime as dt

from tests.alertmanager.scene import Scene

BASIC = """
route: {receiver: team, group_by: [alertname], group_wait: 10s, group_interval: 60s, repeat_interval: 1h}
receivers: [{name: team, channels: [mail]}]
"""
INHIBIT = (
    BASIC
    + """
inhibit_rules:
  - {source_matchers: [severity="page"], target_matchers: ['severity=~"page|warn"'], equal: [site]}
"""
)


async def test_a_source_mutes_its_targets(scene: Scene) -> None:
    await scene.routing(INHIBIT)
    page = {"alertname": "Site", "severity": "page", "a": "page", "site": "b"}
    await scene.fire(
        page, {**page, "severity": "warn", "a": "warn"}, {**page, "severity": "warn", "a": "w2", "site": "c"}
    )
    await scene.pass_s(20)
    # Another site is not muted, nor is one page by another that is source and target as well.
    assert scene.lines == ["10 mail +page +w2"]
    await scene.resolve(page)
    await scene.pass_s(60)
    assert scene.lines == ["70 mail -page +w2 +warn"]


async def test_labels_that_are_missing_are_equal(scene: Scene) -> None:
    await scene.routing(INHIBIT)
    await scene.fire({"alertname": "A", "severity": "page", "a": "1"}, {"alertname": "B", "severity": "warn", "a": "2"})
    await scene.pass_s(20)
    assert scene.lines == ["10 mail +1"]


async def test_a_silence_mutes_until_it_ends(scene: Scene) -> None:
    await scene.routing(BASIC)
    await scene.silence("a=1", 100)
    await scene.fire("1", "2")
    await scene.pass_s(20)
    assert scene.lines == ["10 mail +2"]
    await scene.pass_s(120)
    assert scene.lines == ["130 mail +1 +2"]


async def test_the_end_of_a_silenced_alert(scene: Scene) -> None:
    """As Alertmanager: kept back; where the document says so, told to those who heard that it fires."""
    for is_told in (False, True):
        lines = scene.lines
        await scene.routing(BASIC + f"\nglobal: {{resolved_despite_silence: {str(is_told).lower()}}}\n")
        await scene.fire(f"1{is_told}", f"2{is_told}")
        await scene.pass_s(20)
        assert [line.split(" ", 1)[1] for line in scene.lines] == [f"mail +1{is_told} +2{is_told}"]
        silence = await scene.silence(f"a=~'[13]{is_told}'".replace("'", '"'), 1000)
        await scene.fire(f"3{is_told}")
        await scene.resolve(f"1{is_told}")
        await scene.pass_s(60)
        lines = [line.split(" ", 1)[1] for line in scene.lines]
        assert lines == ([f"mail -1{is_told} +2{is_told}"] if is_told else [])
        await scene.resolve(f"2{is_told}", f"3{is_told}")
        await scene.pass_s(60)
        assert [line.split(" ", 1)[1] for line in scene.lines] == [f"mail -2{is_told}"]
        assert silence.comment == "work"


async def test_quiet_hours_in_a_time_zone(scene: Scene) -> None:
    await scene.routing("""
route:
  receiver: team
  routes: [{matchers: ['a!=""'], mute_time_intervals: [night], group_wait: 0s, group_interval: 30m}]
receivers: [{name: team, channels: [mail]}]
time_intervals:
  - name: night
    time_intervals:
      - {times: [{start_time: "22:00", end_time: "24:00"}, {start_time: "00:00", end_time: "06:00"}], location: Europe/Berlin}
""")
    summer = dt.datetime(2027, 7, 1, 19, 59, tzinfo=dt.UTC)
    scene.clock.advance(summer.timestamp() - scene.clock.now_ms() / 1000)
    scene.channels.begun_ms = scene.clock.now_ms()
    await scene.fire("early")
    await scene.pass_s(1)
    assert scene.lines == ["1 mail +early"]
    await scene.pass_s(60, 60)
    await scene.fire({"alertname": "x", "a": "late"})
    for _ in range(8 * 30 + 1):
        await scene.fire({"alertname": "x", "a": "late"})
        await scene.pass_s(120, 120)
    # 22:01 there is 20:01 UTC; the first half hour after 06:00 there is 04:01 UTC.
    (told,) = [line for line in scene.lines if "late" in line]
    assert told == "28861 mail +late"


async def test_a_silence_that_recurs(scene: Scene) -> None:
    from dataclasses import replace

    from obsv.alertmanager.intervals import TimeIntervalText, TimeRangeText
    from obsv.alertmanager.matchers import parse_matchers
    from obsv.alertmanager.silence_book import SilenceWish
    from obsv.audit import SYSTEM

    now = scene.clock.now()
    minute = now.strftime("%H:%M")
    hour = (now + dt.timedelta(minutes=2)).strftime("%H:%M")
    wish = SilenceWish(parse_matchers("a=1"), 0, scene.clock.now_ms() + 10 * 86_400_000, "ann", "backup")
    wish = replace(wish, times=(TimeIntervalText(times=(TimeRangeText(minute, hour),)),))
    await scene.alertmanager.silences.put(1, wish, by=SYSTEM)
    await scene.routing(BASIC)
    await scene.fire("1")
    await scene.pass_s(70)
    assert scene.lines == []
    await scene.pass_s(70)
    assert scene.lines == ["130 mail +1"]
