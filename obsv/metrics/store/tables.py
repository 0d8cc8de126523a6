"""What the block store keeps in a database, declared for the data inventory (the store itself makes the tables).

On SQLite they are in a file of their own, on Postgres beside the others. Samples and their roll-ups go by the plan's
retention, whole blocks at a time, and with their organisation.
"""

from __future__ import annotations

from obsv.core.holds import Column, DataClass, Erase, Holds, Subject, operational
from obsv.db import PlainTable, declare

_METRICS = Column(DataClass.METRICS)


def _of_organisation(name: str, metrics: tuple[str, ...], *counters: str) -> PlainTable:
    columns = {**dict.fromkeys(metrics, _METRICS), **operational(*counters)}
    holds = Holds(
        clause="data.ops.metrics",
        subject=Subject.ORGANISATION,
        retention="metrics",
        erase=Erase.DELETE,
        export="metrics",
        subject_column="org",
        columns=columns,
    )
    return PlainTable(name, holds)


def _of_instance(name: str, *, data: tuple[str, ...] = (), counters: tuple[str, ...] = ()) -> PlainTable:
    holds = Holds(
        clause="data.ops.metrics",
        subject=Subject.INSTANCE,
        retention="metrics",
        erase=Erase.DELETE,
        columns={**dict.fromkeys(data, Column(DataClass.METRICS, export=False)), **operational(*counters)},
    )
    return PlainTable(name, holds)


declare(
    _of_organisation(
        *("metric_blocks", ("org", "start_ms", "end_ms", "samples", "data")),
        *("id", "part", "low", "high", "generation", "seq", "times_id", "damaged", "resolution", "rolled"),
    ),
    _of_organisation("metric_segments", ("org", "series", "data"), "id", "damaged"),
    _of_organisation("metric_times", ("org", "data"), "id", "damaged"),
    _of_instance("metric_state", counters=("name", "value")),
    # The append log holds batches of all organisations for minutes, until they are in blocks.
    _of_instance("metric_log", data=("data",), counters=("seq",)),
    _of_instance("metric_log_position", counters=("only_one", "last")),
)
