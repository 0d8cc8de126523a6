"""`obsv rules`: check rule files, and run their unit tests."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from obsv.cli.common import Failed, add_json, command, tell

CHECK = """\
Read rule files of Prometheus, and name every mistake.

  obsv rules check rules/*.yml
"""
TEST = """\
Run unit tests of rules, in the format of `promtool test rules`. Exits with 1 where something is not as expected.

  obsv rules test tests/*.yml
"""


def add(commands: Any) -> None:
    """Declare the command."""
    group = command(commands, "rules", "check and test rule files")
    actions = group.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, said, run, text in (
        ("check", "name every mistake in rule files", check, CHECK),
        ("test", "run unit tests of rules", test, TEST),
    ):
        made = command(actions, name, said, run, description=text)
        made.add_argument("files", nargs="+", type=Path, metavar="FILE", help="files to read")
        add_json(made)


def check(args: argparse.Namespace) -> int:
    """0 when all can be evaluated."""
    from obsv.config.model import RuleFiles  # noqa: PLC0415  # kept out of --help
    from obsv.metrics.rules.files import read_groups  # noqa: PLC0415

    problems: dict[str, list[str]] = {}
    count = 0
    for path in args.files:
        try:
            count += sum(len(group.rules) for group in read_groups(RuleFiles(), path))
        except ValueError as wrong:
            problems[str(path)] = str(wrong).split("\n")
    lines = [f"{path}: {problem}" for path, found in problems.items() for problem in found]
    tell(args, "\n".join(lines or [f"{count} rules, which are fine."]), {"ok": not lines, "problems": problems})
    return 1 if lines else 0


def test(args: argparse.Namespace) -> int:
    """0 when all is as expected."""
    results = _results(args.files)
    lines: list[str] = []
    for path, failures in results.items():
        lines += [f"Unit testing:  {path}", *(["  FAILED:", *failures] if failures else ["  SUCCESS"]), ""]
    is_fine = not any(results.values())
    tell(args, "\n".join(lines).rstrip(), {"ok": is_fine, "failures": results})
    return 0 if is_fine else 1


def _results(files: list[Path]) -> dict[str, list[str]]:
    from obsv.metrics.rules.unit_tests import run_file  # noqa: PLC0415  # kept out of --help

    results: dict[str, list[str]] = {}
    for path in files:
        try:
            results[str(path)] = run_file(path)
        except ValueError as wrong:
            raise Failed(f"{path}: {wrong}") from None
    return results
