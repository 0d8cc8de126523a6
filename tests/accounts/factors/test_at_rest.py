"""What a copy of the database tells about factors: nothing that signs in."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from obsv.core.days import day_of
from obsv.db import checkpoint, fetch
from obsv.keys import BadEnvelope, KeyStore, SubjectErased
from tests.accounts.factors.authenticator import Authenticator
from tests.accounts.factors.conftest import MakePerson
from tests.accounts.factors.person import Person, code_of

TABLES = ("totp_secrets", "recovery_codes", "passkeys", "sessions", "attempts", "outbox_messages", "audit_log")


async def everything(folder: Path) -> str:
    """Every file of the instance but its keys, and every row."""
    await checkpoint()
    files = [path for path in folder.rglob("*") if path.is_file() and "keys" not in path.parts]
    text = b"".join(path.read_bytes() for path in files).decode("latin-1")
    rows = [await fetch(f"SELECT * FROM {table}") for table in TABLES]
    return text + str(rows)


async def test_no_secret_is_in_clear(ann: Person, person: MakePerson, tmp_path: Path) -> None:
    offered = (await ann.must("POST", "/me/totp"))["secret"]
    secret, codes = await ann.add_totp()
    options = (await ann.must("POST", "/me/passkeys/options"))["options"]
    browser = await person("ann", is_signed_in=False)
    await browser.sign_in()
    waiting = browser.cookie
    await browser.door("/login/factor", code=code_of(secret, ann.clock))
    told = await everything(tmp_path)
    assert ann.user_id in told  # it is the right place to look
    canaries = [offered, secret, options["challenge"], ann.cookie, waiting, browser.cookie]
    canaries += [*codes, *(code.replace("-", "") for code in codes)]
    canaries += [base64.b32decode(secret).decode("latin-1"), ann.csrf]
    for canary in canaries:
        assert canary not in told


async def test_erasing_the_person_makes_the_secret_unreadable(ann: Person, tmp_path: Path) -> None:
    await ann.add_totp()
    (row,) = await fetch("SELECT secret_enc FROM totp_secrets")
    keys = KeyStore(tmp_path / "keys")
    await keys.destroy_subject(ann.user_id, day_of(ann.clock.now_ms()))
    with pytest.raises(SubjectErased):
        keys.decrypt(ann.user_id, "totp_secrets", "secret_enc", ann.user_id, row["secret_enc"])


async def test_a_sealed_secret_moved_to_another_row_does_not_open(ann: Person, person: MakePerson) -> None:
    bob = await person("bob")
    await ann.add_totp()
    await ann.add_passkey(Authenticator())
    (row,) = await fetch("SELECT secret_enc FROM totp_secrets")
    with pytest.raises(BadEnvelope):
        KeyStore(Path(bob.service.settings.data_dir) / "keys").decrypt(
            bob.user_id, "totp_secrets", "secret_enc", bob.user_id, row["secret_enc"]
        )
