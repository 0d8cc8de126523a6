"""`obsv keys …`: the keys that encrypt what is personal or secret."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Any

from obsv.cli.common import Failed, add_json, command, settings_of, tell

if TYPE_CHECKING:
    from obsv.accounts import Accounts

ROTATE = """\
Make another master key and wrap every data key with it. The server keeps running and takes the new key by itself; after
a crash, run it again with --resume. What is encrypted stays as it is: only the keys of its keys change.

  obsv keys rotate
  obsv keys retire k1       once `obsv keys check` says that nothing needs k1
"""


def add(commands: Any) -> None:
    """Declare the group."""
    group = command(commands, "keys", "the keys that encrypt what is personal or secret")
    actions = group.add_subparsers(title="actions", metavar="ACTION", required=True)
    rotate = command(
        actions, "rotate", "make a new master key and use it for all data keys", run_rotate, description=ROTATE
    )
    rotate.add_argument("--resume", action="store_true", help="make no new key: finish with the current one")
    rotate.add_argument("--dry-run", action="store_true", help="only say how many data keys would be wrapped anew")
    check = command(actions, "check", "say which keys there are and what needs them", run_check)
    retire = command(actions, "retire", "remove a master key that nothing needs any more", run_retire)
    retire.add_argument("key", metavar="KEY", help="its id, such as k1")
    for made in (rotate, check, retire):
        add_json(made)


def run_rotate(args: argparse.Namespace) -> int:
    """Rotate."""

    async def work(accounts: Accounts) -> tuple[str, int]:
        from obsv.audit import SYSTEM  # noqa: PLC0415  # kept out of --help

        keys = accounts.keys
        if args.dry_run:
            return keys.master_ids[0], sum(keys.wrapped_by().values())
        key_id = keys.master_ids[0] if args.resume else keys.add_master()
        count = await asyncio.to_thread(keys.rewrap)
        await accounts.audit.write("key.rotated", org=None, actor=SYSTEM, details={"key_id": key_id, "count": count})
        return key_id, count

    key_id, count = _with_accounts(args, work)
    done = "would be" if args.dry_run else "are"
    facts = {"current": key_id, "wrapped": count, "dry_run": args.dry_run}
    tell(args, f"{count} data keys {done} wrapped anew; the current master key is {key_id}.", facts)
    return 0


def run_check(args: argparse.Namespace) -> int:
    """Check."""

    async def work(accounts: Accounts) -> dict[str, Any]:
        from obsv.privacy.sealed import sealed_with  # noqa: PLC0415  # kept out of --help

        masters, sealed = accounts.keys.master_ids, await sealed_with()
        wraps = accounts.keys.wrapped_by()
        unknown = [key for key in {**wraps, **sealed} if key not in masters and not key.startswith("d")]
        return {"current": masters[0], "masters": list(masters), "wraps": wraps, "seals": sealed, "unknown": unknown}

    facts = _with_accounts(args, work)
    lines = [
        f"{key}{' (current)' if key == facts['current'] else ''}: wraps the keys of {facts['wraps'].get(key, 0)} "
        f"subjects, seals {facts['seals'].get(key, 0)} cells itself"
        for key in facts["masters"]
    ]
    lines += [f"{key}: NEEDED AND MISSING" for key in facts["unknown"]]
    tell(args, "\n".join(lines), facts)
    return 1 if facts["unknown"] else 0


def run_retire(args: argparse.Namespace) -> int:
    """Retire."""

    async def work(accounts: Accounts) -> None:
        from obsv.audit import SYSTEM  # noqa: PLC0415  # kept out of --help
        from obsv.privacy.sealed import sealed_with  # noqa: PLC0415

        cells = (await sealed_with()).get(args.key, 0)
        if cells:
            raise Failed(
                f"{args.key} itself seals {cells} cells (queued mail, sign-ins under way): try again in three days"
            )
        accounts.keys.retire(args.key)
        await accounts.audit.write("key.retired", org=None, actor=SYSTEM, details={"key_id": args.key})

    _with_accounts(args, work)
    tell(args, f"{args.key} is gone. Backups from before need it: keep it with them.", {"retired": args.key})
    return 0


def _with_accounts(args: argparse.Namespace, work: Any) -> Any:
    """What `work` gives on the opened accounts of the data directory."""
    from obsv.cli.shell import opened_accounts  # noqa: PLC0415  # kept out of --help

    settings = settings_of(args)

    async def opened() -> Any:
        async with opened_accounts(settings) as accounts:
            return await work(accounts)

    return asyncio.run(opened())
