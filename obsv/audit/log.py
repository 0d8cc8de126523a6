"""Appending to a chain."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import structlog

from obsv.audit import chain
from obsv.audit.checkpoints import Checkpoints
from obsv.audit.events import DETAIL_KEYS, EVENTS
from obsv.audit.tables import AuditEntry, AuditHead, AuditPersonal
from obsv.audit.types import INSTANCE_CHAIN, Detail, Who
from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.db import execute, fetch, hold_lock, in_transaction, insert, write_tx
from obsv.keys import KeyStore

KEEP_YEARS = 1
SALT_BYTES = 32


class AuditLog:
    """The writer; one for the process."""

    def __init__(self, keys: KeyStore, clock: Clock) -> None:
        self._keys, self._clock = keys, clock
        self.checkpoints = Checkpoints(keys, clock)

    async def write(
        self,
        event: str,
        *,
        org: int | None,
        actor: Who,
        target: tuple[str, str] = ("", ""),
        outcome: str = "success",
        details: Mapping[str, Detail] | None = None,
    ) -> int:
        """Append an event to the chain of `org` (None: the instance's) and return its number.

        Joins the transaction it is called in. Raises ValueError for an event or detail key that is not declared. The
        request id comes from the log context, the detail `person` from a personal token that acts.
        """
        if event not in EVENTS:
            raise ValueError(f"{event} is not an audit event: declare it in obsv.audit.events")
        undeclared = sorted((details or {}).keys() - DETAIL_KEYS)
        if undeclared:
            raise ValueError(f"audit detail {undeclared[0]} is not declared in obsv.audit.events")
        told = {**(details or {}), **({"person": actor.person} if actor.person else {})}
        row: dict[str, Any] = {
            "chain": INSTANCE_CHAIN if org is None else org,
            "at_ms": self._clock.now_ms(),
            "actor_kind": actor.kind,
            "actor_ref": actor.ref,
            "event": event,
            "target_kind": target[0],
            "target_ref": target[1],
            "outcome": outcome,
            "request_id": str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
            "details": json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
        }
        if in_transaction():
            return await self._append(row, actor)
        async with write_tx():
            return await self._append(row, actor)

    async def _append(self, row: dict[str, Any], actor: Who) -> int:
        await hold_lock(f"audit:{row['chain']}")
        heads = await fetch("SELECT seq, hash FROM audit_heads WHERE chain = {}", row["chain"])
        head: dict[str, Any] = heads[0] if heads else {"seq": 0, "hash": chain.GENESIS}
        row["seq"] = head["seq"] + 1
        side, salt = self._side_row(row, actor), os.urandom(SALT_BYTES)
        row |= {
            "commitment": chain.commit(salt, side) if side else "",
            "prev_hash": head["hash"],
            "erase_on": erase_on(row["at_ms"], years=KEEP_YEARS),
        }
        row["hash"] = chain.link(head["hash"], row)
        audit_id = await insert(AuditEntry, row)
        if side:
            await insert(AuditPersonal, {"audit_id": audit_id, "salt": salt, "erase_on": row["erase_on"], **side})
        await self._move_head(row, is_new=not heads)
        return int(row["seq"])

    def _side_row(self, row: Mapping[str, Any], actor: Who) -> dict[str, str]:
        if not (actor.ip_trunc or actor.ua_family or actor.email):
            return {}
        place = ("audit_personal", "email_enc", f"{row['chain']}:{row['seq']}")
        sealed = self._keys.encrypt(actor.ref, *place, actor.email.encode()) if actor.email else ""
        return {
            "actor_ref": actor.ref,
            "ip_trunc": actor.ip_trunc,
            "ua_family": actor.ua_family,
            "email_enc": sealed,
        }

    async def _move_head(self, row: Mapping[str, Any], *, is_new: bool) -> None:
        if is_new:
            head = {key: row[key] for key in ("chain", "seq", "hash")}
            await insert(AuditHead, {**head, "pruned_seq": 0, "pruned_hash": chain.GENESIS})
            return
        await execute(
            "UPDATE audit_heads SET seq = {}, hash = {} WHERE chain = {}", row["seq"], row["hash"], row["chain"]
        )
