"""`DB`, to which tables bind at import, and the choice of the engine behind it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from piccolo.engine.base import Engine

from obsv.db.postgres import ObsvPostgres
from obsv.db.sqlite import DatabaseBusy, ObsvSQLite

if TYPE_CHECKING:
    from piccolo.query.base import Query
    from piccolo.querystring import QueryString

    from obsv.config import Settings

__all__ = ["DB", "Database", "DatabaseBusy", "DatabaseNotOpen", "close_database", "connect", "open_database"]

FILE_NAME = "obsv.sqlite"


class DatabaseNotOpen(AttributeError):  # a state, not a mistake
    """A query ran before `open_database` or after `close_database`."""


class Database(Engine[Any]):
    """Hands every call to the engine that was opened."""

    def __init__(self) -> None:
        # The base class' own would ask for a server version; there is nothing to ask yet.
        self._engine: ObsvSQLite | ObsvPostgres | None = None

    def __getattr__(self, name: str) -> Any:
        """Reached for `engine_type` and `current_transaction` while nothing is open."""
        raise DatabaseNotOpen(f"the database is not open ({name})")

    @property
    def engine(self) -> ObsvSQLite | ObsvPostgres:
        """The engine behind; raises `DatabaseNotOpen`."""
        if self._engine is None:
            raise DatabaseNotOpen("the database is not open")
        return self._engine

    @property
    def _untyped(self) -> Any:
        """The engine, where Piccolo's own annotations are too loose to check against."""
        return self.engine

    @property
    def is_open(self) -> bool:
        """Whether an engine stands behind."""
        return self._engine is not None

    def bind(self, engine: ObsvSQLite | ObsvPostgres) -> None:
        """Put a started engine behind."""
        if self._engine is not None:
            raise RuntimeError("the database is open already")
        self._engine = engine
        self.engine_type = engine.engine_type
        self.current_transaction = engine.current_transaction

    async def unbind(self) -> None:
        """Close the engine behind, if any."""
        if self._engine is None:
            return
        engine, self._engine = self._engine, None
        del self.engine_type, self.current_transaction
        await engine.close()

    async def get_version(self) -> float:
        """Version of the server or library."""
        return await self.engine.get_version()

    def get_version_sync(self) -> float:
        """Version of the library (Piccolo asks SQLite for it while it builds an INSERT)."""
        return self.engine.get_version_sync()

    async def prep_database(self) -> None:
        """Nothing to prepare."""

    async def batch(self, query: Query[Any, Any], batch_size: int = 100, node: str | None = None) -> Any:
        """Rows of a query in batches."""
        return await self._untyped.batch(query, batch_size, node)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:
        """Run a query."""
        return await self._untyped.run_querystring(querystring, in_pool)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        """Run a statement without parameters."""
        return await self._untyped.run_ddl(ddl, in_pool)

    def transform_response_to_dicts(self, results: Any) -> list[dict[str, Any]]:
        """The driver's rows as dictionaries."""
        return cast("list[dict[str, Any]]", self._untyped.transform_response_to_dicts(results))

    def transaction(self, *args: Any, **kwargs: Any) -> Any:
        """A transaction of the engine; use `write_tx`, whose nested ones are savepoints."""
        return self.engine.transaction(*args, **kwargs)

    def atomic(self) -> Any:
        """Refused: on SQLite Piccolo begins it DEFERRED, which fails under concurrent writers."""
        raise RuntimeError("use obsv.db.write_tx")


DB = Database()


async def connect(url: str, data_dir: Path, *, pool_size: int = 10) -> None:
    """Open the database: `sqlite` keeps it in `data_dir`, a `postgres://` URL names a server."""
    engine: ObsvSQLite | ObsvPostgres
    if url == "sqlite":
        engine = ObsvSQLite(data_dir / FILE_NAME)
    elif url.startswith(("postgres://", "postgresql://")):
        engine = ObsvPostgres(url, pool_size=pool_size)
    else:
        raise ValueError('database.url: expected "sqlite" or "postgres://…"')
    await engine.start()
    DB.bind(engine)


async def open_database(settings: Settings) -> None:
    """Open the database that the settings name; the schema is `migrate`'s business."""
    await connect(settings.database.url, Path(settings.data_dir), pool_size=settings.database.pool_size)


async def close_database() -> None:
    """Close it; harmless when it is not open."""
    await DB.unbind()
