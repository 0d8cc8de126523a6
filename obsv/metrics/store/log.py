"""The append log: request bodies as received, in files, before their samples are taken into the head.

Once `keep` has returned the samples survive the death of the process (the write has reached the system), and a power
cut costs at most what one sync interval brought; with an interval of 0 `keep` returns after the sync, which all
requests waiting for it share.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
import time
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

from obsv.metrics.store.base import StoreUnavailable
from obsv.metrics.store.log_types import Applier, LogStats
from obsv.metrics.store.records import Record, pack, scan

SEGMENT_MAGIC = b"obsvlog1"
SEGMENT_HEADER = len(SEGMENT_MAGIC) + 16
SEGMENT_BYTES = 16 << 20

logger = structlog.stdlib.get_logger(__name__)


def _secret(salt: bytes) -> int:
    return zlib.crc32(salt)


class FileLog:
    """A log in segment files, named by the number of their first record."""

    def __init__(self, folder: Path, *, sync_ms: int) -> None:
        self.stats = LogStats()
        self._folder = folder
        self._sync_s = sync_ms / 1000
        self._lock = -1
        self._last = self._synced = 0
        self._fd, self._end, self._secret = -1, 0, 0
        self._retired: list[int] = []
        self._syncing: asyncio.Task[None] | None = None
        self._broken = ""

    # -- start and recovery -------------------------------------------------------------------------------------

    async def open(
        self,
        after_seq: int,
        replay: Callable[[Record], None],
        behind: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Replay what is not in blocks.  A torn tail is cut off; damage elsewhere is counted and stepped over."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        await self.drop(after_seq)
        self._last = self._synced = after_seq
        segments = self._segments()
        for path in segments:
            for record in self._read(path, last=path == segments[-1]):
                if record.seq <= self._last:
                    continue
                if record.seq != self._last + 1:
                    self._report(path, "records are missing", first=self._last + 1, found=record.seq)
                self._last = record.seq
                self.stats.replayed += 1
                replay(record)
            await asyncio.sleep(0)
        self._synced = self._last
        self.stats.bytes = sum(path.stat().st_size for path in self._segments())

    def _take_lock(self) -> None:
        self._lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            self._lock = -1
            raise StoreUnavailable(f"another process uses {self._folder}") from None

    def _segments(self) -> list[Path]:
        return sorted(path for path in self._folder.glob("*.log") if path.stem.isdigit())

    def _read(self, path: Path, *, last: bool) -> Iterator[Record]:
        data = path.read_bytes()
        if len(data) < SEGMENT_HEADER or not data.startswith(SEGMENT_MAGIC):
            if last and len(data) < SEGMENT_HEADER:
                path.unlink()  # it died while it was being made: no record was ever in it
            else:
                self._report(path, "not a log segment")
            return
        for found in scan(data, SEGMENT_HEADER, _secret(data[len(SEGMENT_MAGIC) : SEGMENT_HEADER])):
            if isinstance(found, Record):
                yield found
            elif found.torn and last:
                logger.info("metrics_log.tail_cut", file=path.name, bytes=found.end - found.start)
                os.truncate(path, found.start)
            else:
                self._report(path, "damaged records", start=found.start, end=found.end)

    def _report(self, path: Path, what: str, **more: int) -> None:
        self.stats.damaged += 1
        logger.error("metrics_log.damaged", file=path.name, what=what, **more)

    # -- writing ------------------------------------------------------------------------------------------------

    async def keep(self, record: Record, head: Applier) -> None:
        """Write, apply, and with an interval of 0 wait for the sync."""
        try:
            seq = self._append(record)
        except BaseException:
            head.abort()
            raise
        head.apply()
        if self._sync_s:
            self._sync_soon()
        else:
            await self._durable(seq)

    def _append(self, record: Record) -> int:
        if self._broken:
            raise StoreUnavailable(f"the metrics log cannot be made durable: {self._broken}", retry_after_s=5)
        seq = self._last + 1
        try:
            if self._fd < 0 or self._end > SEGMENT_BYTES:
                self._begin_segment(seq)
            size = self._write([pack(record, seq, self._secret), record.body])
        except OSError as error:
            self.stats.failures += 1
            raise StoreUnavailable(f"the metrics log cannot be written: {error.strerror}", retry_after_s=5) from error
        self._end += size
        self._last = seq
        self.stats.appends += 1
        self.stats.appended_bytes += size
        self.stats.bytes += size
        return seq

    def _write(self, parts: list[bytes]) -> int:
        """All or nothing: what a full disk took in part is cut off again."""
        total = sum(map(len, parts))
        try:
            done = os.writev(self._fd, parts)
            if done < total:
                rest = memoryview(b"".join(parts))
                while done < total:
                    done += os.write(self._fd, rest[done:])
        except OSError:
            try:
                os.ftruncate(self._fd, self._end)
            except OSError:
                self._retire()  # the torn record stays the last of its segment
            raise
        return total

    def _begin_segment(self, first: int) -> None:
        self._retire()
        salt = secrets.token_bytes(16)
        path = self._folder / f"{first:020d}.log"
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._fd, self._end, self._secret = fd, 0, _secret(salt)
        try:
            self._end = self._write([SEGMENT_MAGIC, salt])
            _sync_folder(self._folder)
        except OSError:
            with suppress(OSError):
                path.unlink()
            self._retire()
            raise
        self.stats.bytes += self._end

    def _retire(self) -> None:
        if self._fd >= 0:
            self._retired.append(self._fd)
            self._fd = -1

    # -- durability ---------------------------------------------------------------------------------------------

    def _sync_soon(self) -> None:
        if self._syncing is None:
            self._syncing = asyncio.get_running_loop().create_task(self._sync_after(self._sync_s))

    async def _durable(self, seq: int) -> None:
        while self._synced < seq:
            if self._syncing is None:
                self._syncing = asyncio.get_running_loop().create_task(self._sync_after(0))
            await asyncio.shield(self._syncing)
            if self._broken:
                raise StoreUnavailable(f"the metrics log cannot be made durable: {self._broken}", retry_after_s=5)

    async def _sync_after(self, seconds: float) -> None:
        """One group commit, shared by all that wait for it."""
        if seconds:
            await asyncio.sleep(seconds)
        target, retired, started = self._last, self._retired, time.perf_counter()
        self._retired = []
        try:
            await asyncio.to_thread(_sync_files, [*retired, *([self._fd] if self._fd >= 0 else [])])
        except OSError as error:
            self._fail(error)
            return
        finally:
            for fd in retired:
                os.close(fd)
            self.stats.syncs += 1
            self.stats.sync_seconds += time.perf_counter() - started
        self._synced = target
        self._syncing = None
        if self._last > target and self._sync_s:
            self._sync_soon()

    def _fail(self, error: OSError) -> None:
        self.stats.failures += 1
        self._broken = error.strerror or "input/output error"
        logger.error("metrics_log.sync_failed", error=self._broken)
        self._retire()
        self._syncing = asyncio.get_running_loop().create_task(self._mend())

    async def _mend(self) -> None:
        """Nothing is taken until a new segment could be written and synced."""
        while self._broken:
            await asyncio.sleep(1)
            try:
                self._begin_segment(self._last + 1)
                await asyncio.to_thread(os.fdatasync, self._fd)
            except OSError as error:
                self._broken = error.strerror or "input/output error"
            else:
                self._broken = ""
        self._syncing = None

    # -- flushing -----------------------------------------------------------------------------------------------

    def mark(self) -> int:
        """End the segment, so that it can go once its records are in blocks."""
        self._retire()
        return self._last

    async def drop(self, seq: int) -> None:
        """Delete the segments that hold nothing behind `seq`."""
        segments = self._segments()
        ends = [int(path.stem) - 1 for path in segments[1:]]
        ends.append(self._last if self._fd < 0 and self._last else -1)
        for path, end in zip(segments, ends, strict=False):
            if 0 <= end <= seq:
                self.stats.bytes -= path.stat().st_size
                path.unlink()

    @asynccontextmanager
    async def exclusive(self, *, wait: bool) -> AsyncGenerator[bool]:
        """A file log has one process."""
        yield True

    async def close(self) -> None:
        """Sync, and let the next process in."""
        if self._syncing is not None:
            self._syncing.cancel()
            with suppress(asyncio.CancelledError):
                await self._syncing
            self._syncing = None
        self._retire()
        with suppress(OSError):
            _sync_files(self._retired)
        for fd in self._retired:
            os.close(fd)
        self._retired.clear()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _sync_files(fds: list[int]) -> None:
    for fd in fds:
        os.fdatasync(fd)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
