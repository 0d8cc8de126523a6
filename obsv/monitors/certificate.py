"""Reading a server's certificate."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtensionOID

from obsv.monitors.types import Certificate

DAY_MS = 86_400_000


def read_certificate(der: bytes) -> Certificate | None:
    """What a person wants to know of it; None where it cannot be read."""
    try:
        found = x509.load_der_x509_certificate(der)
        return Certificate(
            subject=found.subject.rfc4514_string()[:300],
            issuer=found.issuer.rfc4514_string()[:300],
            names=[name[:255] for name in _names(found)[:20]],
            begins_at_ms=int(found.not_valid_before_utc.timestamp() * 1000),
            ends_at_ms=int(found.not_valid_after_utc.timestamp() * 1000),
            fingerprint=found.fingerprint(SHA256()).hex(),
        )
    except (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return None


def ends_soon(certificate: Certificate | None, days: int, now_ms: int) -> str:
    """What is wrong with how long it is valid still; empty when nothing is."""
    if not days:
        return ""
    if certificate is None:
        return "it has no certificate that can be read"
    left = (certificate.ends_at_ms - now_ms) / DAY_MS
    return f"its certificate ends in {left:.1f} days" if left < days else ""


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except x509.ExtensionNotFound:
        return []
    value = extension.value
    if not isinstance(value, x509.SubjectAlternativeName):
        return []
    return [*value.get_values_for_type(x509.DNSName), *map(str, value.get_values_for_type(x509.IPAddress))]
