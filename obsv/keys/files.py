"""Key files: private, written whole or not at all, and overwritten before they are unlinked."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from obsv.keys.errors import MissingKey


def write_private(path: Path, data: bytes) -> None:
    """Replace `path` (mode 0600) so that after a crash it is the old file or the new one, on the disk."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(fresh, "xb", opener=_private) as file:  # Path.open takes no opener
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def append_private(path: Path, line: str) -> None:
    """Add a line that is on the disk when this returns."""
    with open(path, "a", opener=_private) as file:  # Path.open takes no opener
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def destroy(path: Path) -> None:
    """Overwrite the content in place and unlink; harmless when it is gone already."""
    try:
        with path.open("r+b") as file:
            size = os.fstat(file.fileno()).st_size
            for filler in (os.urandom(size), bytes(size)):
                file.seek(0)
                file.write(filler)
                file.flush()
                os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink()
    sync_folder(path.parent)


def read_private(path: Path) -> str:
    """Content of a file that its owner alone may read; raises `MissingKey` and says how to mend it."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise MissingKey(f"{path} may be read by others (mode {mode:04o}): chmod 600 {path}")
    return path.read_text()


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Keep other processes (the CLI beside the server) from changing keys meanwhile."""
    with open(folder / ".lock", "a", opener=_private) as guard:  # Path.open takes no opener
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def sync_folder(folder: Path) -> None:
    """Make a rename or unlink in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
