"""CSV for spreadsheets that take what stands in it as text, whoever wrote it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_line(cells: Iterable[object]) -> bytes:
    """A line of CSV; a text that a spreadsheet would take for a formula begins with an apostrophe.

    Source: OWASP, CSV injection.  Numbers are told by their type and stay as they are.
    """
    line = io.StringIO()
    csv.writer(line).writerow(
        [f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in cells]
    )
    return line.getvalue().encode()
