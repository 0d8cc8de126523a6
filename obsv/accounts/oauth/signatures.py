"""Whether a key that a provider publishes signed an id token.  Source: RFC 7515, 7517, 7518, 8037.

Which algorithm checks a token is never the token's choice: it must be in the list below and fit the key's own type, so
neither `none` nor an HMAC under a public key passes. Only the public members of a published key are read.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from joserfc import jwk, jws
from joserfc.errors import JoseError
from joserfc.util import base64_to_int

RSA_BITS: Final = 2048
KeyType = Literal["RSA", "EC", "OKP"]

# Algorithm to the key it needs. RFC 9864 names Ed25519 what providers still call EdDSA.
_NEEDS: Final[dict[str, tuple[KeyType, str]]] = {
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
        return _NEEDS[algorithm] == (self.kty, self.crv) and self.use in {"", "sig"} and self.alg in {"", *names}


class KeySet(msgspec.Struct, frozen=True):
    """What stands at `jwks_uri`."""

    keys: list[PublicKey]


class Header(msgspec.Struct, frozen=True):
    """What a token says of its signature."""

    alg: str
    kid: str = ""


class BadSignature(Exception):  # a state of what was sent
    """The token is not signed as it must be; the text says why."""


class _Allowed(jws.JWSRegistry):
    algorithms = {
        **{name: jws.JWSRegistry.algorithms[name] for name in ("RS256", "ES256", "Ed25519")},
        "EdDSA": jws.JWSRegistry.algorithms["Ed25519"],
    }


# Headers that we don't know are harmless unless `crit` names them, which is always checked.
_REGISTRY: Final = _Allowed(algorithms=list(_NEEDS), strict_check_header=False)


def header_of(token: str) -> Header:
    """The header, which nobody has vouched for yet.  Raises `BadSignature` for an algorithm that is not taken."""
    try:
        header = msgspec.convert(jws.extract_compact(token.encode(), registry=_REGISTRY).headers(), Header)
    except (JoseError, msgspec.ValidationError, ValueError) as error:
        raise BadSignature("the id token cannot be read") from error
    if header.alg not in _NEEDS:
        raise BadSignature("the id token is not signed with RS256, ES256 or EdDSA")
    return header


def key_for(header: Header, keys: KeySet) -> PublicKey | None:
    """The one key that can have signed it; None without one, or without a `kid` to tell several apart."""
    fitting = [key for key in keys.keys if key.fits(header.alg) and header.kid in {"", key.kid}]
    return fitting[0] if len(fitting) == 1 else None


def payload_of(token: str, key: PublicKey) -> bytes:
    """What the key signed.  Raises `BadSignature`."""
    try:
        return jws.deserialize_compact(token.encode(), _imported(key), registry=_REGISTRY).payload
    except (JoseError, ValueError) as error:
        raise BadSignature("the signature of the id token is not right") from error


def _imported(key: PublicKey) -> jwk.Key:
    match key.kty:
        case "RSA":
            if base64_to_int(key.n).bit_length() < RSA_BITS:
                raise BadSignature(f"its RSA key has fewer than {RSA_BITS} bits")
            return jwk.RSAKey.import_key({"kty": "RSA", "n": key.n, "e": key.e})
        case "EC":
            return jwk.ECKey.import_key({"kty": "EC", "crv": key.crv, "x": key.x, "y": key.y})
        case _:
            return jwk.OKPKey.import_key({"kty": "OKP", "crv": key.crv, "x": key.x})
