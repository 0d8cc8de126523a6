"""A database for what is kept beside samples."""

from tests.database import database, database_url, engine_name

__all__ = ["database", "database_url", "engine_name"]
