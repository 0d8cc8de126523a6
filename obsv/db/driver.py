"""The one place that names asyncpg, whose types are not published: here they become `Any`, on purpose."""

from __future__ import annotations

import importlib
from typing import Any

_asyncpg: Any = importlib.import_module("asyncpg")

UniqueViolation: type[Exception] = _asyncpg.UniqueViolationError
PostgresFailure: tuple[type[Exception], ...] = (
    _asyncpg.PostgresError,
    _asyncpg.InterfaceError,
    _asyncpg.InternalClientError,
    ConnectionError,
    OSError,
    TimeoutError,
)


async def connect(url: str, **options: Any) -> Any:
    """A connection outside of any pool (asyncpg.Connection)."""
    return await _asyncpg.connect(url, **options)


async def create_pool(**options: Any) -> Any:
    """A started pool (asyncpg.Pool)."""
    return await _asyncpg.create_pool(**options)
