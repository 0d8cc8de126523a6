"""`obsv serve --reload`: serves in a child process that is replaced when a source file changes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import obsv

POLL_S = 0.5
STOP_S = 30
PATTERNS = ("*.py", "*.so", "*.html", "*.css")


def newest_change(root: Path) -> float:
    """When a source file below `root` was last changed."""
    files = (file for pattern in PATTERNS for file in root.rglob(pattern))
    return max((file.stat().st_mtime for file in files if "node_modules" not in file.parts), default=0.0)


def run_reloading() -> int:
    """Run the same command without --reload, again and again, until Ctrl-C."""
    root = Path(obsv.__file__).parent
    command = [sys.executable, "-m", "obsv", *(word for word in sys.argv[1:] if word != "--reload")]
    try:
        while True:
            _serve_until_change(command, root)
            print("A source file has changed: starting anew.", file=sys.stderr)
    except KeyboardInterrupt:
        return 0


def _serve_until_change(command: list[str], root: Path) -> None:
    seen = newest_change(root)
    child = subprocess.Popen(command)
    try:
        # A child that has failed (a typing error, say) leaves us waiting for the change that mends it.
        while newest_change(root) == seen:
            time.sleep(POLL_S)
    finally:
        child.terminate()
        child.wait(STOP_S)
