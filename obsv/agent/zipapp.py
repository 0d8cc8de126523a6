"""Packs the agent into one file that any python3 runs: what the appliance serves at `/agent.pyz`."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from .version import VERSION

__all__ = ["PACKAGE", "build_zipapp"]

PACKAGE = "obsv_agent"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT = {"zipapp.py", "version.py"}
_MAIN = f"from {PACKAGE}.main import main\n\nraise SystemExit(main())\n"


def build_zipapp() -> bytes:
    """Build the file; the same sources give the same bytes."""
    folder = Path(__file__).parent
    out = io.BytesIO()
    out.write(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "__main__.py", _MAIN)
        _add(archive, f"{PACKAGE}/version.py", f'VERSION = "{VERSION}"\n')
        for path in sorted(folder.rglob("*.py")):
            name = path.relative_to(folder).as_posix()
            if name not in _LEFT_OUT:
                _add(archive, f"{PACKAGE}/{name}", path.read_text(encoding="utf-8"))
    return out.getvalue()


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, text.encode("utf-8"))
