"""What every outgoing call declares."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """Why data leaves this host. The set is closed.  Source: privacy clauses use.noads, use.noml, use.nosale."""

    MAIL = "mail"
    NOTIFICATION = "notification"  # to a channel that a person made
    MONITOR = "monitor"  # an uptime probe
    SCRAPE = "scrape"
    STORE = "store"  # a metric store on another host
    SIGN_IN = "sign_in"  # OAuth and OIDC providers
    BILLING = "billing"
    BACKUP = "backup"


class Origin(StrEnum):
    """Who decided that this host is called."""

    CONFIG = "config"  # the operator, in obsv.toml
    PERSON = "person"  # somebody made a channel, monitor or target with this address


@dataclass(frozen=True, slots=True)
class Call:
    """One declared call: `recipient` says who gets the data, `data` its categories, `org` for whom it is made.

    `is_routine` marks calls that come again every few seconds: the ledger sums up those that go the same way.
    """

    purpose: Purpose
    recipient: str
    data: tuple[str, ...] = ()
    org: int | None = None
    origin: Origin = Origin.PERSON
    is_routine: bool = False
