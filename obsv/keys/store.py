"""The key store: data keys of subjects, made, used, wrapped anew and destroyed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import re
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import msgspec

from obsv.keys import envelope, files
from obsv.keys.errors import KeyProblem, MissingKey, SubjectErased, UnknownSubject
from obsv.keys.ring import INDEX, Known, Ring, new_line, read_lines

INSTANCE = "instance"
"""Subject reference of what belongs to nobody: sealed with the master key itself."""

SUBJECT = re.compile(r"[A-Za-z0-9_-]{1,64}")
CACHE_S = 60.0
"""How long another replica may still open what was erased here."""
CACHE_SIZE = 10_000


class SubjectFile(msgspec.Struct, forbid_unknown_fields=True):
    """Content of `subjects/<ref>.json`: wrapped data keys by id."""

    subject: str
    current: str
    keys: dict[str, str]


class Tombstone(msgspec.Struct, forbid_unknown_fields=True):
    """One line of `tombstones.jsonl`."""

    subject: str
    erased_on: date


class KeyStore:
    """All keys of an instance, under one folder that may be shared by its replicas."""

    def __init__(
        self,
        folder: Path,
        *,
        master_keys: Sequence[str] = (),
        master_file: Path | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open `folder`, creating the keys of a first start; raises `KeyProblem` rather than lose data.

        `master_keys` (from configuration) come before `master_file`, whose default is `folder/master.key`.
        """
        self._folder, self._monotonic = folder, monotonic
        self._master_file = None if master_keys else master_file or folder / "master.key"
        self._master_seen = 0
        self._subjects = folder / "subjects"
        self._subjects.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._known = Known(folder / "known.json")
        self._cache: dict[str, tuple[float, SubjectFile, dict[str, bytes]]] = {}
        self.created_master: Path | None = None
        with files.locked(folder):
            self._masters = self._open_ring(list(master_keys), master_file or folder / "master.key")
            self._index_key = self._open_index()
            self._known.remember({**self._masters.keys, INDEX: self._index_key})

    @property
    def _ring(self) -> Ring:
        """The master keys, read anew when `obsv keys rotate` has put another into their file."""
        if self._master_file is not None:
            changed = self._master_file.stat().st_mtime_ns
            if changed != self._master_seen:
                self._masters = Ring.parse(read_lines(self._master_file))
                self._master_seen = changed
        return self._masters

    def _open_ring(self, lines: list[str], path: Path) -> Ring:
        used = self._known.read().keys() - {INDEX}
        if not lines and not path.exists():
            if used:
                raise MissingKey(f"{path} is gone, and it protects stored data: bring it back from its backup")
            files.write_private(path, (new_line("k1") + "\n").encode())
            self.created_master = path
        ring = Ring.parse(lines or read_lines(path))
        missing = sorted(used - ring.keys.keys())
        if missing:
            raise MissingKey(f"master key {', '.join(missing)} protects stored data and is missing from [secrets]")
        return ring

    def _open_index(self) -> bytes:
        path = self._folder / "index.key"
        if not path.exists():
            if INDEX in self._known.read():
                raise MissingKey(f"{path} is gone: without it no account is found by its email; bring it back")
            files.write_private(path, envelope.encode(os.urandom(envelope.KEY_BYTES)).encode())
        return envelope.decode(files.read_private(path).strip())

    # Sealing

    def encrypt(self, subject_ref: str, table: str, column: str, row_id: str, data: bytes) -> str:
        """Seal `data` for one cell under the subject's key; raises `UnknownSubject`, `SubjectErased`."""
        if subject_ref == INSTANCE:
            return envelope.seal(self._ring.get(self._ring.current), self._ring.current, (table, column, row_id), data)
        record, keys = self._load(subject_ref)
        return envelope.seal(keys[record.current], record.current, (table, column, row_id), data)

    def decrypt(self, subject_ref: str, table: str, column: str, row_id: str, sealed: str) -> bytes:
        """Open what `encrypt` sealed for the same cell; raises `BadEnvelope` too."""
        key_id = envelope.key_id_of(sealed)
        if subject_ref == INSTANCE:
            return envelope.unseal(self._ring.get(key_id), (table, column, row_id), sealed)
        _, keys = self._load(subject_ref)
        if key_id not in keys:
            raise envelope.BadEnvelope(f"sealed with {key_id}, which {subject_ref} does not have")
        return envelope.unseal(keys[key_id], (table, column, row_id), sealed)

    def blind_index(self, email: str) -> str:
        """What stands for an email address where it must be found and not read (hex)."""
        folded = unicodedata.normalize("NFKC", email.strip()).casefold()
        return hmac.new(self._index_key, folded.encode(), hashlib.sha256).hexdigest()

    # What must be out of the database's reach

    def read_apart(self, name: str) -> bytes:
        """A small file that is kept with the keys, and so shared by the replicas; empty when there is none."""
        path = self._folder / name
        return path.read_bytes() if path.exists() else b""

    def change_apart(self, name: str, change: Callable[[bytes], bytes]) -> None:
        """Replace it by what `change` makes of it, one process at a time."""
        with files.locked(self._folder):
            files.write_private(self._folder / name, change(self.read_apart(name)))

    # Subjects

    async def create_subject(self, subject_ref: str) -> None:
        """Make the data key of a new user or organisation; harmless when there is one.

        Call it before the row is written: a key without a row is harmless, a row without its key is not.
        """
        await asyncio.to_thread(self._create, subject_ref)

    async def destroy_subject(self, subject_ref: str, on: date) -> None:
        """Erase a subject: its tombstone is written first, so that a crash or a restored copy ends erased too."""
        await asyncio.to_thread(self._destroy, subject_ref, on)
        self._cache.pop(subject_ref, None)

    def has_subject(self, subject_ref: str) -> bool:
        """Whether the subject has a data key."""
        return self._path(subject_ref).exists()

    def tombstones(self) -> list[Tombstone]:
        """Everybody erased so far."""
        path = self._folder / "tombstones.jsonl"
        if not path.exists():
            return []
        return [msgspec.json.decode(line, type=Tombstone) for line in path.read_bytes().splitlines()]

    def _create(self, subject_ref: str) -> None:
        path = self._path(subject_ref)
        with files.locked(self._folder):
            if path.exists():
                return
            if self._is_erased(subject_ref):
                raise SubjectErased(f"{subject_ref} was erased; its reference is not used again")
            record = SubjectFile(
                subject_ref, "d1", {"d1": self._wrap(subject_ref, "d1", os.urandom(envelope.KEY_BYTES))}
            )
            files.write_private(path, msgspec.json.encode(record))

    def _destroy(self, subject_ref: str, on: date) -> None:
        path = self._path(subject_ref)
        with files.locked(self._folder):
            if not self._is_erased(subject_ref):
                line = msgspec.json.encode(Tombstone(subject_ref, on)).decode()
                files.append_private(self._folder / "tombstones.jsonl", line)
            files.destroy(path)

    def _is_erased(self, subject_ref: str) -> bool:
        return any(tombstone.subject == subject_ref for tombstone in self.tombstones())

    def _load(self, subject_ref: str) -> tuple[SubjectFile, dict[str, bytes]]:
        now = self._monotonic()
        cached = self._cache.get(subject_ref)
        if cached and cached[0] > now:
            return cached[1], cached[2]
        record = self._read(subject_ref)
        keys = {
            key_id: envelope.unseal(
                self._ring.get(envelope.key_id_of(wrapped)), self._place(subject_ref, key_id), wrapped
            )
            for key_id, wrapped in record.keys.items()
        }
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
        self._cache[subject_ref] = (now + CACHE_S, record, keys)
        return record, keys

    def _read(self, subject_ref: str) -> SubjectFile:
        try:
            return msgspec.json.decode(self._path(subject_ref).read_bytes(), type=SubjectFile)
        except FileNotFoundError:
            if self._is_erased(subject_ref):
                raise SubjectErased(f"{subject_ref} was erased") from None
            raise UnknownSubject(f"{subject_ref} has no data key") from None

    def _path(self, subject_ref: str) -> Path:
        if not SUBJECT.fullmatch(subject_ref) or subject_ref == INSTANCE:
            raise ValueError("a subject reference is 1 to 64 letters, digits, _ and -")
        return self._subjects / f"{subject_ref}.json"

    def _wrap(self, subject_ref: str, key_id: str, key: bytes) -> str:
        ring = self._ring
        return envelope.seal(ring.get(ring.current), ring.current, self._place(subject_ref, key_id), key)

    @staticmethod
    def _place(subject_ref: str, key_id: str) -> tuple[str, str, str]:
        return ("subject_keys", key_id, subject_ref)

    # Rotation

    @property
    def master_ids(self) -> tuple[str, ...]:
        """Ids of the master keys, the current one first."""
        return tuple(self._ring.keys)

    def add_master(self) -> str:
        """Make another master key, which is current from now on in every process, and return its id.

        Raises `KeyProblem` where the keys come from the settings: whoever keeps those puts the new one there.
        """
        if self._master_file is None:
            raise KeyProblem(
                "the master keys come from [secrets] keys: put a new one first in that list (the old ones stay behind "
                "it), start obsv anew, then run `obsv keys rotate`"
            )
        with files.locked(self._folder):
            lines = read_lines(self._master_file)
            used = Ring.parse(lines).keys.keys() | self._known.read().keys()
            key_id = next(name for number in range(1, 100_000) if (name := f"k{number}") not in used)
            lines.insert(0, new_line(key_id))
            # The file first: a key that is remembered and missing stops the start.
            files.write_private(self._master_file, "".join(f"{line}\n" for line in lines).encode())
            self._known.remember(Ring.parse(lines).keys)
        return key_id

    def wrapped_by(self) -> dict[str, int]:
        """How many subjects have a data key that each master key wraps."""
        counts = dict.fromkeys(self._ring.keys, 0)
        for path in self._files():
            for key_id in self._wrapped_with(path):
                counts[key_id] = counts.get(key_id, 0) + 1
        return counts

    def rewrap(self, *, dry_run: bool = False) -> int:
        """Wrap every data key with the current master key and return how many needed it; resumable.

        What was sealed with data keys stays untouched.
        """
        return sum(self._rewrap_one(path, dry_run=dry_run) for path in self._files())

    def retire(self, key_id: str) -> None:
        """Let a master key go for good; raises `KeyProblem` while it is current or still wraps a data key."""
        if key_id not in self._ring.keys:
            raise KeyProblem(f"there is no master key {key_id}; there are {', '.join(self._ring.keys)}")
        if key_id == self._ring.current:
            raise KeyProblem(f"{key_id} is the current master key")
        with files.locked(self._folder):
            users = sum(key_id in self._wrapped_with(path) for path in self._files())
            if users:
                raise KeyProblem(f"{key_id} still wraps the keys of {users} subjects: run `obsv keys rotate` first")
            self._known.forget(key_id)
            if self._master_file is not None:
                lines = [line for line in read_lines(self._master_file) if line.partition(":")[0].strip() != key_id]
                files.write_private(self._master_file, "".join(f"{line}\n" for line in lines).encode())

    def _files(self) -> Iterator[Path]:
        return self._subjects.glob("[!.]*.json")

    def _wrapped_with(self, path: Path) -> set[str]:
        record = msgspec.json.decode(path.read_bytes(), type=SubjectFile)
        return {envelope.key_id_of(wrapped) for wrapped in record.keys.values()}

    def _rewrap_one(self, path: Path, *, dry_run: bool) -> bool:
        with files.locked(self._folder):
            if not path.exists() or self._wrapped_with(path) == {self._ring.current}:
                return False
            if dry_run:
                return True
            subject_ref = path.stem
            self._cache.pop(subject_ref, None)
            record, keys = self._load(subject_ref)
            wrapped = {key_id: self._wrap(subject_ref, key_id, key) for key_id, key in keys.items()}
            files.write_private(path, msgspec.json.encode(SubjectFile(record.subject, record.current, wrapped)))
            return True
