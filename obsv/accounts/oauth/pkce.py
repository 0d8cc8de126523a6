"""Proof that who exchanges the code is who asked for it.  Source: RFC 7636, method S256 alone."""

from __future__ import annotations

import base64
import hashlib


def challenge_of(verifier: str) -> str:
    """What goes with the browser; the verifier itself goes from server to server."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
