"""How a person wants the cabinet to be: stored with the account, so that it follows them from browser to browser."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from obsv.db import execute, fetch

_ZONE: Final = "^([A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*)?$"
_COLUMNS: Final = "language, time_zone, clock, theme"


class Preferences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An empty value leaves the matter to the browser, or to the language where it is the clock.

    `language` is a tag such as `de`; one that the cabinet does not speak is read as English. `time_zone` is a name such
    as `Europe/Berlin`: browsers and systems know different ones, so the cabinet takes its own for one that it lacks.
    """

    language: Annotated[str, msgspec.Meta(pattern="^([a-z]{2,3}(-[A-Za-z0-9]{2,8})?)?$")] = ""
    time_zone: Annotated[str, msgspec.Meta(max_length=64, pattern=_ZONE)] = ""
    clock: Literal["", "12", "24"] = ""
    theme: Literal["", "system", "light", "dark"] = ""


async def preferences_of(user_id: str) -> Preferences:
    """What the person chose; all empty for who chose nothing."""
    rows = await fetch(f"SELECT {_COLUMNS} FROM users WHERE id = {{}}", user_id)  # noqa: S608
    return msgspec.convert(rows[0], Preferences) if rows else Preferences()


async def prefer(user_id: str, wanted: Preferences) -> None:
    """Keep all of it."""
    await execute(
        "UPDATE users SET language = {}, time_zone = {}, clock = {}, theme = {} WHERE id = {}",
        *(*msgspec.structs.astuple(wanted), user_id),
    )
