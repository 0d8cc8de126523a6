"""The accounts of this process, for guards and handlers that are made before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar.types import Scope

from obsv.accounts.types import Actor
from obsv.core.installed import Installed

if TYPE_CHECKING:
    from obsv.accounts.service import Accounts

_accounts: Installed[Accounts] = Installed("accounts service")


def install(service: Accounts) -> Accounts:
    """Make `service` the one that `accounts()` returns."""
    return _accounts.put(service)


def accounts() -> Accounts:
    """The installed service; raises RuntimeError before `open_accounts`."""
    return _accounts.get()


def close_accounts() -> None:
    """Forget it."""
    _accounts.clear()


async def authenticate_asgi(scope: Scope, needed_scope: str) -> Actor:
    """The actor of a raw ASGI request, who has the scope; a token seen a moment ago costs a dictionary lookup.

    Raises as `Authenticator.authenticate` does.
    """
    return await _accounts.get().authenticator.authenticate(scope, needed_scope)
