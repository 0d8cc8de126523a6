"""Which keys the sealed cells of the database need."""

from __future__ import annotations

from collections import Counter

from obsv.core.holds import Erase
from obsv.db import fetch
from obsv.privacy.inventory import collect


async def sealed_with() -> dict[str, int]:
    """Cells by the id of the key that seals them: data keys of subjects (`d1`), master keys for what has no subject."""
    found: Counter[str] = Counter()
    for table in collect():
        columns = table.holds.columns if table.holds else {}
        for column in (name for name, holds in columns.items() if holds.erase is Erase.KEY):
            rows = await fetch(
                # `v1.<key id>.…`: a key id has 16 characters at most.
                f"SELECT substr({column}, 4, 17) AS head, COUNT(*) AS cells FROM {table.name} "  # noqa: S608
                f"WHERE {column} LIKE 'v1.%' GROUP BY 1"
            )
            for row in rows:
                found[str(row["head"]).partition(".")[0]] += row["cells"]
    return dict(found)
