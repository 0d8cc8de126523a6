"""The documentation of the settings is made from them."""

from __future__ import annotations

from pathlib import Path

from obsv.config.reference import page


def test_the_page_is_current() -> None:
    path = Path("obsv/site/docs/configuration.md")
    assert path.read_text() == page(), f"renew it: python -m obsv.config.reference > {path}"


def test_the_examples_of_mistakes_are_real() -> None:
    # What the page shows is what tests/config/test_load.py proves; here only that no secret key lost its mark.
    text = page()
    for key in ("url", "keys", "token", "smtp_password"):
        assert any(line.startswith(f"| `{key}` |") and "*secret*" in line for line in text.splitlines())
