"""Everything of notification, put together for an instance."""

from __future__ import annotations

from dataclasses import dataclass

from obsv.core.clock import Clock
from obsv.http import Rate, RateLimit
from obsv.notify.channels import Channels, Parts
from obsv.notify.deliveries import Deliveries
from obsv.notify.kinds import Kinds, Load
from obsv.notify.owners import owners_of
from obsv.notify.sender import Sender
from obsv.scheduler import Job

TRIALS = Rate(10, 60.0)
"""Trial messages of one channel."""


@dataclass(frozen=True, slots=True)
class NotifyServices:
    """Channels, the queue, and who sends from it."""

    channels: Channels
    deliveries: Deliveries
    sender: Sender
    trials: RateLimit

    def jobs(self) -> tuple[Job, ...]:
        """Recurring work; sending itself is a task of every process (`Sender.run`)."""
        return (Job("notify.forget_content", every_s=3600, run=self.deliveries.forget_content),)


def make_notify(clock: Clock, notifiers: Load) -> NotifyServices:
    """`notifiers` finds the classes of all kinds."""
    channels = Channels(Parts(clock, Kinds(notifiers), owners_of))
    deliveries = Deliveries(clock, channels)
    return NotifyServices(channels, deliveries, Sender(clock, channels, deliveries), RateLimit(clock, TRIALS))
