"""How a table declares what it holds: the one source of export, erasure, retention and the public policy.

Every Piccolo table names a `Holds` in its class attribute `holds`; `obsv.privacy.inventory` collects them at start and
refuses a table or a column that says nothing.  Nothing else may list tables by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class DataClass(StrEnum):
    """What kind of data a column holds, in the words of the privacy policy."""

    IDENTITY = "identity"  # email, name
    CREDENTIAL = "credential"  # hashes, public keys, encrypted secrets
    SESSION = "session"
    ORGANISATION = "organisation"
    METRICS = "metrics"
    CONFIGURATION = "configuration"  # dashboards, rules, channels: what people create
    ACCESS_LOG = "access_log"
    AUDIT = "audit"
    MAIL = "mail"
    BILLING = "billing"
    ANALYTICS = "analytics"
    EVIDENCE = "evidence"
    OPERATIONAL = "operational"  # about the instance itself; nobody's data


class Purpose(StrEnum):
    """Why it is held (GDPR Art. 5(1)(b)); the set is closed and has no advertising, no training, no sale."""

    SERVICE = "service"
    BILLING = "billing"
    SUPPORT = "support"
    SECURITY = "security"


class Basis(StrEnum):
    """Legal basis (GDPR Art. 6(1))."""

    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    LEGITIMATE_INTEREST = "legitimate_interest"
    CONSENT = "consent"
    NONE = "none"  # not personal data


class Subject(StrEnum):
    """Whose data a row is."""

    USER = "user"
    ORGANISATION = "organisation"
    VISITOR = "visitor"
    INSTANCE = "instance"


class Erase(StrEnum):
    """What erasing the subject does to a row, or to a column where the row stays."""

    DELETE = "delete"
    SENTINEL = "sentinel"  # the reference becomes the word "erased"
    KEY = "key"  # unreadable once the subject's key is destroyed
    KEEP = "keep"  # holds nothing personal, or law demands it


@dataclass(frozen=True, slots=True)
class Column:
    """What one column holds.

    `keys` is the allow-list of a JSON column's keys; `secret` columns are never exported.
    """

    data: DataClass
    purpose: Purpose = Purpose.SERVICE
    basis: Basis = Basis.CONTRACT
    erase: Erase = Erase.DELETE
    export: bool = True
    secret: bool = False
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Holds:
    """What one table holds.

    `clause` is the id of the policy clause that names it, `retention` the retention class (a key of
    `[retention]` or "subject" = as long as its subject lives), `export` the file of a subject's export that
    gets its rows ("" = not exported), `subject_column` the column that says whose row it is.
    """

    clause: str
    subject: Subject
    retention: str
    erase: Erase
    export: str = ""
    subject_column: str = ""
    columns: Mapping[str, Column] = field(default_factory=dict[str, Column])


def operational(*names: str) -> dict[str, Column]:
    """Declare columns that hold nobody's data (ids, states, counters)."""
    column = Column(DataClass.OPERATIONAL, basis=Basis.NONE, erase=Erase.KEEP, export=False)
    return dict.fromkeys(names, column)
