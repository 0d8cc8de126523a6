"""An alertmanager without an application around it, and what its channels were told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from obsv.alertmanager import Alertmanager, Dispatcher, Ports, PostedAlert
from obsv.alertmanager.document import read_yaml
from obsv.alertmanager.matchers import parse_matchers
from obsv.alertmanager.silence_book import SilenceWish
from obsv.alertmanager.silences import Silence
from obsv.audit import SYSTEM
from obsv.core.clock import Clock, ManualClock
from obsv.notify import Notification

ORG = 1


@dataclass(frozen=True)
class Delivery:
    """What one channel was told, and when."""

    at_s: float
    channel: str
    notification: Notification

    @property
    def line(self) -> str:
        """The channel, the group's status, and its alerts with theirs in order."""
        alerts = " ".join(
            f"{'-' if alert.status == 'resolved' else '+'}{alert.labels.get('a', alert.labels.get('alertname', ''))}"
            for alert in self.notification.alerts
        )
        return f"{self.at_s:g} {self.channel} {alerts}"


@dataclass
class Channels:
    """The other area's doors; a key is taken once for a channel."""

    clock: Clock
    known: Sequence[str] = ("mail", "chat", "pager", "Owners by email")
    told: list[Delivery] = field(default_factory=list[Delivery])
    keys: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    off: Sequence[str] = ()
    fails: int = 0
    begun_ms: int = 0

    async def names(self, org: int) -> Sequence[str]:
        return self.known

    async def listening(self, org: int) -> Sequence[str]:
        return [one for one in self.known if one not in self.off]

    async def enqueue(self, org: int, channel: str, notification: Any, *, once_key: str) -> str | None:
        if self.fails:
            self.fails -= 1
            raise RuntimeError("the disk is full")
        if (channel, once_key) in self.keys:
            return None
        self.keys.append((channel, once_key))
        at_s = (self.clock.now_ms() - self.begun_ms) / 1000
        self.told.append(Delivery(at_s, channel, notification))
        return once_key


class Scene:
    """One node; `again` is another that finds the same database."""

    def __init__(self, clock: ManualClock, channels: Channels | None = None) -> None:
        self.clock = clock
        self.channels = channels or Channels(clock, begun_ms=clock.now_ms())
        ports = Ports(clock, self.channels, self.channels, "https://obsv.example")
        self.alertmanager = Alertmanager(ports)
        self.dispatcher = Dispatcher(self.alertmanager)

    def again(self) -> Scene:
        """After a restart."""
        return Scene(self.clock, self.channels)

    async def routing(self, text: str, org: int = ORG) -> None:
        await self.alertmanager.routings.put(org, read_yaml(text), by=SYSTEM)

    async def fire(self, *alerts: Mapping[str, str] | str, starts_s: float = 0, org: int = ORG) -> None:
        """Post as Prometheus does while an alert fires; a text is the value of the label `a`."""
        now = self.clock.now_ms()
        await self.alertmanager.post(
            org,
            [PostedAlert(_labels(one), {}, now - int(starts_s * 1000), now + 240_000) for one in alerts],
        )

    async def resolve(self, *alerts: Mapping[str, str] | str, org: int = ORG) -> None:
        now = self.clock.now_ms()
        await self.alertmanager.post(org, [PostedAlert(_labels(one), {}, now - 1000, now) for one in alerts])

    async def silence(self, matchers: str, for_s: float, starts_in_s: float = 0) -> Silence:
        now = self.clock.now_ms()
        starts = now + int(starts_in_s * 1000) if starts_in_s else 0
        wish = SilenceWish(parse_matchers(matchers), starts, now + int(for_s * 1000), "ann", "work")
        return await self.alertmanager.silences.put(ORG, wish, by=SYSTEM)

    async def pass_s(self, seconds: float, step_s: float = 1) -> None:
        """Let time go by; the dispatcher looks every step."""
        for _ in range(round(seconds / step_s)):
            self.clock.advance(step_s)
            await self.dispatcher.tick()

    @property
    def lines(self) -> list[str]:
        """What was told since the last look."""
        told, self.channels.told = self.channels.told, []
        return [one.line for one in told]


def _labels(one: Mapping[str, str] | str) -> Mapping[str, str]:
    return {"alertname": "Down", "a": one} if isinstance(one, str) else one
