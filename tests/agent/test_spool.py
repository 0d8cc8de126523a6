"""Nothing queued is lost within the bound, whatever ends the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from obsv.agent import spool as module
from obsv.agent.series import Batch
from obsv.agent.spool import Spool, SpoolBusyError


def drain(spool: Spool) -> list[bytes]:
    bodies = []
    while stored := spool.oldest():
        bodies.append(stored.body)
        spool.done(stored.number)
    return bodies


def test_first_in_first_out_over_a_restart(tmp_path):
    spool = Spool(str(tmp_path))
    for number in range(12):
        spool.put(Batch(b"body %d" % number, number))
    spool.close()
    again = Spool(str(tmp_path))
    assert len(again) == 12
    again.put(Batch(b"body 12", 1))
    assert drain(again) == [b"body %d" % number for number in range(13)]
    assert again.bytes == 0
    assert os.listdir(tmp_path) == ["lock"]


def test_beyond_the_bound_the_oldest_goes_and_is_counted(tmp_path):
    spool = Spool(str(tmp_path), limit=1000)
    for number in range(15):
        spool.put(Batch(b"%03d" % number + b"x" * 97, 7))
    assert (spool.dropped_batches, spool.dropped_samples, spool.bytes) == (5, 35, 1000)
    assert [body[:3] for body in drain(spool)] == [b"%03d" % number for number in range(5, 15)]


def test_a_batch_dropped_while_it_is_sent_does_not_take_another_with_it(tmp_path):
    spool = Spool(str(tmp_path), limit=200)
    spool.put(Batch(b"a" * 100, 1))
    sending = spool.oldest()
    assert sending is not None
    spool.put(Batch(b"b" * 100, 1))
    spool.put(Batch(b"c" * 100, 1))
    spool.done(sending.number)
    assert [body[:1] for body in drain(spool)] == [b"b", b"c"]


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_damaged_tail_is_dropped_and_the_rest_kept(tmp_path, damage):
    spool = Spool(str(tmp_path))
    for text in (b"one", b"two", b"three"):
        spool.put(Batch(text, 1))
    spool.close()
    last = max(tmp_path.glob("*.batch"))
    data = last.read_bytes()
    last.write_bytes({"cut": data[:-2], "flip": data[:-1] + b"X", "empty": b""}[damage])
    (tmp_path / "0000000000000009.batch.part").write_bytes(b"half")
    again = Spool(str(tmp_path))
    assert drain(again) == [b"one", b"two"]
    assert again.dropped_batches == 1
    assert os.listdir(tmp_path) == ["lock"]


def test_two_agents_do_not_share_a_directory(tmp_path):
    first = Spool(str(tmp_path))
    with pytest.raises(SpoolBusyError):
        Spool(str(tmp_path))
    first.close()
    Spool(str(tmp_path)).close()


def test_a_full_disk_keeps_batches_in_bounded_memory(tmp_path, monkeypatch):
    spool = Spool(str(tmp_path))
    spool.put(Batch(b"on disk", 1))

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "write", full)
    monkeypatch.setattr(module, "_MEMORY_LIMIT", 250)
    for letter in (b"a", b"b", b"c", b"d"):
        spool.put(Batch(letter * 100, 1))
    monkeypatch.undo()
    assert spool.dropped_batches == 2
    assert [body[:1] for body in drain(spool)] == [b"o", b"c", b"d"]
    assert os.listdir(tmp_path) == ["lock"]


def test_kill_loses_nothing_that_was_queued(tmp_path):
    program = (
        "import sys\nfrom obsv.agent.series import Batch\nfrom obsv.agent.spool import Spool\n"
        "spool = Spool(sys.argv[1])\nnumber = 0\n"
        "while True:\n    spool.put(Batch(b'%d' % number, 1))\n    print(number, flush=True)\n    number += 1\n"
    )
    root = str(Path(__file__).parents[2])
    child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, cwd=root)
    assert child.stdout is not None
    for _ in range(50):
        child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    said = [int(line) for line in child.stdout.read().split()]
    child.wait()
    child.stdout.close()
    queued = [int(body) for body in drain(Spool(str(tmp_path)))]
    assert queued == list(range(len(queued)))
    assert len(queued) > max(said, default=49)
