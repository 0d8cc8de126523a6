"""What the services that span several tables work with."""

from __future__ import annotations

from dataclasses import dataclass

from obsv.accounts.links import Links
from obsv.accounts.organisations import Organisations
from obsv.accounts.passwords import Passwords
from obsv.accounts.people import People
from obsv.accounts.sessions import Sessions
from obsv.accounts.tokens import Tokens
from obsv.audit import AuditLog
from obsv.core.clock import Clock


@dataclass(frozen=True, slots=True)
class Parts:
    """The writers of single tables, the clock, and the audit log."""

    clock: Clock
    audit: AuditLog
    people: People
    organisations: Organisations
    passwords: Passwords
    sessions: Sessions
    tokens: Tokens
    links: Links
