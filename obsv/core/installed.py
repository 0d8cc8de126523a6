"""A process-wide part that is put in place once at start (the key store, the audit log, the mail queue)."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Installed(Generic[T]):
    """Holds one object between `put` and `clear`; using it outside of that is a named error."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._value: T | None = None

    def put(self, value: T) -> T:
        """Install (a second call replaces the first) and return it."""
        self._value = value
        return value

    def get(self) -> T:
        """The installed object; raises RuntimeError when there is none."""
        if self._value is None:
            raise RuntimeError(f"the {self._what} is not installed: start it first")
        return self._value

    def clear(self) -> None:
        """Take it away."""
        self._value = None
