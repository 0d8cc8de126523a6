"""`obsv apply`: make what an organisation has what files say."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from obsv.cli.as_code import Kind, Plan, opened, planned
from obsv.cli.common import Failed, add_json, command, settings_of, tell

WIDTH = 60

DESCRIPTION = """\
Make what an organisation has equal to the files of a folder, as `obsv export` writes them: *.toml and *.json in
dashboards/, rules/, channels/, monitors/ and routing/; rules and routing may be YAML, too, as Prometheus and
Alertmanager have them. Says what differs, then changes it; nothing is changed where a file has a mistake. What stands
in no file is left alone; with --prune, what once came from a file and stands in none now goes, dashboards into the bin.

  obsv apply -f infra/obsv --dry-run
  obsv apply -f infra/obsv --org acme --prune
"""


def add(commands: Any) -> None:
    """Declare the command."""
    made = command(commands, "apply", "make what an organisation has what files say", run, description=DESCRIPTION)
    made.add_argument(
        "-f", "--from", dest="folder", type=Path, required=True, metavar="DIR", help="folder with the files"
    )
    made.add_argument("--org", default="operator", metavar="ORG", help="the organisation (default: operator)")
    made.add_argument("--prune", action="store_true", help="take away what came from a file that is gone")
    made.add_argument("--dry-run", action="store_true", help="say what differs, and change nothing")
    add_json(made)


def run(args: argparse.Namespace) -> int:
    """Compare, tell, change."""
    plans = asyncio.run(_apply(args))
    lines = [line for plan in plans for line in _lines(plan)]
    counts = ", ".join(f"{sum(map(len, parts))} {word}" for word, parts in _counted(plans).items())
    lines.append(f"{'Nothing was changed: ' if args.dry_run else ''}{counts}.")
    tell(args, "\n".join(lines), {"is_dry_run": args.dry_run, "kinds": [_facts(plan) for plan in plans]})
    return 0


async def _apply(args: argparse.Namespace) -> list[Plan]:
    if not args.folder.is_dir():
        raise Failed(f"{args.folder} is no folder.")
    async with opened(settings_of(args)) as (accounts, kinds):
        org = (await accounts.administration.organisation(args.org)).id
        wanted = {kind.name: _loaded(kind, args.folder) for kind in kinds}
        plans = [await planned(kind, org, wanted[kind.name], prune=args.prune) for kind in kinds]
        if args.dry_run:
            return plans
        for kind, plan in zip(kinds, plans, strict=True):
            for key in (*plan.new, *plan.changed):
                await kind.put(org, wanted[kind.name][key])
        # What names others goes before these.
        for kind, plan in reversed([*zip(kinds, plans, strict=True)]):
            for key in plan.gone:
                await kind.delete(org, key)
    return plans


def _loaded(kind: Kind, folder: Path) -> Mapping[str, Any]:
    from obsv.config import ConfigError  # noqa: PLC0415  # kept out of --help

    own = folder / kind.folder
    try:
        return kind.load(own) if own.is_dir() else {}
    except ConfigError as bad:
        raise Failed("the files cannot be used:\n  " + "\n  ".join(map(str, bad.problems))) from None


def _counted(plans: list[Plan]) -> dict[str, list[Any]]:
    return {
        "new": [plan.new for plan in plans],
        "changed": [plan.changed for plan in plans],
        "gone": [plan.gone for plan in plans],
        "as they are": [plan.same for plan in plans],
    }


def _lines(plan: Plan) -> list[str]:
    """As a diff: what is new, what becomes different and where, what goes."""
    lines = [f"+ {plan.kind} {key}" for key in plan.new]
    for key, changes in plan.changed.items():
        lines.append(f"~ {plan.kind} {key}")
        lines += [f"    {one.path}: {_short(one.before)} -> {_short(one.after)}" for one in changes]
    return lines + [f"- {plan.kind} {key}" for key in plan.gone]


def _short(value: object) -> str:
    text = "none" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def _facts(plan: Plan) -> dict[str, Any]:
    changed = {
        key: [{"path": one.path, "before": one.before, "after": one.after} for one in changes]
        for key, changes in plan.changed.items()
    }
    return {"kind": plan.kind, "new": plan.new, "changed": changed, "gone": plan.gone, "same": plan.same}
