"""Which line of a TOML file a key stands in, so that a mistake can be named by line."""

from __future__ import annotations

import re
import tomllib

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\-\s]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_\-.]+)\s*=(.*)$")


def _is_complete(value: str) -> bool:
    try:
        tomllib.loads(f"v = {value}")
    except tomllib.TOMLDecodeError:
        return False
    return True


def _inside(parts: list[str], counts: dict[str, int]) -> str:
    """The path of a table, with the number of each list of tables that it stands in."""
    path = parts[0]
    for part in parts[1:]:
        path += f".{counts[path]}.{part}" if path in counts else f".{part}"
    return path


def key_lines(text: str) -> dict[str, int]:
    """Line number of every table and key, by dotted path; the i-th `[[plan]]` is `plan.i` and its keys `plan.i.name`.

    What stands in a list of tables belongs to its last one: `[[scrape.relabel]]` is `scrape.0.relabel.0` at first.

    The text must be valid TOML: where a value spans lines, tomllib is asked where it ends.
    """
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table, open_value = "", ""
    for number, line in enumerate(text.splitlines(), 1):
        if open_value:
            open_value += "\n" + line
            if _is_complete(open_value):
                open_value = ""
            continue
        if header := _HEADER.match(line):
            table = _inside([part.strip() for part in header[2].split(".")], counts)
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}.{counts[table]}"
            found[table] = number
        elif pair := _KEY.match(line):
            found[f"{table}.{pair[1]}" if table else pair[1]] = number
            if not _is_complete(pair[2]):
                open_value = pair[2]
    return found
