"""Who did what: an append-only log, hash-chained, one chain an organisation and one for the instance.

Call it inside the transaction of the action, so that neither exists without the other::

    async with write_tx():
        ...
        await audit.write("token.created", org=org, actor=Who("user", user_id), target=("token", token_id),
                          details={"name_length": 7})

The log itself holds opaque references only. What is personal (address, browser, email) is a side row with a salt; the
log keeps a commitment to it. Erasing a person deletes the side row: the chain stays valid and the commitment can no
longer be tested against guesses. The database refuses to change or delete entries but for a pruned prefix (`prune`),
and where each chain ended is noted outside of the database every hour (`checkpoints`).
"""

from __future__ import annotations

from obsv.audit.events import DETAIL_KEYS, EVENTS
from obsv.audit.installed import checkpoints, close_audit, open_audit, verify, verify_all, write
from obsv.audit.jobs import jobs
from obsv.audit.log import AuditLog
from obsv.audit.prune import prune
from obsv.audit.queries import Filter, entries
from obsv.audit.types import INSTANCE_CHAIN, SYSTEM, Entry, Verification, Who

__all__ = [
    "DETAIL_KEYS",
    "EVENTS",
    "INSTANCE_CHAIN",
    "SYSTEM",
    "AuditLog",
    "Entry",
    "Filter",
    "Verification",
    "Who",
    "checkpoints",
    "close_audit",
    "entries",
    "jobs",
    "open_audit",
    "prune",
    "verify",
    "verify_all",
    "write",
]
