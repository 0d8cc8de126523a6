"""What a plugin is configured with: a frozen struct of its own, and secrets that are not printed by accident."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec


class Secret:
    """A text that shows itself only when asked."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


class PluginSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what a plugin is configured with."""


S = TypeVar("S", bound=PluginSettings)


def _secret(wanted: type, value: Any) -> Any:
    if wanted is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError(f"expected {wanted.__name__}, got {type(value).__name__}")


def decode(settings: type[S], values: Mapping[str, object]) -> S:
    """Values from TOML or a form as a plugin's struct.  Raises ValueError, naming the key and what was expected."""
    try:
        # Not strict: what comes from an environment variable is a text, also where a number is meant.
        return msgspec.convert(dict(values), settings, strict=False, dec_hook=_secret)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
