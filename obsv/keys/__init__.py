"""Encryption at rest: AES-256-GCM under a key of the data subject, so that destroying the key erases the data.

Keys are files under `data/keys/` and never rows of a database, whose log and backups would keep a destroyed one::

    master.key          the keys that wrap all others ("k1:<base64>" a line, the first is current)
    index.key           the key of the blind email index
    known.json          a fingerprint of each key ever used: a missing or exchanged one is noticed at start
    subjects/<ref>.json the data keys of one user or organisation, wrapped by a master key
    tombstones.jsonl    who was erased and when; append-only
    audit-heads.json    where the chains of the audit log ended an hour ago (see `obsv.audit.checkpoints`)

Use: `keystore().encrypt(user_id, "users", "email", user_id, b"…")`. An envelope is bound to its table, column and row,
so that one copied to another row does not open. `INSTANCE` stands for what belongs to no subject (an SMTP password).
"""

from __future__ import annotations

from obsv.keys.envelope import BadEnvelope
from obsv.keys.errors import KeyProblem, MissingKey, SubjectErased, UnknownSubject
from obsv.keys.installed import close_keys, install, keystore, open_keys
from obsv.keys.store import INSTANCE, KeyStore

__all__ = [
    "INSTANCE",
    "BadEnvelope",
    "KeyProblem",
    "KeyStore",
    "MissingKey",
    "SubjectErased",
    "UnknownSubject",
    "close_keys",
    "install",
    "keystore",
    "open_keys",
]
