from __future__ import annotations

from tests.database import database, database_url, engine_name

__all__ = ["database", "database_url", "engine_name"]
