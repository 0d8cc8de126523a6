"""How entries are chained and how an entry commits to its side row."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

GENESIS = "0" * 64
HASHED = (
    "chain",
    "seq",
    "at_ms",
    "actor_kind",
    "actor_ref",
    "event",
    "target_kind",
    "target_ref",
    "outcome",
    "request_id",
    "details",
    "commitment",
)
COMMITTED = ("actor_ref", "ip_trunc", "ua_family", "email_enc")


def canonical(row: Mapping[str, Any], fields: tuple[str, ...]) -> bytes:
    """The fields as canonical JSON.  Source: RFC 8785, for which strings and integers with ASCII keys suffice."""
    picked = {name: row[name] for name in fields}
    return json.dumps(picked, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def link(prev_hash: str, row: Mapping[str, Any]) -> str:
    """Hash of an entry that follows the one with `prev_hash`."""
    return hashlib.sha256(bytes.fromhex(prev_hash) + canonical(row, HASHED)).hexdigest()


def commit(salt: bytes, side: Mapping[str, Any]) -> str:
    """Commitment to a side row, which nobody can test without the salt that is deleted with it."""
    return hmac.new(salt, canonical(side, COMMITTED), hashlib.sha256).hexdigest()
