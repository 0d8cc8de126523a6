"""Ends the work for a client that does not wait for its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from obsv.metrics.api.params import AnyRequest
from obsv.metrics.promql import QueryCanceled

T = TypeVar("T")

PATIENCE_S = 0.05
"""What is done sooner is not watched over: that would take longer than the work."""


async def while_there(request: AnyRequest, work: Awaitable[T]) -> T:
    """The result of the work.  Raises QueryCanceled, and cancels it, when the client goes away meanwhile.

    The body of the request must have been read.
    """
    task, is_gone = asyncio.current_task(), False
    assert task

    async def watch() -> None:
        nonlocal is_gone
        while (await request.receive())["type"] != "http.disconnect":
            pass
        is_gone = True
        task.cancel()

    watching: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()
    begin = loop.call_later(PATIENCE_S, lambda: watching.append(loop.create_task(watch())))
    try:
        return await work
    except asyncio.CancelledError:
        if not is_gone:
            raise
        task.uncancel()
        raise QueryCanceled from None
    finally:
        begin.cancel()
        for one in watching:
            one.cancel()
