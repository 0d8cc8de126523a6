"""The command line's page names every command and flag; every error has its anchor."""

from __future__ import annotations

import re
from pathlib import Path

from obsv.cli import parser
from obsv.core import errors
from tests.cli.commands import leaves

DOCS = Path("obsv/site/docs")
COMMON = {"--config", "--data-dir", "--help"}


def test_commands_and_flags() -> None:
    page = (DOCS / "cli.md").read_text()
    sections = dict(re.findall(r"^## obsv (.+?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    commands = dict(leaves(parser()))
    assert set(sections) == set(commands)
    for name, made in commands.items():
        if name == "agent":
            continue  # has a page of its own
        flags = {flag for flag in made._option_string_actions if flag.startswith("--")} - COMMON
        missing = [flag for flag in flags if flag not in sections[name]]
        assert not missing, f"obsv {name}: {missing}"


def test_every_error_has_an_anchor() -> None:
    headings = re.findall(r"^## (.+)\n\n(\d+)\.", (DOCS / "errors.md").read_text(), re.MULTILINE)
    real = {
        (value.title, str(value.status))
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.ObsvError) and not value.__name__.startswith("_")
    }
    assert set(headings) == real | {("Method not allowed", "405")}  # the framework's own
