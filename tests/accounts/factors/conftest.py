"""People with browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from obsv.accounts import Accounts
from obsv.core.clock import ManualClock
from tests.accounts.app import browser, make_user
from tests.accounts.factors.person import Person

MakePerson = Callable[..., Awaitable[Person]]


@pytest.fixture
async def person(service: Accounts, clock: ManualClock) -> AsyncIterator[MakePerson]:
    """Makes a person of a name, signed in unless told otherwise; of a known name, another browser.

    With `is_known` the account is there already, made by the test.
    """
    known: dict[str, str] = {}
    async with AsyncExitStack() as stack:

        async def make(name: str, *, is_signed_in: bool = True, is_known: bool = False) -> Person:
            if is_known:
                login = await service.people.login(f"{name}@example.org")
                assert login is not None
                known[name] = login.user_id
            if name not in known:
                known[name] = await make_user(service, name, f"{name} org")
            client = await stack.enter_async_context(browser(service))
            made = Person(client, service, clock, name, known[name])
            if is_signed_in:
                await made.sign_in()
                assert made.csrf
            return made

        yield make


@pytest.fixture
async def ann(person: MakePerson) -> Person:
    return await person("ann")
