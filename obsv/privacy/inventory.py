"""The one list of what is held, gathered from the tables themselves.

Each feature declares its tables in `tables.py`, with a `holds` that says for every column what it is, why it is there,
by which right, and how it is exported and erased. Retention, export, erasure and the public policy read it here;
nothing else lists tables. A table or column without a declaration stops the start and fails a test.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from piccolo.columns import Date
from piccolo.table import TABLE_REGISTRY, Table

import obsv
from obsv.core.holds import Basis, DataClass, Erase, Holds, Subject
from obsv.db import DB, PlainTable, plain_tables
from obsv.privacy.retention import BY_DAY, CLASSES

Sweep = Callable[[date, int], Awaitable[int]]


class InventoryIncomplete(Exception):  # a state of the code
    """Tables or columns that do not say what they hold; one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("the data inventory is incomplete:\n  " + "\n  ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Held:
    """One table of the inventory.

    `key` is its primary key ("" for plain tables), `sweep` its own way to drop what is due, where single rows must not
    be deleted. `is_optional`: made by a part that may not be in use, which also keeps its retention.
    """

    name: str
    columns: tuple[str, ...]
    holds: Holds | None
    key: str = ""
    day_column: str = ""
    sweep: Sweep | None = None
    is_optional: bool = False


def collect() -> tuple[Held, ...]:
    """Every table of obsv and its built-in plugins, by name."""
    packages = [obsv]
    try:
        packages.append(importlib.import_module("obsv_plugins"))
    except ModuleNotFoundError:
        packages = [obsv]
    for package in packages:
        for name in _modules_with_tables(package):
            importlib.import_module(name)
    names = tuple(f"{package.__name__}." for package in packages)
    own = [table for table in TABLE_REGISTRY if table.__module__.startswith(names) and _is_ours(table)]
    found = [_from_piccolo(table) for table in own] + [_from_plain(table) for table in plain_tables()]
    return tuple(sorted(found, key=lambda held: held.name))


def check(tables: Iterable[Held]) -> None:
    """Raise `InventoryIncomplete` with everything that is missing or contradicts itself."""
    problems = [problem for table in tables for problem in problems_of(table)]
    if problems:
        raise InventoryIncomplete(problems)


def problems_of(table: Held) -> list[str]:
    """What is wrong with the declaration of one table."""
    holds = table.holds
    if holds is None:
        return [f"{table.name}: no `holds` (see obsv.core.holds)"]
    problems = [f"{table.name}.{column}: not declared" for column in table.columns if column not in holds.columns]
    problems += [
        f"{table.name}.{name}: declared, but no such column" for name in holds.columns.keys() - {*table.columns}
    ]
    if holds.retention not in CLASSES:
        problems.append(f"{table.name}: unknown retention class {holds.retention!r}")
    if holds.retention in BY_DAY and not table.day_column and not table.is_optional:
        problems.append(f"{table.name}: retention {holds.retention!r} needs a Date column erase_on")
    if holds.subject_column and holds.subject_column not in table.columns:
        problems.append(f"{table.name}: subject_column {holds.subject_column!r} is no column")
    if holds.export and not holds.subject_column:
        problems.append(f"{table.name}: exported, but no subject_column says to whom")
    return problems + _contradictions(table.name, holds)


def _contradictions(name: str, holds: Holds) -> list[str]:
    problems: list[str] = []
    for column, held in holds.columns.items():
        if held.secret and held.export:
            problems.append(f"{name}.{column}: secret and exported")
        if held.data is DataClass.OPERATIONAL and held.basis is not Basis.NONE:
            problems.append(f"{name}.{column}: operational data needs no legal basis")
        if held.data is DataClass.IDENTITY and held.erase is Erase.KEEP:
            problems.append(f"{name}.{column}: identity data cannot outlive its subject")
    if not holds.clause:
        problems.append(f"{name}: no policy clause")
    if holds.subject in {Subject.USER, Subject.VISITOR} and not holds.subject_column:
        problems.append(f"{name}: personal, but no subject_column says whose")
    return problems


def _is_ours(table: type[Table]) -> bool:
    """Whether a table lives in obsv's database (Piccolo's own do not)."""
    return table._meta._db is DB  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # no public way asks without opening


def _from_piccolo(table: type[Table]) -> Held:
    meta = table._meta  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # Piccolo's documented way to columns
    columns = {cast("Any", column)._meta.db_column_name: column for column in meta.columns}  # noqa: SLF001
    has_day = isinstance(columns.get("erase_on"), Date)
    return Held(
        name=meta.tablename,
        columns=tuple(columns),
        holds=cast("Holds | None", getattr(table, "holds", None)),
        key=cast("Any", meta.primary_key)._meta.db_column_name,  # noqa: SLF001
        day_column="erase_on" if has_day else "",
        sweep=cast("Sweep | None", getattr(table, "sweep", None)),
    )


def _from_plain(table: PlainTable) -> Held:
    return Held(table.name, tuple(table.holds.columns), table.holds, is_optional=table.is_optional)


def _modules_with_tables(package: ModuleType) -> list[str]:
    """Modules called `tables`; found as files, so that nothing else is imported."""
    root = Path(package.__path__[0])
    # Only where packages are: the web page's folder holds thousands of files of its own.
    files = sorted(file for depth in ("*", "*/*", "*/*/*") for file in root.glob(f"{depth}/tables.py"))
    return [".".join((package.__name__, *file.relative_to(root).with_suffix("").parts)) for file in files]
