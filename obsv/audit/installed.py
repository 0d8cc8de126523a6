"""The audit log of this process."""

from __future__ import annotations

from collections.abc import Mapping

from obsv.audit import queries
from obsv.audit.checkpoints import Checkpoints
from obsv.audit.log import AuditLog
from obsv.audit.types import INSTANCE_CHAIN, Detail, Verification, Who
from obsv.core.clock import Clock
from obsv.core.installed import Installed
from obsv.keys import KeyStore

_log: Installed[AuditLog] = Installed("audit log")


def open_audit(keys: KeyStore, clock: Clock) -> AuditLog:
    """Make the writer that `write` uses."""
    return _log.put(AuditLog(keys, clock))


def close_audit() -> None:
    """Forget the writer."""
    _log.clear()


async def write(
    event: str,
    *,
    org: int | None,
    actor: Who,
    target: tuple[str, str] = ("", ""),
    outcome: str = "success",
    details: Mapping[str, Detail] | None = None,
) -> int:
    """Append an event in the current transaction; see `AuditLog.write`."""
    return await _log.get().write(event, org=org, actor=actor, target=target, outcome=outcome, details=details)


async def verify(org: int | None) -> Verification:
    """Whether the chain of an organisation (None: the instance) is whole."""
    return await queries.verify(org, checkpoints().read().get(INSTANCE_CHAIN if org is None else org))


async def verify_all(only: int | None = None) -> dict[int, Verification]:
    """Whether each chain is whole, by number (0: the instance's); see `queries.verify_all`."""
    return await queries.verify_all(checkpoints().read(), only)


def checkpoints() -> Checkpoints:
    """The marks outside of the database."""
    return _log.get().checkpoints
