"""Channels: secrets are never shown, names are unique, what is in use stays, one is always there."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from obsv.audit import SYSTEM
from obsv.core.errors import Conflict, Invalid, NotFound
from obsv.db import fetch
from obsv.notify.channels import DEFAULT_NAME
from obsv.notify.types import ChannelWish
from obsv.testing import Answer
from tests.notify.conftest import ORG, Stand


async def test_secrets_are_sealed_and_never_shown(stand: Stand) -> None:
    view = await stand.channel(signing_secret="s3cret-word")
    assert view.secrets == ["url", "signing_secret"]
    assert view.settings == {"method": "POST", "content_type": "application/json"}
    (row,) = await fetch("SELECT content FROM channels WHERE id = {}", view.id)
    assert "s3cret-word" not in row["content"]
    assert stand.sink.url not in row["content"]
    # What is left out stays, what is empty goes.
    changed = await stand.notify.channels.update(ORG, view.id, ChannelWish("ops 2", "webhook"), by=SYSTEM)
    assert (changed.name, changed.secrets) == ("ops 2", ["url", "signing_secret"])
    wish = ChannelWish("ops 2", "webhook", {"signing_secret": ""})
    assert (await stand.notify.channels.update(ORG, view.id, wish, by=SYSTEM)).secrets == ["url"]


async def test_a_test_tells_what_was_answered_without_secrets(stand: Stand) -> None:
    view = await stand.channel(authorization="Bearer t0p-s3cret")
    sent = await stand.notify.channels.test(ORG, view.id, by=SYSTEM)
    assert (sent.is_sent, sent.detail) == (True, "answered 200: {}")
    assert stand.sink.received[0].content["alerts"][0]["labels"]["alertname"] == "ObsvTest"
    stand.sink.answer = Answer(403, body=b"wrong: Bearer t0p-s3cret")
    refused = await stand.notify.channels.test(ORG, view.id, by=SYSTEM)
    assert (refused.is_sent, refused.detail) == (False, "answered 403: wrong: ***")
    stand.sink.answer = Answer(200, body=b"welcome, Bearer t0p-s3cret")
    taken = await stand.notify.channels.test(ORG, view.id, by=SYSTEM)
    assert (taken.is_sent, taken.detail) == (True, "answered 200: welcome, ***")


async def test_a_secret_that_is_answered_is_not_logged(stand: Stand) -> None:
    await stand.channel(authorization="Bearer t0p-s3cret")
    delivery = await stand.enqueue("a")
    stand.sink.answer = Answer(400, body=b"no: Bearer t0p-s3cret")
    await stand.send()
    assert (await stand.row(delivery))["detail"] == "answered 400: no: ***"


async def test_names_are_unique_in_an_organisation(stand: Stand) -> None:
    view = await stand.channel()
    with pytest.raises(Conflict, match="channel 'ops' already"):
        await stand.channel()
    other = await stand.channel("other")
    with pytest.raises(Conflict, match="channel 'ops' already"):
        await stand.notify.channels.update(ORG, other.id, ChannelWish("ops", "webhook"), by=SYSTEM)
    wish = ChannelWish("ops", "webhook", {"url": stand.sink.url})
    await stand.notify.channels.create(ORG + 1, wish, by=SYSTEM)
    with pytest.raises(NotFound):
        await stand.notify.channels.view(ORG + 1, view.id)


@pytest.mark.parametrize("name", ["a/b", ".hidden", " ops", "ops ", "a\nb", "\\", "x" * 81])
async def test_names_that_cannot_be_a_files(stand: Stand, name: str) -> None:
    with pytest.raises(Invalid) as caught:
        await stand.channel(name)
    assert caught.value.errors[0].pointer == "/name"


async def test_the_owners_channel_is_always_there(stand: Stand) -> None:
    assert await stand.notify.channels.names(ORG) == [DEFAULT_NAME]
    (view,) = await stand.notify.channels.views(ORG)
    assert (view.kind, view.is_default, view.settings) == ("email", True, {"owners": True})
    with pytest.raises(Conflict, match="switch it off"):
        await stand.notify.channels.delete(ORG, view.id, by=SYSTEM)
    # The routing that holds from the start names it.
    wish = ChannelWish("Bosses", "email", {"owners": True})
    with pytest.raises(Conflict, match="keeps its name"):
        await stand.notify.channels.update(ORG, view.id, wish, by=SYSTEM)


async def test_what_is_used_is_neither_deleted_nor_renamed(stand: Stand) -> None:
    view = await stand.channel()

    async def uses(org: int, name: str) -> Sequence[str]:
        return ["the route severity=critical"] if (org, name) == (ORG, "ops") else []

    stand.notify.channels.used_by(uses)
    with pytest.raises(Conflict, match="used by the route severity=critical"):
        await stand.notify.channels.delete(ORG, view.id, by=SYSTEM)
    with pytest.raises(Conflict, match="cannot be renamed"):
        await stand.notify.channels.update(ORG, view.id, ChannelWish("new", "webhook"), by=SYSTEM)
    await stand.notify.channels.update(ORG, view.id, ChannelWish("ops", "webhook", is_enabled=False), by=SYSTEM)


async def test_bad_settings_name_their_field(stand: Stand) -> None:
    for settings, pointer in (
        ({}, "/settings/url"),
        ({"url": "x"}, "/settings/url"),
        ({"url": "http://x", "method": "GET"}, "/settings/method"),
        ({"url": "http://x", "colour": "red"}, "/settings/colour"),
    ):
        with pytest.raises(Invalid) as caught:
            await stand.notify.channels.create(ORG, ChannelWish("x", "webhook", settings), by=SYSTEM)
        assert caught.value.errors[0].pointer == pointer
    with pytest.raises(Invalid, match="no kind of channel 'pigeon'"):
        await stand.notify.channels.create(ORG, ChannelWish("x", "pigeon"), by=SYSTEM)


async def test_there_is_an_end_to_them(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("obsv.notify.channels.MOST", 2)
    await stand.channel()
    with pytest.raises(Invalid, match="2 channels at most"):
        await stand.channel("other")
