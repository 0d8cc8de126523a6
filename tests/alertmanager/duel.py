"""The same alerts, silences and routing for obsv and for the real Alertmanager, at the same moments."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from obsv.alertmanager import PostedAlert
from obsv.alertmanager.labels import fingerprint
from obsv.alertmanager.matchers import parse_matchers
from obsv.alertmanager.silence_book import SilenceWish
from obsv.audit import SYSTEM
from tests.alertmanager.peer import Peer
from tests.alertmanager.scene import ORG, Scene


@dataclass(frozen=True)
class Fire:
    """Alerts fire; each is posted with an end in the future. `starts_s`: they began so long ago."""

    alerts: Sequence[Mapping[str, str]]
    starts_s: float = 0
    lives_s: float = 300


@dataclass(frozen=True)
class Resolve:
    """Alerts are over."""

    alerts: Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Silence:
    """A silence under a name."""

    name: str
    matchers: str
    lives_s: float


@dataclass(frozen=True)
class Expire:
    """The silence of this name ends."""

    name: str


@dataclass(frozen=True)
class Reload:
    """Another routing."""

    text: str


Step = Fire | Resolve | Silence | Expire | Reload


@dataclass
class Duel:
    """Both, side by side."""

    scene: Scene
    peer: Peer
    silences: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])

    async def play(self, steps: Sequence[tuple[float, Step]], until_s: float) -> None:
        """Each step at its second; then wait."""
        dispatching = asyncio.create_task(self.scene.dispatcher.run())
        begun = time.monotonic()
        try:
            for at_s, step in steps:
                await asyncio.sleep(max(0.0, begun + at_s - time.monotonic()))
                await self._do(step)
            await asyncio.sleep(max(0.0, begun + until_s - time.monotonic()))
        finally:
            dispatching.cancel()

    async def _do(self, step: Step) -> None:
        now_ms = self.scene.clock.now_ms()
        match step:
            case Fire():
                starts, ends = now_ms - int(step.starts_s * 1000), now_ms + int(step.lives_s * 1000)
                await self._post(step.alerts, starts, ends)
            case Resolve():
                await self._post(step.alerts, now_ms - 500, now_ms - 1)
            case Silence():
                await self._silence(step, now_ms)
            case Expire():
                ours, theirs = self.silences.pop(step.name)
                await asyncio.gather(
                    self.scene.alertmanager.silences.expire(ORG, ours, by=SYSTEM),
                    asyncio.to_thread(self.peer.ask, "DELETE", f"/api/v2/silence/{theirs}"),
                )
            case Reload():
                await asyncio.gather(self.scene.routing(step.text), asyncio.to_thread(self.peer.reload, step.text))

    async def _post(self, alerts: Sequence[Mapping[str, str]], starts_ms: int, ends_ms: int) -> None:
        body = [{"labels": dict(one), "startsAt": iso(starts_ms), "endsAt": iso(ends_ms)} for one in alerts]
        posted = [PostedAlert(one, {}, starts_ms, ends_ms) for one in alerts]
        await asyncio.gather(
            self.scene.alertmanager.post(ORG, posted),
            asyncio.to_thread(self.peer.ask, "POST", "/api/v2/alerts", body),
        )

    async def _silence(self, step: Silence, now_ms: int) -> None:
        matchers, ends = parse_matchers(step.matchers), now_ms + int(step.lives_s * 1000)
        body = {
            "matchers": [
                {"name": m.name, "value": m.value, "isRegex": "~" in m.operator, "isEqual": m.operator[0] == "="}
                for m in matchers
            ],
            "startsAt": iso(now_ms),
            "endsAt": iso(ends),
            "createdBy": "t",
            "comment": "t",
        }
        wish = SilenceWish(matchers, now_ms, ends, "t", "t")
        ours, theirs = await asyncio.gather(
            self.scene.alertmanager.silences.put(ORG, wish, by=SYSTEM),
            asyncio.to_thread(self.peer.ask, "POST", "/api/v2/silences", body),
        )
        self.silences[step.name] = (ours.id, theirs["silenceID"])


def iso(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def compare(scene: Scene, peer: Peer, within_s: float = 1.0) -> int:
    """Assert that each channel was told the same, group by group, in the same order and about when; how many."""
    ours: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for one in scene.channels.told:
        alerts = " ".join(
            f"{'-' if alert.status == 'resolved' else '+'}{_json(alert.labels)}" for alert in one.notification.alerts
        )
        at_s = scene.channels.begun_ms / 1000 + one.at_s
        ours.setdefault((one.channel, one.notification.group_key), []).append((alerts, at_s))
    theirs: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for sent in peer.sink.sent:
        channel, key, alerts = sent.what
        theirs.setdefault((channel, key), []).append((alerts, sent.at_s))
    ended_s = time.time()
    names = {one["fingerprint"]: one["labels"] for sent in peer.sink.sent for one in sent.body["alerts"]}
    assert {name: fingerprint(labels) for name, labels in names.items()} == {name: name for name in names}
    assert ours.keys() == theirs.keys(), ours.keys() ^ theirs.keys()
    for group, told in ours.items():
        mine, other = ([alerts for alerts, _ in one] for one in (told, theirs[group]))
        if abs(len(mine) - len(other)) == 1:
            # One of the two had told a last time when the curtain fell.
            shortest = min(len(mine), len(other))
            ((_, extra_s),) = [*told[shortest:], *theirs[group][shortest:]]
            assert extra_s > ended_s - within_s - 0.5, (group, told, theirs[group])
            mine, other = mine[:shortest], other[:shortest]
        assert mine == other, (group, told, theirs[group])
        for (alerts, our_s), (_, their_s) in zip(told, theirs[group], strict=False):
            assert abs(our_s - their_s) < within_s, (group, alerts, our_s - their_s)
    return len(peer.sink.sent)


def _json(labels: Mapping[str, str]) -> str:
    return json.dumps(dict(labels), sort_keys=True)
