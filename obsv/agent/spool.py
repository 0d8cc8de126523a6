"""The bounded queue between collecting and sending: a file a batch, so that neither a kill nor an outage loses one."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import struct
import threading
import zlib
from collections import deque
from typing import NamedTuple

from .series import Batch

__all__ = ["DEFAULT_LIMIT", "Spool", "SpoolBusyError", "Stored"]

DEFAULT_LIMIT = 64 * 1024 * 1024
_MEMORY_LIMIT = 4 * 1024 * 1024
_HEADER = struct.Struct("<4sII")  # magic, samples, crc32 of the body
_MAGIC = b"OAB1"
_SUFFIX = ".batch"
_log = logging.getLogger("obsv.agent")


class SpoolBusyError(Exception):
    """Another agent owns the directory."""


class Stored(NamedTuple):
    """A queued batch."""

    number: int
    body: bytes
    samples: int


class _Entry:
    """A place in the queue; `body` is set only while the disk refuses files."""

    __slots__ = ("body", "number", "samples", "size")

    def __init__(self, number: int, size: int, samples: int, body: bytes | None = None) -> None:
        self.number = number
        self.size = size
        self.samples = samples
        self.body = body


class Spool:
    """First in, first out.  Beyond the bound the oldest goes, and is counted."""

    def __init__(self, directory: str, limit: int = DEFAULT_LIMIT) -> None:
        self._directory = directory
        self._limit = limit
        self._changed = threading.Condition()
        self._entries: deque[_Entry] = deque()
        self._disk_failed = False
        self.bytes = 0
        self.dropped_batches = 0
        self.dropped_samples = 0
        os.makedirs(directory, mode=0o700, exist_ok=True)
        self._lock = _own(directory)
        self._next = self._recover()

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, batch: Batch) -> None:
        """Queue a batch, making room for it if it must be."""
        with self._changed:
            number, self._next = self._next, self._next + 1
            entry = _Entry(number, len(batch.body), batch.samples)
            try:
                # While the server is away the file is all there is, so it is worth a sync; else it is gone at once.
                self._write(number, batch, sync=bool(self._entries))
            except OSError as error:
                entry.body = batch.body
                if not self._disk_failed:
                    _log.warning("cannot write to %s (%s): batches wait in memory", self._directory, error)
                self._disk_failed = True
            else:
                self._disk_failed = False
            self._entries.append(entry)
            self.bytes += entry.size
            self._make_room()
            self._changed.notify_all()

    def oldest(self) -> Stored | None:
        """Read the batch to send next; one that does not read back whole is dropped."""
        while True:
            with self._changed:
                if not self._entries:
                    return None
                entry = self._entries[0]
            body = entry.body if entry.body is not None else self._read(entry.number)
            if body is not None:
                return Stored(entry.number, body, entry.samples)
            _log.warning("batch %d in %s is damaged: dropped", entry.number, self._directory)
            self.drop(entry.number)

    def done(self, number: int) -> None:
        """Forget a batch that the server has taken (or that made room meanwhile)."""
        with self._changed:
            if self._entries and self._entries[0].number == number:
                self._remove(self._entries.popleft())

    def drop(self, number: int) -> None:
        """Give a batch up, and count it."""
        with self._changed:
            if self._entries and self._entries[0].number == number:
                entry = self._entries.popleft()
                self._count_dropped(entry)
                self._remove(entry)

    def wait(self, seconds: float) -> None:
        """Wait until there may be something to send."""
        with self._changed:
            if not self._entries:
                self._changed.wait(seconds)

    def wake(self) -> None:
        """End every `wait`."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Let another agent have the directory."""
        os.close(self._lock)

    def _recover(self) -> int:
        """Take over what an earlier run has left; return the next number."""
        for name in sorted(os.listdir(self._directory)):
            path = os.path.join(self._directory, name)
            stem = name[: -len(_SUFFIX)]
            if not name.endswith(_SUFFIX) or not stem.isdigit():
                if name.endswith(".part"):
                    os.unlink(path)
                continue
            size = max(0, os.stat(path).st_size - _HEADER.size)
            self._entries.append(_Entry(int(stem), size, _samples(path)))
            self.bytes += size
        self._make_room()
        return self._entries[-1].number + 1 if self._entries else 1

    def _path(self, number: int) -> str:
        return os.path.join(self._directory, f"{number:016d}{_SUFFIX}")

    def _write(self, number: int, batch: Batch, *, sync: bool) -> None:
        path = self._path(number)
        part = path + ".part"
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            data = _HEADER.pack(_MAGIC, batch.samples, zlib.crc32(batch.body)) + batch.body
            _write_all(handle, data)
            if sync:
                os.fsync(handle)
        except OSError:
            os.unlink(part)
            raise
        finally:
            os.close(handle)
        os.replace(part, path)

    def _read(self, number: int) -> bytes | None:
        try:
            with open(self._path(number), "rb") as file:
                magic, _, crc = _HEADER.unpack(file.read(_HEADER.size))
                body = file.read()
        except (OSError, struct.error):
            return None
        return body if magic == _MAGIC and zlib.crc32(body) == crc else None

    def _remove(self, entry: _Entry) -> None:
        self.bytes -= entry.size
        if entry.body is None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path(entry.number))

    def _make_room(self) -> None:
        """Drop from the old end until both bounds hold; the newest batch always stays."""
        while len(self._entries) > 1 and self.bytes > self._limit:
            entry = self._entries.popleft()
            self._count_dropped(entry)
            self._remove(entry)
        in_memory = [entry for entry in self._entries if entry.body is not None] if self._disk_failed else []
        held = sum(entry.size for entry in in_memory)
        for entry in in_memory[:-1]:
            if held <= _MEMORY_LIMIT:
                break
            held -= entry.size
            self._entries.remove(entry)
            self._count_dropped(entry)
            self._remove(entry)

    def _count_dropped(self, entry: _Entry) -> None:
        self.dropped_batches += 1
        self.dropped_samples += entry.samples


def _write_all(handle: int, data: bytes) -> None:
    """Write everything: on a full disk the first call writes a part and the next one says why."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _samples(path: str) -> int:
    try:
        with open(path, "rb") as file:
            return int(_HEADER.unpack(file.read(_HEADER.size))[1])
    except (OSError, struct.error):
        return 0


def _own(directory: str) -> int:
    """Take the directory for this process; the lock ends with it."""
    handle = os.open(os.path.join(directory, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise SpoolBusyError(directory) from error
    return handle
