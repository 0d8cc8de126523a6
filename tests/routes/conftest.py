"""One appliance on each engine for everybody who tries its routes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests.live import appliance
from tests.postgres import create_database
from tests.routes.cast import Cast, gather


@pytest.fixture(scope="session")
def casts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Cast]]:
    with ExitStack() as stack:

        @cache
        def of(engine: str) -> Cast:
            url = engine
            if engine == "postgres":
                url = asyncio.run(create_database(request.getfixturevalue("postgres_url")))
            cast = gather(stack.enter_context(appliance(tmp_path_factory.mktemp(engine), url)))
            stack.callback(cast.close)
            return cast

        yield of


@pytest.fixture(scope="session")
def cast(casts: Callable[[str], Cast]) -> Cast:
    return casts("sqlite")


@pytest.fixture(params=["sqlite", "postgres"])
def any_cast(casts: Callable[[str], Cast], request: pytest.FixtureRequest) -> Cast:
    return casts(request.param)
