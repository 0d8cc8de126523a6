"""What plugins are configured with."""

from __future__ import annotations

import pytest

from obsv.core.plugin_settings import PluginSettings, Secret, decode


class Target(PluginSettings, frozen=True):
    url: str
    token: Secret
    retries: int = 3


def test_a_secret_does_not_print_itself() -> None:
    target = decode(Target, {"url": "https://x", "token": "hunter2"})
    assert "hunter2" not in f"{target} {target.token!r} {target.token}"
    assert target.token.reveal() == "hunter2"
    assert target == decode(Target, {"url": "https://x", "token": "hunter2"})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"url": "x"}, "missing required field `token`"),
        ({"url": 1, "token": "x"}, r"Expected `str`, got `int` - at `\$.url`"),
        ({"url": "x", "token": "x", "tries": 1}, "unknown field `tries`"),
        ({"url": "x", "token": 5}, "expected Secret, got int"),
    ],
)
def test_mistakes_are_named(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decode(Target, values)
