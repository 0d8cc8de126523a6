"""Channels as `obsv apply` and `obsv export` know them: files in `channels/`, without their secrets.

A secret stands in a file as `NAME_env` (an environment variable) or `NAME_file` (a file that holds it); one that is
left out stays as it is.  An export leaves them all out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from obsv.audit import SYSTEM
from obsv.config.documents import FileText, Form, files_in, place_of, read_files, text_of
from obsv.core.difference import Change
from obsv.core.errors import Invalid
from obsv.notify.channels import Channels
from obsv.notify.forms import secrets_of
from obsv.notify.store import Channel
from obsv.notify.types import ChannelWish

HIDDEN: Final = "***"


class ChannelKind:
    """The kind of thing that stands in `channels/`."""

    name, folder = "channel", "channels"

    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    def load(self, folder: Path) -> Mapping[str, ChannelWish]:
        """What the files say, by name.  Raises `ConfigError` with every file's mistake."""
        found = read_files(files_in(folder), lambda path: (self._read(path),), lambda wish: {"name": wish.name})
        return {wish.name: wish for _, wish in found}

    async def listed(self, org: int) -> Mapping[str, tuple[ChannelWish, bool]]:
        """What is there, secrets too: by name, and whether it came from a file."""
        return {one.name: (_wish(one), one.is_applied) for one in await self._channels.every(org)}

    def diff(self, before: ChannelWish, after: ChannelWish) -> Sequence[Change]:
        """What putting `after` would change."""
        hidden = self._secrets(after.kind)
        # What a file leaves out is a secret that stays, or has its default.
        kept = {name: before.settings[name] for name in hidden if name in before.settings}
        old, new = (_flat(one) for one in (before, msgspec.structs.replace(after, settings=kept | after.settings)))
        changes: list[Change] = []
        for path in [*old, *(path for path in new if path not in old)]:
            if path in new and old.get(path) != new[path]:
                is_hidden = path.partition(".")[2] in hidden
                told = (HIDDEN, HIDDEN) if is_hidden else (old.get(path), new[path])
                changes.append(Change(path, *told))
        return changes

    def written(self, thing: ChannelWish, form: Form) -> str:
        """The text of its file, without secrets."""
        hidden = self._secrets(thing.kind)
        settings = {name: value for name, value in thing.settings.items() if name not in hidden}
        return text_of(msgspec.structs.replace(thing, settings=settings), form)

    async def put(self, org: int, thing: ChannelWish) -> None:
        """Make it so, whatever is there.  Raises ObsvError."""
        there = {one.name: one for one in await self._channels.every(org)}
        if (kept := there.get(thing.name)) is None:
            await self._channels.create(org, thing, by=SYSTEM, is_applied=True)
        else:
            await self._channels.update(org, kept.id, thing, by=SYSTEM, is_applied=True)

    async def delete(self, org: int, key: str) -> None:
        """Take it away; the one that is always there stays as it is, and is no file's any more.  Raises ObsvError."""
        kept = await self._channels.by_name(org, key)
        if kept.is_default:
            await self._channels.update(org, kept.id, _wish(kept), by=SYSTEM, is_applied=False)
        else:
            await self._channels.delete(org, kept.id, by=SYSTEM)

    def _secrets(self, kind: str) -> tuple[str, ...]:
        return secrets_of(self._channels.kinds.target(kind))

    def _read(self, path: Path) -> ChannelWish:
        file = FileText(path)
        try:
            wish = msgspec.convert(file.tables, ChannelWish)
            settings = dict(wish.settings)
            for name in self._secrets(wish.kind):
                if variable := settings.pop(f"{name}_env", ""):
                    if variable not in os.environ:
                        raise file.wrong([(f"settings.{name}_env", f"there is no environment variable {variable}")])
                    settings[name] = os.environ[variable]
                if holder := settings.pop(f"{name}_file", ""):
                    settings[name] = (path.parent / holder).read_text(encoding="utf-8").strip()
        except msgspec.ValidationError as wrong:
            raise file.wrong([place_of(wrong)]) from None
        except (ValueError, OSError, Invalid) as wrong:
            raise file.wrong([("", str(wrong))]) from None
        return msgspec.structs.replace(wish, settings=settings)


def _wish(channel: Channel) -> ChannelWish:
    content = channel.content
    return ChannelWish(
        channel.name,
        channel.kind,
        content.settings,
        content.subject_template,
        content.text_template,
        channel.sends_resolved,
        channel.is_enabled,
    )


def _flat(wish: ChannelWish) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(wish)
    settings = {f"settings.{name}": value for name, value in document.pop("settings").items()}
    return document | settings
