"""Root, who came first, runs the instance; others have organisations of their own."""

from __future__ import annotations

import pytest

from tests.accounts.factors.conftest import MakePerson, person
from tests.accounts.factors.person import Person

__all__ = ["person"]


@pytest.fixture
async def root(person: MakePerson) -> Person:
    return await person("root")


@pytest.fixture
async def ann(root: Person, person: MakePerson) -> Person:
    return await person("ann")
