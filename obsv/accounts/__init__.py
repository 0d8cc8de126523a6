"""People, organisations, sessions and API tokens: who is asking, and what they may do.

One `Accounts` a process, made and installed at start: `install(Accounts(settings, clock, keys, audit))`, then
`await accounts().prepare()`, which makes the operator's organisation and the bundled agent's token, and tells where to
set up while nobody has. Routes say who may use them with a guard (`requires_scope("metrics:read")` or
`requires_session`); raw ASGI handlers call `authenticate_asgi(scope, "metrics:write")`. Both leave an `Actor` in the
request's state as `actor`.
"""

from __future__ import annotations

from obsv.accounts.administration import Administration, NewUser
from obsv.accounts.api import accounts_router
from obsv.accounts.authenticate import Authenticator, Presented
from obsv.accounts.client import address_of, origin_of
from obsv.accounts.csrf import check_source
from obsv.accounts.fields import BadFields
from obsv.accounts.guards import requires_scope, requires_session
from obsv.accounts.installed import accounts, authenticate_asgi, close_accounts, install
from obsv.accounts.jobs import jobs
from obsv.accounts.requests import actor_of, org_of
from obsv.accounts.scopes import SCOPES, Role, parse_scopes
from obsv.accounts.service import Accounts, FirstStart
from obsv.accounts.sessions import NewSession
from obsv.accounts.setup import SetupForm
from obsv.accounts.types import ANONYMOUS, Actor, Member, Organisation, Origin, Person

__all__ = [
    "ANONYMOUS",
    "SCOPES",
    "Accounts",
    "Actor",
    "Administration",
    "Authenticator",
    "BadFields",
    "FirstStart",
    "Member",
    "NewSession",
    "NewUser",
    "Organisation",
    "Origin",
    "Person",
    "Presented",
    "Role",
    "SetupForm",
    "accounts",
    "accounts_router",
    "actor_of",
    "address_of",
    "authenticate_asgi",
    "check_source",
    "close_accounts",
    "install",
    "jobs",
    "org_of",
    "origin_of",
    "parse_scopes",
    "requires_scope",
    "requires_session",
]
