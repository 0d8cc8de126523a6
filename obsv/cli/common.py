"""What every command shares: the two flags, the settings, how it speaks."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from obsv.config import Settings


class Failed(Exception):
    """The command could not do it; the text says why and how to mend it."""


def command(
    commands: Any,  # argparse's own type is private
    name: str,
    help_text: str,
    run: Callable[[argparse.Namespace], int] | None = None,
    *,
    description: str = "",
) -> argparse.ArgumentParser:
    """Declare a command with the flags that all have; a group of commands (no `run`) has none of its own."""
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help_text,
        description=description or help_text[0].upper() + help_text[1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if run is not None:
        made.add_argument("--config", type=Path, metavar="FILE", help="TOML file with settings (default: none)")
        made.add_argument("--data-dir", metavar="DIR", help="folder that holds everything obsv keeps (default: ./data)")
        made.set_defaults(run=run)
    return made


def add_json(made: argparse.ArgumentParser) -> None:
    """Give a command the flag --json."""
    made.add_argument("--json", action="store_true", help="answer in JSON, for scripts")


def settings_of(args: argparse.Namespace, **overrides: object) -> Settings:
    """Settings from the file, the environment and flags; `server__port=None` means "not given"."""
    from obsv.config import load_settings  # noqa: PLC0415  # kept out of --help

    flags = {"data_dir": args.data_dir, **{key.replace("__", "."): value for key, value in overrides.items()}}
    return load_settings(args.config, overrides={key: value for key, value in flags.items() if value is not None})


def tell(args: argparse.Namespace, text: str, facts: object) -> None:
    """Print for a person, or with --json the facts for a script."""
    print(json.dumps(facts) if args.json else text)
