"""Signing as a provider does, by hand on `cryptography`: the product's own library is not the judge of itself."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Keys:
    """Three key pairs under one `kid` prefix."""

    def __init__(self, prefix: str, rsa_bits: int = 2048) -> None:
        self.prefix = prefix
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.ed = ed25519.Ed25519PrivateKey.generate()

    def public(self) -> list[dict[str, str]]:
        rsa_numbers, ec_numbers = self.rsa.public_key().public_numbers(), self.ec.public_key().public_numbers()
        raw = self.ed.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        x, y = (b64(value.to_bytes(32, "big")) for value in (ec_numbers.x, ec_numbers.y))
        return [
            {"kty": "RSA", "kid": f"{self.prefix}-RS256", "use": "sig", "alg": "RS256", "n": number(rsa_numbers.n), "e": number(rsa_numbers.e)},
            {"kty": "EC", "kid": f"{self.prefix}-ES256", "use": "sig", "crv": "P-256", "x": x, "y": y},
            {"kty": "OKP", "kid": f"{self.prefix}-EdDSA", "alg": "EdDSA", "crv": "Ed25519", "x": b64(raw)},
        ]  # fmt: skip

    def sign(self, alg: str, data: bytes) -> bytes:
        match alg:
            case "RS256":
                return self.rsa.sign(data, padding.PKCS1v15(), hashes.SHA256())
            case "ES256":
                r, s = decode_dss_signature(self.ec.sign(data, ec.ECDSA(hashes.SHA256())))
                return r.to_bytes(32, "big") + s.to_bytes(32, "big")
            case "EdDSA":
                return self.ed.sign(data)
            case "HS256":
                pem = self.rsa.public_key().public_bytes(
                    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
                )
                return hmac.digest(pem, data, hashlib.sha256)
            case _:
                return b""
