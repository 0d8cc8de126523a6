"""What several ways in do alike with a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from obsv.core.errors import BadRequest
from obsv.metrics.ingest.door import AnyRequest

T = TypeVar("T")

READ_IN_PLACE = 65_536
"""A body of so many bytes is read while others wait; a longer one in a thread, where they take turns with it."""


def extra_labels(request: AnyRequest) -> dict[str, str]:
    """The labels that `extra_label=name=value` parameters give to every sample.  Raises BadRequest."""
    labels: dict[str, str] = {}
    for text in request.query_params.getall("extra_label", []):
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise BadRequest(f"expected extra_label=name=value, got {text[:100]!r}")
        labels[name] = value
    return labels


async def read_body(read: Callable[[bytes], T], body: bytes) -> T:
    """What `read` makes of a body."""
    return read(body) if len(body) <= READ_IN_PLACE else await asyncio.to_thread(read, body)
