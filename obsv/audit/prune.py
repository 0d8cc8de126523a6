"""The one way in which entries leave the log: a whole prefix of a chain whose time is over.

The head remembers where the prefix ended, so that what follows still verifies; the database's triggers let only rows up
to that mark go.
"""

from __future__ import annotations

from datetime import date

from obsv.db import execute, fetch, hold_lock, write_tx


async def prune(today: date, limit: int = 5000) -> int:
    """Delete at most `limit` entries of each chain whose `erase_on` has come; returns how many went."""
    chains = [row["chain"] for row in await fetch("SELECT chain FROM audit_heads ORDER BY chain")]
    return sum([await _prune_chain(chain, today, limit) for chain in chains])


async def _prune_chain(chain: int, today: date, limit: int) -> int:
    async with write_tx():
        await hold_lock(f"audit:{chain}")
        due = await fetch(
            "SELECT seq, hash FROM audit_log WHERE chain = {} AND erase_on <= {} AND seq < COALESCE("
            "(SELECT min(seq) FROM audit_log WHERE chain = {} AND (erase_on > {} OR erase_on IS NULL)), "
            "9223372036854775807) ORDER BY seq LIMIT {}",
            *(chain, today, chain, today, limit),
        )
        if not due:
            return 0
        last = due[-1]
        await execute(
            "UPDATE audit_heads SET pruned_seq = {}, pruned_hash = {} WHERE chain = {}",
            last["seq"],
            last["hash"],
            chain,
        )
        await execute(
            "DELETE FROM audit_personal WHERE audit_id IN (SELECT id FROM audit_log WHERE chain = {} AND seq <= {})",
            *(chain, last["seq"]),
        )
        await execute("DELETE FROM audit_log WHERE chain = {} AND seq <= {}", chain, last["seq"])
        return len(due)
