"""Passwords: what is accepted, how it is kept, how it is checked without telling whether an account exists.

argon2id needs much memory on purpose, so hashing happens in a thread behind a narrow gate; who would wait too long at
the gate is asked to come back.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from obsv.accounts.common import is_common
from obsv.core.errors import Invalid, Unavailable

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 256
GATE: Final = 2
GATE_WAIT_S: Final = 2.0

T = TypeVar("T")


def normalise(password: str) -> str:
    """NFKC, so that one password typed on two keyboards is the same one."""
    return unicodedata.normalize("NFKC", password)


def problem_with(password: str, context: Iterable[str] = ()) -> str | None:
    """Why a new password is refused, in words that say how to mend it; None if it is fine.

    `context` holds words an attacker would try first here: the organisation's name, the email address.
    """
    text = normalise(password)
    if len(text) < MIN_LENGTH:
        return f"Use at least {MIN_LENGTH} characters; a few unrelated words are easy to remember."
    if len(text) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    if is_common(text):
        return "This is one of the passwords that are guessed first. Choose another, such as a few unrelated words."
    folded = text.casefold()
    for word in ("obsv", *context):
        if len(word) >= 4 and len(folded.replace(word.casefold(), "")) < MIN_LENGTH / 2 and word.casefold() in folded:
            return f"Leave out “{word}”, or add more to it: it is guessed first here."
    return None


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """A PHC string that takes as long to check as any, without a password that fits; made without hashing."""
    salt, tag = (
        base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${tag}"


class Passwords:
    """Hashes and checks passwords with argon2id."""

    def __init__(self, *, time_cost: int, memory_cost: int, parallelism: int) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_cost, parallelism=parallelism)
        self._gate = asyncio.Semaphore(GATE)
        # Checked for unknown accounts, so that they take as long as known ones.
        self._nobody = _hash_of_nothing(self._hasher)

    async def hash(self, password: str) -> str:
        """PHC string of a password that `problem_with` had nothing against.  Raises `Unavailable` under load."""
        text = normalise(password)
        return await self._behind_gate(lambda: self._hasher.hash(text))

    async def check(self, stored: str | None, password: str) -> bool:
        """Whether the password is right; without a stored hash it takes the same time and is wrong.

        Raises `Unavailable` under load.
        """
        text = normalise(password)
        right = await self._behind_gate(lambda: self._verify(stored or self._nobody, text))
        return right and stored is not None

    def needs_rehash(self, stored: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, text: str) -> bool:
        try:
            return self._hasher.verify(stored, text)
        except (VerificationError, InvalidHashError):
            return False

    async def _behind_gate(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(GATE_WAIT_S):
                await self._gate.acquire()
        except TimeoutError:
            raise Unavailable(
                "Too many people are signing in at this moment; try again in a few seconds.", retry_after_s=5
            ) from None
        try:
            return await asyncio.to_thread(work)
        finally:
            self._gate.release()


def require_good(password: str, context: Iterable[str] = ()) -> None:
    """Raise `Invalid` for a password that policy refuses."""
    problem = problem_with(password, context)
    if problem:
        raise Invalid(problem, code="bad_password")
