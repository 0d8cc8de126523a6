"""`obsv admin create-user` and `reset-user`; passwords come by standard input, never by arguments."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from obsv.cli.common import add_json, command, settings_of, tell

CREATE = """\
Create a person with a place in an organisation, which is made if it is missing.

  echo 'a long password' | obsv admin create-user --email ann@example.org --name Ann --org Acme --role owner \\
    --password-stdin
"""
RESET = """\
Let a locked-out person in again: sets a new password and ends all sessions. Who lost authenticator and recovery codes
too needs --second-factors: it removes app, codes and passkeys, and says so to the person by mail.

  echo 'a long password' | obsv admin reset-user --email ann@example.org --password-stdin
"""
ROLES = ("owner", "admin", "editor", "viewer")


def add(actions: Any) -> None:
    """Declare the commands."""
    made = command(actions, "create-user", "create a person in an organisation", create, description=CREATE)
    made.add_argument("--email", required=True, metavar="E", help="address to sign in with")
    made.add_argument("--name", required=True, metavar="N", help="name of the person")
    made.add_argument("--org", required=True, metavar="ORG", help="slug or name of the organisation")
    made.add_argument("--role", required=True, choices=ROLES, help="what the person may do there")
    _password(made)
    again = command(actions, "reset-user", "let a locked-out person in again", reset, description=RESET)
    again.add_argument("--email", required=True, metavar="E", help="address of the account")
    again.add_argument("--second-factors", action="store_true", help="remove authenticator app, codes and passkeys too")
    _password(again)


def _password(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--password-stdin", required=True, action="store_true", help="read the password from standard input"
    )
    add_json(made)


def _read_password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def create(args: argparse.Namespace) -> int:
    """Create the person."""
    from obsv.accounts import NewUser, Role  # noqa: PLC0415  # kept out of --help
    from obsv.cli.shell import opened_accounts  # noqa: PLC0415

    settings = settings_of(args)
    wish = NewUser(args.email, args.name, args.org, Role(args.role), _read_password())

    async def work() -> dict[str, str]:
        async with opened_accounts(settings) as accounts:
            person, org = await accounts.administration.create_user(wish)
            return {"id": person.id, "email": person.email, "org": org.slug, "role": args.role}

    made = asyncio.run(work())
    tell(args, f"{made['email']} is {made['role']} of {made['org']}.", made)
    return 0


def reset(args: argparse.Namespace) -> int:
    """Set the password, and remove second factors where that is asked for."""
    from obsv.cli.shell import opened_accounts  # noqa: PLC0415  # kept out of --help

    settings, password = settings_of(args), _read_password()

    async def work() -> int:
        async with opened_accounts(settings) as accounts:
            await accounts.administration.reset_user(args.email, password)
            login = await accounts.people.login(args.email) if args.second_factors else None
            return await accounts.factors.removal.all_of(login.user_id) if login else 0

    removed = asyncio.run(work())
    also = f" {removed} second factors are removed." if args.second_factors else ""
    tell(
        args,
        f"The password is set; all sessions are ended.{also}",
        {"email": args.email, "removed_second_factors": removed},
    )
    return 0
