"""Whether a key that a provider publishes signed an id token.  Source: RFC 7515, 7517, 7518, 8037.

Which algorithm checks a token is never the token's choice: it must be in the list below and fit the key's own type, so
neither `none` nor an HMAC under a public key passes.
"""

from __future__ import annotations

from typing import Final

import msgspec
from joserfc import jwk, jws
from joserfc.errors import JoseError
from joserfc.util import base64_to_int

from obsv.accounts.oauth.jwks import NEEDS, BadSignature, Header, PublicKey

RSA_BITS: Final = 2048


class _Allowed(jws.JWSRegistry):
    algorithms = {
        **{name: jws.JWSRegistry.algorithms[name] for name in ("RS256", "ES256", "Ed25519")},
        "EdDSA": jws.JWSRegistry.algorithms["Ed25519"],
    }


# Headers that we don't know are harmless unless `crit` names them, which is always checked.
_REGISTRY: Final = _Allowed(algorithms=list(NEEDS), strict_check_header=False)


def header_of(token: str) -> Header:
    """The header, which nobody has vouched for yet.  Raises `BadSignature` for an algorithm that is not taken."""
    try:
        header = msgspec.convert(jws.extract_compact(token.encode(), registry=_REGISTRY).headers(), Header)
    except (JoseError, msgspec.ValidationError, ValueError) as error:
        raise BadSignature("the id token cannot be read") from error
    if header.alg not in NEEDS:
        raise BadSignature("the id token is not signed with RS256, ES256 or EdDSA")
    return header


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
