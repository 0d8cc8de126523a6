"""The keys that a provider publishes, and which of them a token must be signed with.  Source: RFC 7517, 7518, 8037.

Only the public members of a published key are read.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

KeyType = Literal["RSA", "EC", "OKP"]

# Algorithm to the key it needs. RFC 9864 names Ed25519 what providers still call EdDSA.
NEEDS: Final[dict[str, tuple[KeyType, str]]] = {
    "RS256": ("RSA", ""),
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}


class PublicKey(msgspec.Struct, frozen=True):
    """A published key; which members it has depends on `kty`."""

    kty: str
    kid: str = ""
    use: str = ""
    alg: str = ""
    crv: str = ""
    n: str = ""
    e: str = ""
    x: str = ""
    y: str = ""

    def fits(self, algorithm: str) -> bool:
        """Whether a signature by this algorithm can be its."""
        names = {algorithm, "EdDSA", "Ed25519"} if self.kty == "OKP" else {algorithm}
        return NEEDS[algorithm] == (self.kty, self.crv) and self.use in {"", "sig"} and self.alg in {"", *names}


class KeySet(msgspec.Struct, frozen=True):
    """What stands at `jwks_uri`."""

    keys: list[PublicKey]


class Header(msgspec.Struct, frozen=True):
    """What a token says of its signature."""

    alg: str
    kid: str = ""


class BadSignature(Exception):  # a state of what was sent
    """The token is not signed as it must be; the text says why."""


def key_for(header: Header, keys: KeySet) -> PublicKey | None:
    """The one key that can have signed it; None without one, or without a `kid` to tell several apart."""
    fitting = [key for key in keys.keys if key.fits(header.alg) and header.kid in {"", key.kid}]
    return fitting[0] if len(fitting) == 1 else None
