"""The page about tokens says what is so: scopes, roles, the expression and the check that scanners use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from obsv.accounts.scopes import OWNER, ROLE_SCOPES, SCOPES, Role
from obsv.accounts.tokens.format import new_token
from obsv.accounts.types import TokenKind
from tests.routes.table import ROUTES

PAGE = (Path(__file__).parents[3] / "obsv/site/docs/tokens.md").read_text()
KINDS = ("pat", "org", "ing")


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def test_every_scope_and_who_has_it() -> None:
    rows = re.findall(r"^\| `([a-z]+:[a-z]+)` \| (.+?) \| (.*?) ?\| (.*?) ?\| (.*?) ?\|$", PAGE, re.MULTILINE)
    assert tuple(row[0] for row in rows) == SCOPES
    for place, roles in ((2, [Role.VIEWER]), (3, [Role.EDITOR]), (4, [Role.ADMIN, Role.OWNER])):
        for role in roles:
            assert {row[0] for row in rows if row[place] == "yes"} == ROLE_SCOPES[role] - {OWNER}


@pytest.mark.parametrize("kind", KINDS)
def test_scanners_find_a_token_and_tell_it_from_others(kind: TokenKind) -> None:
    said: dict[str, object] = {}
    exec(block("python"), said)
    is_token = said["is_token"]
    assert callable(is_token)
    text = new_token(kind).text
    assert re.search(block("text").strip(), f'TOKEN="{text}" # mine')
    assert f"`obsv_{kind}_`" in PAGE
    assert is_token(text)
    swapped = text.replace(text[20], "a" if text[20] != "a" else "b", 1)
    assert not is_token(swapped)


def test_the_examples_ask_for_what_there_is() -> None:
    known = {route.split()[1] for route in ROUTES}
    asked = re.findall(r"https://obsv\.example\.com(/[\w/.-]+)", PAGE)
    assert len(asked) == 3
    assert set(asked) <= known
