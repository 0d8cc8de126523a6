"""The database's own table: which migrations were applied."""

from __future__ import annotations

from obsv.core.holds import Erase, Holds, Subject, operational
from obsv.db.plain import PlainTable, declare

declare(
    PlainTable(
        "schema_migrations",
        Holds(
            clause="ret.other",
            subject=Subject.INSTANCE,
            retention="instance",
            erase=Erase.KEEP,
            columns=operational("id", "applied_at_ms"),
        ),
        is_optional=False,
    )
)
