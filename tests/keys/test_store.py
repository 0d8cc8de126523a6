"""Envelopes, subjects, the blind index, and what happens to lost or exchanged keys."""

from __future__ import annotations

import datetime as dt
import json
import stat
from pathlib import Path

import pytest

from obsv.keys import (
    INSTANCE,
    BadEnvelope,
    KeyProblem,
    KeyStore,
    MissingKey,
    SubjectErased,
    UnknownSubject,
    close_keys,
    keystore,
    open_keys,
)
from obsv.keys.ring import new_line

DAY = dt.date(2026, 11, 23)
CELL = ("users", "email", "usr_1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
async def store(folder: Path) -> KeyStore:
    made = KeyStore(folder)
    await made.create_subject("usr_1")
    await made.create_subject("org_7")
    return made


@pytest.mark.parametrize("data", [b"", b"a@example.org", bytes(range(256)) * 100])
async def test_round_trip(store: KeyStore, folder: Path, data: bytes) -> None:
    for subject in ("usr_1", INSTANCE):
        sealed = store.encrypt(subject, *CELL, data)
        assert store.decrypt(subject, *CELL, sealed) == data
        assert KeyStore(folder).decrypt(subject, *CELL, sealed) == data
        assert sealed != store.encrypt(subject, *CELL, data)
        assert sealed.startswith("v1.")


async def test_an_envelope_opens_in_its_own_cell_only(store: KeyStore) -> None:
    sealed = store.encrypt("usr_1", *CELL, b"x")
    for cell in (("users", "email", "usr_2"), ("users", "name", "usr_1"), ("invites", "email", "usr_1")):
        with pytest.raises(BadEnvelope):
            store.decrypt("usr_1", *cell, sealed)
    with pytest.raises(BadEnvelope):
        store.decrypt("org_7", *CELL, sealed)
    flipped = sealed[:-1] + ("A" if sealed[-1] != "A" else "B")
    for broken in (
        flipped,
        sealed[:-4],
        "",
        "v2" + sealed[2:],
        "v1.d1.a.b.c",
        sealed.replace(".d1.", ".d9."),
        "v1.d1.!.!",
    ):
        with pytest.raises(BadEnvelope):
            store.decrypt("usr_1", *CELL, broken)


async def test_keys_are_private_files(store: KeyStore, folder: Path) -> None:
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in found} >= {"master.key", "index.key", "known.json", "usr_1.json", "org_7.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}
    (folder / "master.key").chmod(0o644)
    with pytest.raises(MissingKey, match="chmod 600"):
        KeyStore(folder)


async def test_a_destroyed_subject_is_gone_for_good(store: KeyStore, folder: Path) -> None:
    sealed = store.encrypt("usr_1", *CELL, b"x")
    other = KeyStore(folder)
    await store.destroy_subject("usr_1", DAY)
    await store.destroy_subject("usr_1", DAY + dt.timedelta(days=1))
    for reader in (store, other):
        with pytest.raises(SubjectErased):
            reader.decrypt("usr_1", *CELL, sealed)
    with pytest.raises(SubjectErased):
        await store.create_subject("usr_1")
    assert [(stone.subject, stone.erased_on) for stone in store.tombstones()] == [("usr_1", DAY)]
    assert not store.has_subject("usr_1")
    assert store.has_subject("org_7")


async def test_another_replica_forgets_within_a_minute(store: KeyStore, folder: Path) -> None:
    now = 1000.0
    replica = KeyStore(folder, monotonic=lambda: now)
    sealed = replica.encrypt("usr_1", *CELL, b"x")
    await store.destroy_subject("usr_1", DAY)
    now += 61
    with pytest.raises(SubjectErased):
        replica.decrypt("usr_1", *CELL, sealed)


async def test_unknown_subjects_are_named(store: KeyStore) -> None:
    with pytest.raises(UnknownSubject, match="usr_404"):
        store.encrypt("usr_404", *CELL, b"x")
    for ref in ("", "../master", "a/b", "x" * 65, INSTANCE):
        with pytest.raises(ValueError, match="reference"):
            await store.create_subject(ref)


def test_blind_index(folder: Path, tmp_path: Path) -> None:
    store = KeyStore(folder)
    same = {
        store.blind_index(email)
        for email in ("Ann@Example.org", " ann@example.org", "ANN@example.ORG", "\uff41\uff4e\uff4e@example.org")
    }
    assert len(same) == 1
    assert len(same.pop()) == 64
    assert store.blind_index("a@example.org") != store.blind_index("b@example.org")
    assert store.blind_index("a@example.org") == KeyStore(folder).blind_index("a@example.org")
    assert store.blind_index("a@example.org") != KeyStore(tmp_path / "other").blind_index("a@example.org")


def test_a_lost_or_exchanged_key_stops_the_start(folder: Path) -> None:
    KeyStore(folder)
    kept = (folder / "master.key").read_text()
    (folder / "master.key").unlink()
    with pytest.raises(MissingKey, match=r"master\.key is gone"):
        KeyStore(folder)
    with pytest.raises(MissingKey, match="k1"):
        KeyStore(folder, master_keys=[new_line("k2")])
    with pytest.raises(MissingKey, match="k1"):
        KeyStore(folder, master_keys=[new_line("k1")])
    assert KeyStore(folder, master_keys=[kept.strip()]).created_master is None
    (folder / "index.key").unlink()
    with pytest.raises(MissingKey, match="index"):
        KeyStore(folder, master_keys=[kept.strip()])


@pytest.mark.parametrize(
    "lines",
    [["k1"], ["k1:short"], ["K 1:" + "A" * 43], [new_line("k1"), new_line("k1")], ["k1:ä"], [""]],
)
def test_bad_master_keys_are_refused_and_not_printed(folder: Path, lines: list[str]) -> None:
    with pytest.raises(KeyProblem) as caught:
        KeyStore(folder, master_keys=lines)
    assert "AAAA" not in str(caught.value)


async def test_rotation_leaves_sealed_data_alone(folder: Path) -> None:
    first, second = new_line("k1"), new_line("k2")
    store = KeyStore(folder, master_keys=[first])
    for i in range(20):
        await store.create_subject(f"usr_{i}")
    sealed = {i: store.encrypt(f"usr_{i}", "t", "c", str(i), b"x") for i in range(20)}
    rotated = KeyStore(folder, master_keys=[second, first])
    with pytest.raises(KeyProblem, match="20 subjects"):
        rotated.retire("k1")
    assert rotated.rewrap(dry_run=True) == 20
    assert rotated.rewrap() == 20
    assert rotated.rewrap() == 0
    with pytest.raises(KeyProblem, match="current"):
        rotated.retire("k2")
    rotated.retire("k1")
    alone = KeyStore(folder, master_keys=[second])
    assert {i: alone.decrypt(f"usr_{i}", "t", "c", str(i), text) for i, text in sealed.items()} == dict.fromkeys(
        sealed, b"x"
    )


async def test_rotation_does_not_bring_back_the_erased(folder: Path) -> None:
    first, second = new_line("k1"), new_line("k2")
    store = KeyStore(folder, master_keys=[first])
    await store.create_subject("usr_1")
    await store.destroy_subject("usr_1", DAY)
    assert KeyStore(folder, master_keys=[second, first]).rewrap() == 0
    assert not store.has_subject("usr_1")


async def test_a_swapped_subject_file_does_not_open(store: KeyStore, folder: Path) -> None:
    stolen = json.loads((folder / "subjects" / "org_7.json").read_text())
    (folder / "subjects" / "usr_1.json").write_text(json.dumps(stolen))
    with pytest.raises(BadEnvelope):
        KeyStore(folder).encrypt("usr_1", *CELL, b"x")


def test_the_installed_store(tmp_path: Path) -> None:
    close_keys()
    with pytest.raises(RuntimeError, match="key store"):
        keystore()
    assert open_keys(tmp_path) is keystore()
    close_keys()
