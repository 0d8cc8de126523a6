"""Links in mails that need no sign-in: they name whom they are for, and carry a keyed hash as a proof.

A link works as long as what it is about is there, so that an old mail still unsubscribes; nothing of it is stored.
"""

from __future__ import annotations

import hmac
from typing import Final

from obsv.core.errors import Gone
from obsv.keys import KeyStore

_LONGEST: Final = 200


class SignedLinks:
    """Makes and checks the tokens; each is good for one purpose."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys

    def token(self, purpose: str, ref: str) -> str:
        """What goes into a link."""
        return f"{ref}.{self._proof(purpose, ref)}"

    def read(self, purpose: str, token: str) -> str:
        """Whom a token is for.  Raises `Gone` for one that is not ours."""
        ref, _, proof = token.rpartition(".")
        fits = len(token) <= _LONGEST and token.isascii()
        if not fits or not ref or not hmac.compare_digest(proof, self._proof(purpose, ref)):
            raise link_gone()
        return ref

    def _proof(self, purpose: str, ref: str) -> str:
        # No address: an @ is in each of those.
        return self._keys.blind_index(f"link:{purpose}:{ref}")[:43]


def link_gone() -> Gone:
    """What is told of every link that does nothing, whatever the reason."""
    return Gone("This link is too old, or lost a part when it was copied.", code="link_gone")
