"""Reading the log, and proving it whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from obsv.audit import chain
from obsv.audit.checkpoints import Mark, holds
from obsv.audit.types import INSTANCE_CHAIN, Entry, Verification
from obsv.db import fetch

BATCH = 1000

_COLUMNS = (
    "l.id, l.chain, l.seq, l.at_ms, l.actor_kind, l.actor_ref, l.event, l.target_kind, l.target_ref, l.outcome, "
    "l.request_id, l.details, l.commitment, l.prev_hash, l.hash, "
    "p.salt, p.ip_trunc, p.ua_family, p.email_enc, p.actor_ref AS side_ref"
)
_FROM = "FROM audit_log l LEFT JOIN audit_personal p ON p.audit_id = l.id"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries; what is empty does not count. `event` that ends with a dot stands for all that begin with it.

    `actor_ref` finds what a person did with a personal token too.
    """

    event: str = ""
    actor_ref: str = ""
    target_ref: str = ""
    outcome: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    before_seq: int | None = None


EVERYTHING = Filter()


async def entries(org: int | None, wanted: Filter = EVERYTHING, *, limit: int = 100) -> list[Entry]:
    """Newest first, of an organisation's chain (None: the instance's)."""
    event = (
        ("l.event LIKE {}", wanted.event.replace("_", r"\_") + "%")
        if wanted.event.endswith(".")
        else ("l.event = {}", wanted.event)
    )
    clauses, args = ["l.chain = {}"], list[object]([_chain(org)])
    for clause, value in (
        (event[0] + (r" ESCAPE '\'" if "LIKE" in event[0] else ""), wanted.event and event[1]),
        (
            "(l.actor_ref = {} OR l.details LIKE {})",
            wanted.actor_ref and (wanted.actor_ref, f'%"person":"{wanted.actor_ref}"%'),
        ),
        ("l.target_ref = {}", wanted.target_ref),
        ("l.outcome = {}", wanted.outcome),
        ("l.at_ms >= {}", wanted.since_ms),
        ("l.at_ms <= {}", wanted.until_ms),
        ("l.seq < {}", wanted.before_seq),
    ):
        if value not in ("", None):
            clauses.append(clause)
            args.extend(value if isinstance(value, tuple) else (value,))
    sql = f"SELECT {_COLUMNS} {_FROM} WHERE {' AND '.join(clauses)} ORDER BY l.seq DESC LIMIT {{}}"
    return [_entry(row) for row in await fetch(sql, *args, limit)]


async def verify(org: int | None, mark: Mark | None = None) -> Verification:
    """Walk a chain from its pruned prefix to its head, past `mark`, and say where it is broken, if it is."""
    found = await _walk(org)
    if found.is_valid and mark is not None and not await holds(_chain(org), mark):
        reason = "it no longer holds the entry that was noted outside of the database"
        return replace(found, is_valid=False, broken_seq=min(mark.seq, found.head_seq + 1), reason=reason)
    return found


async def _walk(org: int | None) -> Verification:
    heads = await fetch("SELECT seq, hash, pruned_seq, pruned_hash FROM audit_heads WHERE chain = {}", _chain(org))
    if not heads:
        stray = await fetch("SELECT seq FROM audit_log WHERE chain = {} LIMIT 1", _chain(org))
        return Verification(not stray, 0, 0, chain.GENESIS, reason="the head is missing" if stray else "")
    head = heads[0]
    seq, prev_hash, checked = head["pruned_seq"], head["pruned_hash"], 0
    while rows := await _after(org, seq, head["seq"]):
        for row in rows:
            reason = _broken(row, seq, prev_hash)
            if reason:
                return Verification(False, checked, head["seq"], head["hash"], seq + 1, reason)
            seq, prev_hash, checked = row["seq"], row["hash"], checked + 1
    if (seq, prev_hash) != (head["seq"], head["hash"]):
        return Verification(False, checked, head["seq"], head["hash"], seq + 1, "entries are missing at the end")
    # One statement, so that what is appended meanwhile counts in both places or in neither.
    stray = await fetch(
        "SELECT seq FROM audit_log WHERE chain = {} AND seq > (SELECT seq FROM audit_heads WHERE chain = {}) LIMIT 1",
        *(_chain(org), _chain(org)),
    )
    if stray:
        return Verification(
            False, checked, head["seq"], head["hash"], stray[0]["seq"], "an entry stands after the head"
        )
    return Verification(True, checked, head["seq"], head["hash"])


async def verify_all(marks: Mapping[int, Mark], only: int | None = None) -> dict[int, Verification]:
    """Every chain by number (0: the instance's), or `only` that one; entries of a chain without a head break it."""
    rows = await fetch("SELECT chain FROM audit_heads UNION SELECT chain FROM audit_log")
    chains = {int(row["chain"]) for row in rows} | marks.keys()
    return {chain: await verify(chain or None, marks.get(chain)) for chain in sorted(chains) if only in (None, chain)}


async def _after(org: int | None, seq: int, upto: int) -> list[dict[str, Any]]:
    sql = f"SELECT {_COLUMNS} {_FROM} WHERE l.chain = {{}} AND l.seq > {{}} AND l.seq <= {{}} ORDER BY l.seq LIMIT {{}}"
    return await fetch(sql, _chain(org), seq, upto, BATCH)


def _broken(row: dict[str, Any], seq: int, prev_hash: str) -> str:
    if row["seq"] != seq + 1:
        return "an entry is missing"
    if row["prev_hash"] != prev_hash or chain.link(prev_hash, row) != row["hash"]:
        return "an entry was altered"
    if row["salt"] is None:
        return ""
    side = {**row, "actor_ref": row["side_ref"]}
    return "" if chain.commit(bytes(row["salt"]), side) == row["commitment"] else "a side row was altered"


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(
        seq=row["seq"],
        at_ms=row["at_ms"],
        actor_kind=row["actor_kind"],
        actor_ref=row["actor_ref"],
        event=row["event"],
        target_kind=row["target_kind"],
        target_ref=row["target_ref"],
        outcome=row["outcome"],
        request_id=row["request_id"],
        details=json.loads(row["details"]),
        ip_trunc=row["ip_trunc"] or "",
        ua_family=row["ua_family"] or "",
    )


def _chain(org: int | None) -> int:
    return INSTANCE_CHAIN if org is None else org
