"""The command line: one module a command, each with `add(commands)` that declares it and sets `run`.

`run(args) -> int` returns the exit code: 0 fine, 1 failed, 2 misused (which argparse gives by itself).  Modules import
what they need inside `run`, so that `obsv version` and `--help` answer at once.  What a person can mend is raised as
`Failed` (or ObsvError, ConfigError, OSError) and printed as one line without a stack trace.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from obsv import __version__
from obsv.cli import admin, agent, apply, audit, config, doctor, export, keys, migrate, plugins, rules, serve, version
from obsv.cli.common import Failed

__all__ = ["COMMANDS", "Failed", "main", "parser"]

COMMANDS = (serve, agent, admin, keys, audit, apply, export, migrate, config, rules, doctor, plugins, version)

EPILOG = """\
Start with:  obsv serve          then open http://localhost:8450

Every command takes --config FILE and --data-dir DIR, and works whether or not the server runs.
Every setting can also be given as a variable OBSV_SECTION__KEY, e.g. OBSV_SERVER__PORT=9000.
Exit codes: 0 fine, 1 failed, 2 misused.
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="obsv",
        description="A self-hostable observability appliance: one process, one data directory.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"obsv {__version__}")
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
        print("obsv: the configuration cannot be used:", *error.problems, sep="\n  ", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader of our output (`| head`) has gone; leave nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (Failed, ObsvError, OSError) as error:
        print(f"obsv: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
