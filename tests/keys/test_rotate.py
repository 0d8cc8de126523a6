"""Rotation from the command line, beside a running server, and through a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from obsv.keys import KeyProblem, KeyStore
from tests.live import Live, appliance

PASSWORD = "correct horse battery 9"


def make_people(live: Live, count: int) -> None:
    for number in range(count):
        arguments = ("--email", f"p{number}@example.org", "--name", "P", "--org", "operator", "--role", "owner")
        live.cli("admin", "create-user", *arguments, "--password-stdin", stdin=PASSWORD)


def can_sign_in(live: Live, number: int) -> bool:
    """Reading the name needs the person's data key."""
    request = urllib.request.Request(
        live.url + "/login",
        f"email=p{number}%40example.org&password={PASSWORD.replace(' ', '+')}&remember=yes".encode(),
        {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"},
    )

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    try:
        urllib.request.build_opener(Stay()).open(request, timeout=10)
    except urllib.error.HTTPError as answer:
        return answer.code == 303
    return False


@pytest.mark.slow
def test_a_running_server_follows_and_the_old_key_can_go(tmp_path: Path) -> None:
    with appliance(tmp_path) as live:
        make_people(live, 2)
        assert can_sign_in(live, 0)
        before = json.loads(live.cli("keys", "check", "--json"))
        assert before["masters"] == ["k1"]
        assert before["wraps"] == {"k1": 2}
        rotated = json.loads(live.cli("keys", "rotate", "--json"))
        assert rotated == {"current": "k2", "wrapped": 2, "dry_run": False}
        assert can_sign_in(live, 1)  # its data key was not read before
        arguments = ("--email", "p2@example.org", "--name", "P", "--org", "operator", "--role", "owner")
        live.cli("admin", "create-user", *arguments, "--password-stdin", stdin=PASSWORD)
        after = json.loads(live.cli("keys", "check", "--json"))
        assert after["wraps"] == {"k2": 3, "k1": 0}
        live.cli("keys", "retire", "k1")
        live.stop()
        live.start()
        assert can_sign_in(live, 2)
        assert json.loads(live.cli("audit", "verify", "--org", "instance", "--json"))["chains"][0]["whole"]


def test_misuse_is_told(tmp_path: Path) -> None:
    live = Live(tmp_path)
    make_people(live, 1)
    for arguments, words in ((("retire", "k1"), "current"), (("retire", "k7"), "no master key k7")):
        with pytest.raises(AssertionError, match=words):
            live.cli("keys", *arguments)


@pytest.mark.slow
def test_a_kill_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    subjects = [f"usr_{number}" for number in range(400)]
    store = KeyStore(folder)
    for subject in subjects:
        store._create(subject)
    sealed = {subject: store.encrypt(subject, "t", "c", subject, subject.encode()) for subject in subjects}
    for _ in range(4):
        code = f"from obsv.keys import KeyStore; from pathlib import Path; s=KeyStore(Path({str(folder)!r})); s.add_master(); print('go', flush=True); s.rewrap()"
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=os.environ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
    # The store that was open all the time reads everything, and so does a fresh one.
    for one in (store, KeyStore(folder)):
        one._cache.clear()
        assert all(
            one.decrypt(subject, "t", "c", subject, text) == subject.encode() for subject, text in sealed.items()
        )
    fresh = KeyStore(folder)
    fresh.rewrap()
    current, *old = fresh.master_ids
    assert fresh.wrapped_by()[current] == len(subjects)
    for key_id in old:
        fresh.retire(key_id)
    assert KeyStore(folder).master_ids == (current,)


def test_keys_from_the_settings_are_rotated_there(tmp_path: Path) -> None:
    from obsv.keys.ring import new_line

    first, second = new_line("a"), new_line("b")
    store = KeyStore(tmp_path, master_keys=[first])
    store._create("usr_1")
    with pytest.raises(KeyProblem, match="first in that list"):
        store.add_master()
    moved = KeyStore(tmp_path, master_keys=[second, first])
    assert moved.rewrap() == 1
    moved.retire("a")
    assert KeyStore(tmp_path, master_keys=[second]).wrapped_by() == {"b": 1}
