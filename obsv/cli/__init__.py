"""The command line: one module a command, each with `add(commands)` that declares it and sets `run`.

`run(args) -> int` returns the exit code: 0 fine, 1 failed, 2 misused (which argparse gives by itself).  Modules import
what they need inside `run`, so that `obsv version` and `--help` answer at once.  Errors that a person can mend are
raised as `Failed` (or ObsvError, ConfigError) and printed as one line without a stack trace.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from obsv.cli import admin, agent, config, doctor, migrate, plugins, serve, version
from obsv.cli.common import Failed

__all__ = ["Failed", "main", "parser"]

COMMANDS = (serve, agent, admin, migrate, config, doctor, plugins, version)

EPILOG = """\
Every command takes --config FILE and --data-dir DIR; every setting can be given as OBSV_SECTION__KEY.
Start with:  obsv serve
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="obsv",
        description="A self-hostable observability appliance.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the process' exit code."""
    from obsv.config import ConfigError  # noqa: PLC0415  # kept out of --help
    from obsv.core.errors import ObsvError  # noqa: PLC0415

    args = parser().parse_args(argv)
    try:
        return int(args.run(args))
    except ConfigError as error:
        print("The configuration cannot be used:", file=sys.stderr)
        for problem in error.problems:
            print(f"  {problem}", file=sys.stderr)
        return 2
    except (Failed, ObsvError) as error:
        print(f"obsv: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
