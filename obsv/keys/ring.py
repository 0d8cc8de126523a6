"""The master keys, which wrap every data key, and the memory of which ones were ever used."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from obsv.keys import envelope, files
from obsv.keys.errors import KeyProblem, MissingKey

KEY_ID = re.compile(r"[a-z0-9_-]{1,16}")
INDEX = "index"


class Ring:
    """Master keys by id; the first one given is current."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        self.keys = keys
        self.current = next(iter(keys))

    @classmethod
    def parse(cls, lines: Sequence[str]) -> Ring:
        """From `k2:<base64>` lines; raises `KeyProblem` without printing any key."""
        keys: dict[str, bytes] = {}
        for line in lines:
            key_id, separator, text = line.strip().partition(":")
            if not separator or not KEY_ID.fullmatch(key_id):
                raise KeyProblem('secrets.keys: expected entries like "k1:<32 bytes in base64>"')
            if key_id in keys:
                raise KeyProblem(f"secrets.keys: {key_id} is there twice")
            keys[key_id] = _key_bytes(key_id, text)
        if not keys:
            raise KeyProblem("secrets.keys: no key in it")
        return cls(keys)

    def get(self, key_id: str) -> bytes:
        """The key; raises `MissingKey`."""
        try:
            return self.keys[key_id]
        except KeyError:
            raise MissingKey(
                f"master key {key_id} is missing from [secrets]: what it protects cannot be read"
            ) from None


def new_line(key_id: str) -> str:
    """A fresh key as a line of the key file."""
    return f"{key_id}:{envelope.encode(os.urandom(envelope.KEY_BYTES))}"


def read_lines(path: Path) -> list[str]:
    """The key lines of a file (`#` begins a comment)."""
    return [line for line in files.read_private(path).splitlines() if line.strip() and not line.startswith("#")]


def _key_bytes(key_id: str, text: str) -> bytes:
    try:
        key = envelope.decode(text.strip().rstrip("=").replace("+", "-").replace("/", "_"))
    except ValueError:
        key = b""
    if len(key) != envelope.KEY_BYTES:
        raise KeyProblem(f"secrets.keys: {key_id} is not 32 bytes in base64")
    return key


class Known:
    """Fingerprints of the keys in use, so that a lost or exchanged one stops the start and loses nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, str]:
        """Fingerprint by key id."""
        if not self._path.exists():
            return {}
        return msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])

    def remember(self, keys: dict[str, bytes]) -> None:
        """Add keys; raises `MissingKey` when an id stands for another key than before."""
        seen = self.read()
        fresh = seen | {key_id: fingerprint(key) for key_id, key in keys.items()}
        for key_id in keys.keys() & seen.keys():
            if seen[key_id] != fresh[key_id]:
                raise MissingKey(f"key {key_id} is not the one that the stored data was protected with")
        if fresh != seen:
            files.write_private(self._path, msgspec.json.encode(fresh, order="sorted"))

    def forget(self, key_id: str) -> None:
        """A retired key may be absent from now on."""
        seen = self.read()
        seen.pop(key_id, None)
        files.write_private(self._path, msgspec.json.encode(seen, order="sorted"))


def fingerprint(key: bytes) -> str:
    """Tells keys apart and reveals nothing of them."""
    return hmac.new(key, b"obsv key fingerprint", hashlib.sha256).hexdigest()[:32]
