"""Names, slugs and addresses as people type them."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from obsv.core.errors import Invalid

NAME_MAX: Final = 100
SLUG_MAX: Final = 48
LOCAL_MAX: Final = 64
EMAIL_MAX: Final = 254
# One @, and nothing that could start another header or another recipient.
_PART: Final = r"[^@\s,;:<>()\[\]\\\"\x00-\x1f\x7f]+"
_EMAIL: Final = re.compile(f"{_PART}@{_PART}")


def clean_name(name: str, what: str) -> str:
    """A name without control characters and stray blanks; raises `Invalid` for none or too much."""
    text = " ".join(unicodedata.normalize("NFC", name).split())
    text = "".join(char for char in text if unicodedata.category(char) != "Cc")
    if not text:
        raise Invalid(f"Give {what} a name.", code="no_name")
    if len(text) > NAME_MAX:
        raise Invalid(f"Use at most {NAME_MAX} characters.", code="long_name")
    return text


def clean_email(email: str) -> str:
    """An address that mail can go to, without blanks around it; raises `Invalid` with what is wrong."""
    text = unicodedata.normalize("NFKC", email).strip()
    local, _, domain = text.rpartition("@")
    fits = len(local) <= LOCAL_MAX and len(text) <= EMAIL_MAX and "" not in domain.split(".")
    if not fits or not _EMAIL.fullmatch(text):
        raise Invalid("Enter an email address such as ann@example.org.", code="bad_email")
    return text


def slugify(name: str) -> str:
    """The name as part of an address: `Acme GmbH` becomes `acme-gmbh`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_MAX].strip("-") or "org"
