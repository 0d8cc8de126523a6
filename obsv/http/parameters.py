"""Query parameters that every list takes, bounded to what a database can compare with."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

Millis = Annotated[int | None, QueryParameter(ge=0, le=2**53)]
"""An instant in Unix milliseconds."""

Sequential = Annotated[int | None, QueryParameter(ge=0, le=2**53)]
"""The number of an entry."""

Word = Annotated[str, QueryParameter(max_length=200, pattern=r"^[^\x00]*$")]
"""A short text to compare with; Postgres knows none with a NUL in it."""
