"""The labels in a path: `/job/backup/instance/db-1`, with `name@base64` before values that no path may hold."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from obsv.core.errors import BadRequest

BASE64 = "@base64"
_is_name = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII).fullmatch


def grouping(raw_path: bytes, prefix: str) -> dict[str, str]:
    """The labels that a path as it was sent has behind `prefix`, the job among them.  Raises BadRequest."""
    path = raw_path.decode("latin-1").partition("?")[0]
    parts = [_text(unquote_to_bytes(part)) for part in path.removeprefix(prefix).strip("/").split("/")]
    if len(parts) % 2:
        raise BadRequest(f"expected pairs of a label's name and value in the path, but {parts[-1]!r} has no value")
    if parts[0].removesuffix(BASE64) != "job":
        raise BadRequest(f"expected /job/NAME first in the path, got {parts[0]!r}")
    labels: dict[str, str] = {}
    for written, value in zip(parts[::2], parts[1::2], strict=True):
        name = written.removesuffix(BASE64)
        if not _is_name(name) or name.startswith("__"):
            raise BadRequest(f"{name!r} in the path is no name for a label")
        if name in labels:
            raise BadRequest(f"the label {name} comes twice in the path")
        labels[name] = value if name == written else _from_base64(name, value)
    if not labels["job"]:
        raise BadRequest("the job in the path has no name")
    return labels


def _from_base64(name: str, value: str) -> str:
    bare = value.rstrip("=")
    try:
        return _text(base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise BadRequest(f"{value!r} in the path is no base64 (URL alphabet) of a value for {name}") from None


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadRequest("the path is not UTF-8") from None
