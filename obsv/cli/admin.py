"""`obsv admin …`: accounts and tokens from the shell; works whether or not the server runs."""

from __future__ import annotations

from typing import Any

from obsv.cli.common import command
from obsv.cli.token import add as add_token
from obsv.cli.user import add as add_user


def add(commands: Any) -> None:
    """Declare the group."""
    group = command(commands, "admin", "accounts and tokens from the shell")
    actions = group.add_subparsers(title="actions", metavar="ACTION", required=True)
    add_user(actions)
    add_token(actions)
