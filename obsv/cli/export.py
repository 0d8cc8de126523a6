"""`obsv export`: write what an organisation has as files that `obsv apply` takes."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

from obsv.cli.as_code import Kind, opened
from obsv.cli.common import Failed, add_json, command, settings_of, tell

DESCRIPTION = """\
Write what an organisation has as files, one for each dashboard, rule group, channel and monitor, and one for the
routing of alerts, in folders of these names in DIR. The same thing always gives the same text, so that the folder can
be kept under version control; applying it changes nothing. Secrets are not written, and are kept when a file without
them is applied.

  obsv export infra/obsv
  obsv export infra/obsv --org acme --format json
"""


def add(commands: Any) -> None:
    """Declare the command."""
    made = command(commands, "export", "write what an organisation has as files", run, description=DESCRIPTION)
    made.add_argument("folder", type=Path, metavar="DIR", help="folder for the files; made if it is not there")
    made.add_argument("--org", default="operator", metavar="ORG", help="the organisation (default: operator)")
    made.add_argument("--format", choices=("toml", "json"), default="toml", help="how the files are written")
    add_json(made)


def run(args: argparse.Namespace) -> int:
    """Write."""
    files = asyncio.run(_export(args))
    tell(args, f"Wrote {len(files)} files to {args.folder}.", {"files": files})
    return 0


async def _export(args: argparse.Namespace) -> list[str]:
    files: list[str] = []
    async with opened(settings_of(args)) as (accounts, kinds):
        org = (await accounts.administration.organisation(args.org)).id
        for kind in kinds:
            things = {key: thing for key, (thing, _) in (await kind.listed(org)).items()}
            files += _written(kind, things, args.folder, args.format)
    return files


def _written(kind: Kind, things: dict[str, Any], folder: Path, form: Any) -> list[str]:
    own, other = folder / kind.folder, "json" if form == "toml" else "toml"
    own.mkdir(parents=True, exist_ok=True)
    if twice := [f"{key}.{other}" for key in things if (own / f"{key}.{other}").exists()]:
        raise Failed(f"{own} has {', '.join(twice)}, which would be there twice: remove it, or write {other}.")
    for key, thing in things.items():
        (own / f"{key}.{form}").write_text(kind.written(thing, form), encoding="utf-8")
    return [f"{kind.folder}/{key}.{form}" for key in things]
