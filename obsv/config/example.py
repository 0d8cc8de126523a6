"""Writes `config.example.toml` from the settings' structs:  python -m obsv.config.example > config.example.toml"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from obsv.config.model import Section, Settings
from obsv.config.schema import Branch, Leaf, expectation, members
from obsv.core.duration import format_duration_ms
from obsv.core.units import format_size

HEADER = """\
# Every setting of obsv, with its default.  Nothing here needs to be set; keep the lines that you change.
# Each key can also be given as an environment variable OBSV_SECTION__KEY (OBSV_SERVER__PORT=8450), which wins over
# this file.
# A key marked "secret" can stand in a file of its own instead: write key_file = "/path".
# `obsv config check --config FILE` names every mistake by line.
"""


def literal(leaf: Leaf, value: object) -> str:
    """A key's value as TOML writes it."""
    if isinstance(value, tuple):
        return "[" + ", ".join(literal(leaf, item) for item in value) + "]"  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if leaf.key.kind == "duration" and isinstance(value, int):
        return json.dumps(format_duration_ms(value))
    if leaf.key.kind == "size" and isinstance(value, int):
        return json.dumps(format_size(value))
    return json.dumps(value)


def _table(section: Section, path: str, mark: str = "") -> Iterator[str]:
    """The lines of a table; `mark` is "# " inside of one that is not there."""
    known = members(type(section))
    for leaf in (member for member in known.values() if isinstance(member, Leaf)):
        notes = [expectation(leaf)] if leaf.key.choices or leaf.key.kind == "size" else []
        notes += ["secret"] if leaf.key.kind == "secret" else []
        yield from _note(leaf.key.doc + (f" ({'; '.join(notes)})" if notes else ""), mark)
        if leaf.key.kind == "open":
            continue
        yield f"{mark}{leaf.name} = {literal(leaf, getattr(section, leaf.field))}"
    for branch in (member for member in known.values() if isinstance(member, Branch)):
        name = f"{path}.{branch.name}" if path else branch.name
        doc, value = (branch.section.__doc__ or "").strip(), getattr(section, branch.field)
        for item in value if branch.is_array else (value,):
            heading = f"[[{name}]]" if branch.is_array else f"[{name}]"
            yield from ("", *_note(doc, mark), mark + heading, *_table(item, name, mark))
        if branch.is_array and not value:
            yield from ("", *_note(f"{doc} There is none by default.", mark))
            yield from (f"# [[{name}]]", *_table(branch.section(), name, "# "))


def _note(text: str, mark: str) -> list[str]:
    return textwrap.wrap(text, 116, initial_indent=f"{mark}# ", subsequent_indent=f"{mark}# ")


def example() -> str:
    """The whole file."""
    return HEADER + "\n" + "\n".join(_table(Settings(), "")) + "\n"


if __name__ == "__main__":
    print(example(), end="")
