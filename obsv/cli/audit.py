"""`obsv audit verify`: prove that nobody edited, removed or inserted an entry of the audit log."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from obsv.cli.common import add_json, command, settings_of, tell

DESCRIPTION = """\
Walk the hash chains of the audit log, one for each organisation and one for the instance, and say where one is broken.
Exits with 1 when any is. Where the chains ended is also noted every hour in data/keys/audit-heads.json, so that entries
taken away at the end, or a chain that was written anew, are found too. Run it with --accept once after a backup was
restored, whose chains end earlier: it takes the chains of now for true, and says so in the log.

  obsv audit verify
  obsv audit verify --org acme --json
"""


def add(commands: Any) -> None:
    """Declare the group."""
    group = command(commands, "audit", "the audit log")
    actions = group.add_subparsers(title="actions", metavar="ACTION", required=True)
    made = command(actions, "verify", "prove that the log is whole", run, description=DESCRIPTION)
    made.add_argument("--org", metavar="ORG", help="one organisation's chain alone; `instance` is the instance's")
    made.add_argument("--accept", action="store_true", help="take the chains of now for true (after a restore)")
    add_json(made)


def run(args: argparse.Namespace) -> int:
    """Verify."""
    from obsv.audit import SYSTEM, checkpoints, verify_all, write  # noqa: PLC0415  # kept out of --help
    from obsv.cli.shell import opened_accounts  # noqa: PLC0415

    settings = settings_of(args)

    async def work() -> list[dict[str, Any]]:
        async with opened_accounts(settings) as accounts:
            if args.accept:
                await write("audit.accepted", org=None, actor=SYSTEM)
                await checkpoints().accept()
            only = None
            if args.org:
                only = 0 if args.org == "instance" else (await accounts.administration.organisation(args.org)).id
            found: list[dict[str, Any]] = []
            for chain, result in (await verify_all(only)).items():
                org = await accounts.organisations.by_id(chain) if chain else None
                name = org.slug if org else "instance" if chain == 0 else f"organisation {chain}"
                found.append(
                    {
                        "chain": name,
                        "whole": result.is_valid,
                        "checked": result.checked,
                        "head": result.head_hash,
                        "broken_seq": result.broken_seq,
                        "reason": result.reason,
                    }
                )
            return found

    chains = asyncio.run(work())
    lines = [
        f"{one['chain']}: whole, {one['checked']} entries, head {one['head'][:16]}"
        if one["whole"]
        else f"{one['chain']}: BROKEN at entry {one['broken_seq']}: {one['reason']}"
        for one in chains
    ]
    tell(args, "\n".join(lines), {"chains": chains})
    return 0 if all(one["whole"] for one in chains) else 1
