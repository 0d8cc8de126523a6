"""One sealed value as text: `v1.<key id>.<nonce>.<ciphertext and tag>`, both base64url.

Source: AES-256-GCM with random 96-bit nonces, of which a key may use 2^32 (NIST SP 800-38D).
"""

from __future__ import annotations

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = "v1"
KEY_BYTES = 32
NONCE_BYTES = 12


class BadEnvelope(Exception):  # a state of the data
    """The text is no envelope, was altered, or belongs to another row."""


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Inverse of `encode`; raises ValueError, also for a second spelling of the same bytes."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if encode(data) != text:
        raise ValueError("not canonical base64url")
    return data


def seal(key: bytes, key_id: str, place: tuple[str, str, str], data: bytes) -> str:
    """Encrypt `data` for (table, column, row)."""
    nonce = os.urandom(NONCE_BYTES)
    return ".".join((VERSION, key_id, encode(nonce), encode(AESGCM(key).encrypt(nonce, data, _bind(place)))))


def key_id_of(envelope: str) -> str:
    """Which key opens it; raises `BadEnvelope`."""
    parts = envelope.split(".")
    if len(parts) != 4 or parts[0] != VERSION:
        raise BadEnvelope("not an envelope")
    return parts[1]


def unseal(key: bytes, place: tuple[str, str, str], envelope: str) -> bytes:
    """Decrypt what was sealed for (table, column, row); raises `BadEnvelope`."""
    key_id_of(envelope)
    _, _, nonce, sealed = envelope.split(".")
    try:
        return AESGCM(key).decrypt(decode(nonce), decode(sealed), _bind(place))
    except (InvalidTag, ValueError):
        raise BadEnvelope(f"an envelope of {place[0]}.{place[1]} does not open: altered, or of another row") from None


def _bind(place: tuple[str, str, str]) -> bytes:
    return "|".join((*place, VERSION)).encode()
