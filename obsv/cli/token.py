"""`obsv admin create-token`."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from obsv.cli.common import add_json, command, settings_of, tell

if TYPE_CHECKING:
    from obsv.accounts.types import CreatedToken

EXAMPLES = """\
Create an API token of an organisation and print it, this once.

  obsv admin create-token --org acme --name prometheus --scopes metrics:write
  obsv admin create-token --org acme --name grafana --scopes metrics:read --json
  obsv admin create-token --org acme --name office --scopes metrics:read --allow 192.0.2.0/24 --allow 2001:db8::/32
"""


def add(actions: Any) -> None:
    """Declare the command."""
    made = command(actions, "create-token", "create an API token of an organisation", run, description=EXAMPLES)
    made.add_argument("--org", required=True, metavar="ORG", help="slug or name; the first one is called operator")
    made.add_argument("--name", required=True, metavar="N", help="what it is for, shown in the list of tokens")
    made.add_argument(
        "--scopes", required=True, metavar="S,…", help="what it may do, such as metrics:write,metrics:read"
    )
    made.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="CIDR",
        help="network or address that it is taken from; may be repeated (default: anywhere)",
    )
    add_json(made)


def run(args: argparse.Namespace) -> int:
    """Create it."""
    from obsv.accounts import parse_scopes  # noqa: PLC0415  # kept out of --help
    from obsv.cli.shell import opened_accounts  # noqa: PLC0415

    settings = settings_of(args)
    scopes = parse_scopes(scope.strip() for scope in args.scopes.split(",") if scope.strip())

    async def work() -> CreatedToken:
        async with opened_accounts(settings) as accounts:
            org = await accounts.administration.organisation(args.org)
            return await accounts.administration.create_token(org.id, args.name, scopes, networks=args.allow)

    token = asyncio.run(work())
    tell(args, token.token, msgspec.to_builtins(token))
    return 0
