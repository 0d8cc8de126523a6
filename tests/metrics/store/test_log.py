"""The append log on real files: torn tails, flipped bits, full disks, shared syncs."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from obsv.metrics.store.base import StoreUnavailable
from obsv.metrics.store.log import FileLog
from obsv.metrics.store.records import Damage, Record, pack, scan
from tests.metrics.store.made import make, read


class Head:
    """Counts what the log tells it."""

    def __init__(self) -> None:
        self.applied = self.aborted = 0

    def apply(self) -> None:
        self.applied += 1

    def abort(self) -> None:
        self.aborted += 1


def record(i: int, size: int = 50) -> Record:
    return Record(7, "snappy", 1000 + i, bytes([i % 7]) * (i % 3), bytes([i % 251]) * size)


async def opened(folder: Path, after: int = 0, sync_ms: int = 200) -> tuple[FileLog, list[Record]]:
    log, seen = FileLog(folder, sync_ms=sync_ms), []
    await log.open(after, seen.append)
    return log, seen


async def filled(folder: Path, count: int, sync_ms: int = 200) -> FileLog:
    log, _ = await opened(folder, sync_ms=sync_ms)
    for i in range(count):
        await log.keep(record(i), Head())
    return log


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.log"))


async def bodies(folder: Path, after: int = 0) -> tuple[list[bytes], FileLog]:
    log, seen = await opened(folder, after)
    await log.close()
    return [one.body for one in seen], log


async def test_records_come_back_in_order_with_all_they_had(tmp_path):
    log = await filled(tmp_path, 5)
    await log.close()
    log, seen = await opened(tmp_path)
    assert [(one.org, one.encoding, one.received_ms, one.skips, one.body) for one in seen] == [
        (7, "snappy", 1000 + i, record(i).skips, record(i).body) for i in range(5)
    ]
    assert [one.seq for one in seen] == [1, 2, 3, 4, 5]
    await log.keep(record(5), Head())
    await log.close()
    assert len((await bodies(tmp_path))[0]) == 6
    assert [body[0] for body in (await bodies(tmp_path, after=4))[0]] == [4, 5]


@pytest.mark.parametrize("cut", [1, 20, 39, 45, 89])
async def test_a_torn_tail_is_cut_off(tmp_path, cut):
    log = await filled(tmp_path, 3)
    await log.close()
    path = segments(tmp_path)[-1]
    os.truncate(path, path.stat().st_size - cut)
    found, log = await bodies(tmp_path)
    assert [body[0] for body in found] == [0, 1]
    assert log.stats.damaged == 0
    log, _ = await opened(tmp_path)
    await log.keep(record(9), Head())
    await log.close()
    assert [body[0] for body in (await bodies(tmp_path))[0]] == [0, 1, 9]


async def test_zeroes_after_a_power_cut_are_a_torn_tail(tmp_path):
    log = await filled(tmp_path, 2)
    await log.close()
    with segments(tmp_path)[-1].open("ab") as file:
        file.write(bytes(4096))
    found, log = await bodies(tmp_path)
    assert (len(found), log.stats.damaged) == (2, 0)


async def test_a_flipped_bit_costs_one_record(tmp_path):
    log = await filled(tmp_path, 4)
    await log.close()
    path = segments(tmp_path)[0]
    whole = path.read_bytes()
    for at in range(24, len(whole), 7):
        data = bytearray(whole)
        data[at] ^= 4
        path.write_bytes(data)
        found, log = await bodies(tmp_path)
        lost_last = at >= whole.rindex(b"oLR\x01")
        assert len(found) == 3
        assert log.stats.damaged == (0 if lost_last else 2)  # the damage, and the number that is missing
        if lost_last:
            path.write_bytes(whole)


async def test_a_bad_segment_does_not_hide_the_next(tmp_path):
    log = await filled(tmp_path, 2)
    log.mark()
    await log.keep(record(2), Head())
    await log.close()
    first, _ = segments(tmp_path)
    first.write_bytes(b"rubbish")
    found, log = await bodies(tmp_path)
    assert [body[0] for body in found] == [2]
    assert log.stats.damaged == 2


async def test_a_segment_that_died_at_birth_is_nothing(tmp_path):
    log = await filled(tmp_path, 1)
    await log.close()
    (tmp_path / f"{2:020d}.log").write_bytes(b"obsv")
    found, log = await bodies(tmp_path)
    assert (len(found), log.stats.damaged) == (1, 0)


async def test_a_body_cannot_pass_for_a_record(tmp_path):
    log, _ = await opened(tmp_path)
    forged = Record(666, "", 0, b"", b"forged")
    inner = b"".join(pack(forged, seq, secret) + forged.body for seq in (1, 2, 3) for secret in (0, 1))
    await log.keep(Record(1, "", 0, b"", inner), Head())
    await log.keep(record(1), Head())
    await log.close()
    path = segments(tmp_path)[0]
    data = bytearray(path.read_bytes())
    data[30] ^= 1
    path.write_bytes(data)
    log, seen = await opened(tmp_path)
    await log.close()
    assert [one.org for one in seen] == [7]


def test_scan_reports_what_it_steps_over():
    good = pack(record(1), 1, 5) + record(1).body
    found = list(scan(good + b"junk" + good + b"oLR\x01", 0, 5))
    assert [type(one) for one in found] == [Record, Damage, Record, Damage]
    assert found[1] == Damage(len(good), len(good) + 4, torn=False)
    assert found[3] == Damage(2 * len(good) + 4, 2 * len(good) + 8, torn=True)


async def test_flushed_segments_go(tmp_path):
    log = await filled(tmp_path, 3)
    first = log.mark()
    assert first == 3
    await log.keep(record(3), Head())
    assert len(segments(tmp_path)) == 2
    await log.drop(first)
    assert [path.name for path in segments(tmp_path)] == [f"{4:020d}.log"]
    await log.drop(log.mark())
    assert segments(tmp_path) == []
    assert log.stats.bytes == 0
    await log.keep(record(4), Head())
    await log.close()
    assert [body[0] for body in (await bodies(tmp_path, after=4))[0]] == [4]


async def test_long_segments_are_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("obsv.metrics.store.log.SEGMENT_BYTES", 300)
    log = await filled(tmp_path, 9)
    assert len(segments(tmp_path)) > 2
    await log.close()
    assert len((await bodies(tmp_path))[0]) == 9


async def test_waiting_requests_share_a_sync(tmp_path):
    log, _ = await opened(tmp_path, sync_ms=0)
    heads = [Head() for _ in range(50)]
    await asyncio.gather(*(log.keep(record(i), head) for i, head in enumerate(heads)))
    assert sum(head.applied for head in heads) == 50
    assert 0 < log.stats.syncs < 10
    assert log._synced == 50
    await log.close()


async def test_an_interval_syncs_in_the_background(tmp_path):
    log, _ = await opened(tmp_path, sync_ms=20)
    for i in range(5):
        await log.keep(record(i), Head())
        assert log._synced < i + 1
    await asyncio.sleep(0.2)
    assert log._synced == 5
    assert 0 < log.stats.syncs <= 5
    await log.close()


async def test_a_failed_sync_is_told_and_mended(tmp_path, monkeypatch):
    log, _ = await opened(tmp_path, sync_ms=0)
    real, broken = os.fdatasync, [True]

    def sync(fd):
        if broken[0]:
            raise OSError(errno.EIO, "Input/output error")
        real(fd)

    monkeypatch.setattr(os, "fdatasync", sync)
    with pytest.raises(StoreUnavailable, match="durable"):
        await log.keep(record(0), Head())
    head = Head()
    with pytest.raises(StoreUnavailable, match="durable"):
        await log.keep(record(1), head)
    assert (head.applied, head.aborted) == (0, 1)
    broken[0] = False
    await asyncio.sleep(1.2)
    await log.keep(record(2), Head())
    await log.close()
    assert [body[0] for body in (await bodies(tmp_path))[0]] == [0, 2]


async def test_a_partial_write_is_taken_back(tmp_path, monkeypatch):
    log = await filled(tmp_path, 1)
    real = os.writev

    def short(fd, parts):
        return real(fd, [b"".join(parts)[:10]])

    def full(fd, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "writev", short)
        patch.setattr(os, "write", full)
        head = Head()
        with pytest.raises(StoreUnavailable, match="No space left"):
            await log.keep(record(1), head)
        assert (head.applied, head.aborted) == (0, 1)
    monkeypatch.setattr(os, "writev", short)
    await log.keep(record(2), Head())
    await log.close()
    found, log = await bodies(tmp_path)
    assert [body[0] for body in found] == [0, 2]
    assert log.stats.damaged == 0


FULL = """
import asyncio, os, resource, signal, sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from tests.metrics.store.made import NOW, make, put, read
from obsv.metrics.store.base import StoreUnavailable

async def main():
    store = make(Path(sys.argv[1]))
    await store.open()
    store._keeper.cancel()
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    kept = []
    for i in range(400):
        try:
            await put(store, {"__name__": f"m{i:03d}", "pad": os.urandom(1500).hex()}, [(NOW + i, float(i))])
            kept.append(i)
        except StoreUnavailable as error:
            assert "cannot be written" in str(error), error
            assert error.retry_after_s
    assert 5 < len(kept) < 400, len(kept)
    assert len(await read(store)) == len(kept)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await put(store, {"__name__": "after"}, [(NOW, 1.0)])
    print(len(kept) + 1, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_a_full_disk_acknowledges_nothing_that_is_lost(tmp_path):
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), str(root), str(root / "plugins")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == -9, done.stderr
    store = make(tmp_path)
    await store.open()
    assert len(await read(store)) == int(done.stdout)
    assert store.log_stats.damaged == 0
    await store.close()
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
