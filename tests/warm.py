"""The command line in processes that are forked from one that has imported obsv: a start takes two seconds, a fork none."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from obsv.cli import main

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["obsv.app", "obsv.cli.shell", "obsv.alertmanager.as_code", __name__])


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


def run(arguments: Sequence[str], env: Mapping[str, str], stdin: str = "", timeout_s: float = 60) -> Done:
    """Carry out `obsv` with arguments and nothing but `env` in its environment."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "in").write_text(stdin)
        process = _FORKS.Process(target=_carry_out, args=(list(arguments), dict(env), folder))
        process.start()
        process.join(timeout_s)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(arguments)
        code = process.exitcode
        process.close()
        return Done(code, (folder / "out").read_text(), (folder / "err").read_text())


def _carry_out(arguments: list[str], env: dict[str, str], folder: Path) -> None:
    os.environ.clear()
    os.environ.update(env)
    for number, (name, flags) in enumerate((("in", os.O_RDONLY), ("out", _WRITE), ("err", _WRITE))):
        os.dup2(os.open(folder / name, flags, 0o600), number)
    # What multiprocessing put in its place leads nowhere.
    sys.stdin = os.fdopen(0)
    sys.argv = ["obsv", *arguments]
    sys.exit(main(arguments))


_WRITE = os.O_WRONLY | os.O_CREAT
