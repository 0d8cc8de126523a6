"""Values of the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

INSTANCE_CHAIN = 0
"""The chain of what concerns no organisation."""

Detail = str | int | bool | list[str] | dict[str, int] | None


@dataclass(frozen=True, slots=True)
class Who:
    """Who acted: an opaque reference, and what is personal (kept apart from the log).

    `ip_trunc` is cut already (/24, /48); `email` is encrypted with the key of the user `ref`. `person` is whose
    personal token acted.
    """

    kind: Literal["user", "token", "system", "support"]
    ref: str
    ip_trunc: str = ""
    ua_family: str = ""
    email: str = ""
    person: str = ""


SYSTEM = Who("system", "obsv")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it is read back; the personal part is empty once erased."""

    seq: int
    at_ms: int
    actor_kind: str
    actor_ref: str
    event: str
    target_kind: str
    target_ref: str
    outcome: str
    request_id: str
    details: Mapping[str, Detail] = field(default_factory=dict[str, Detail])
    ip_trunc: str = ""
    ua_family: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a chain is whole: `checked` entries from the pruned prefix to the head."""

    is_valid: bool
    checked: int
    head_seq: int
    head_hash: str
    broken_seq: int | None = None
    reason: str = ""
