"""The example notifier, through the door that all use."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import pytest
from obsv_plugins.notify_console import ConsoleNotifier

from obsv.core.clock import ManualClock
from obsv.notify.context import ChannelContext
from obsv.plugin_api import Message, PluginSettings, decode
from obsv.plugin_loader import NOTIFIERS, load


async def _nobody(_: int) -> list[Any]:
    return []


def notifier() -> ConsoleNotifier:
    return ConsoleNotifier(ChannelContext(ManualClock(), 1, "chn_1", _nobody))


FORGED = Message("k1", "Disk\n2026-01-01 [error]", "99 %\r\nforged line", link="http://localhost:8450/x")


async def test_prints_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    target = decode(ConsoleNotifier.Target, {"prefix": "ops"})
    receipt = await notifier().send(FORGED, target)
    assert receipt.detail == "printed on standard error"
    expected = "[ops] Disk 2026-01-01 [error]: 99 % forged line http://localhost:8450/x\n"
    assert capsys.readouterr().err == expected


async def test_verify(capsys: pytest.CaptureFixture[str]) -> None:
    await notifier().verify(decode(ConsoleNotifier.Target, {}))
    assert capsys.readouterr().err == (
        "[obsv] [FIRING] Test of this channel: This is a test: nothing is wrong. The channel works.\n"
    )


def test_targets_are_checked() -> None:
    with pytest.raises(ValueError, match="unknown field `prefx`"):
        decode(ConsoleNotifier.Target, {"prefx": "x"})
    assert issubclass(ConsoleNotifier.Target, PluginSettings)


def test_it_is_installed_by_its_entry_point() -> None:
    if not any(point.dist and point.dist.name == "obsv" for point in entry_points(group=NOTIFIERS)):
        pytest.skip("obsv is not installed in this environment (make setup installs it)")
    assert load(NOTIFIERS, "console") is ConsoleNotifier
