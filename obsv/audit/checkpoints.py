"""Where the chains ended an hour ago, noted where the database cannot reach.

Whoever may write the whole database can make a chain that is whole in itself: the last entries gone and the head moved
back, or all hashes computed anew. So the heads are noted in a file that is kept with the keys, and a chain that no
longer holds what was noted is broken. A mark moves only from an entry that is still there to a later one.
"""

from __future__ import annotations

import msgspec
import structlog

from obsv.core.clock import Clock
from obsv.db import fetch
from obsv.keys import KeyStore

FILE = "audit-heads.json"

_log = structlog.get_logger("obsv.audit")


class Mark(msgspec.Struct, frozen=True):
    """The hash that the entry `seq` of a chain had at a moment."""

    seq: int
    hash: str
    at_ms: int


class Checkpoints:
    """The only writer of the marks."""

    def __init__(self, keys: KeyStore, clock: Clock) -> None:
        self._keys, self._clock = keys, clock

    def read(self) -> dict[int, Mark]:
        """The mark of each chain by its number; none for a chain younger than the last note."""
        return _decode(self._keys.read_apart(FILE))

    async def note(self) -> list[int]:
        """Move the marks to the heads of now; returns the chains that no longer hold their mark, which keep it."""
        now = self._clock.now_ms()
        heads = {
            int(row["chain"]): Mark(row["seq"], row["hash"], now)
            for row in await fetch("SELECT chain, seq, hash FROM audit_heads")
        }
        known = self.read()
        lost = [chain for chain, mark in known.items() if not await holds(chain, mark)]
        for chain in lost:
            _log.error("audit.mark_lost", chain=chain, seq=known[chain].seq, advice="run `obsv audit verify`")
        self._write({chain: head for chain, head in heads.items() if chain not in lost})
        return lost

    async def accept(self) -> None:
        """Take the heads of now for true, whatever was noted before: a backup was restored."""
        self._keys.change_apart(FILE, lambda _: b"")
        await self.note()

    def _write(self, heads: dict[int, Mark]) -> None:
        def change(data: bytes) -> bytes:
            marks = _decode(data)
            later = {chain: head for chain, head in heads.items() if chain not in marks or marks[chain].seq < head.seq}
            return msgspec.json.encode(marks | later)

        self._keys.change_apart(FILE, change)


def _decode(data: bytes) -> dict[int, Mark]:
    return msgspec.json.decode(data, type=dict[int, Mark]) if data else {}


async def holds(chain: int, mark: Mark) -> bool:
    """Whether the marked entry is still there as it was, or was pruned in its time."""
    found = await fetch(
        "SELECT h.pruned_seq, h.pruned_hash, l.hash FROM audit_heads h "
        "LEFT JOIN audit_log l ON l.chain = h.chain AND l.seq = {} WHERE h.chain = {}",
        *(mark.seq, chain),
    )
    if not found:
        return False
    head = found[0]
    if mark.seq < head["pruned_seq"]:
        return True
    return bool((head["pruned_hash"] if mark.seq == head["pruned_seq"] else head["hash"]) == mark.hash)
