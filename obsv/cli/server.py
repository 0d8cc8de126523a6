"""Runs an application under uvicorn; a start that fails says why in one line where a person can mend it."""

from __future__ import annotations

import gc
import socket
import sys
from typing import Any

import uvicorn
from litestar.types import ASGIApp, Receive, Scope, Send

from obsv.cli.common import Failed
from obsv.core.errors import ObsvError


class _Start:
    """Remembers why the application's start failed; the server only knows that it did."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.error: Exception | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
        else:
            await self._lifespan(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def without_trace(message: Any) -> None:
            # The framework puts a whole stack trace there; it is told below, if it is news.
            if message["type"].endswith(".failed"):
                message["message"] = ""
            await send(message)

        try:
            await self._app(scope, receive, without_trace)
        except Exception as error:
            self.error = _innermost(error)
            raise


def _innermost(error: Exception) -> Exception:
    """The one error that the framework's groups are wrapped around."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


GC_ALLOCATIONS = 20_000
"""Objects that come to be between two looks at the youngest: an answer makes thousands, and few that need a look."""


def _settle_memory() -> None:
    """Leave what lives as long as the process out of garbage collection: each full one looked at all of it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_ALLOCATIONS, 20, 20)


class _Server(uvicorn.Server):
    """Says when it is ready."""

    ready = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _settle_memory()
            print(self.ready, file=sys.stderr, flush=True)


def serve(app: ASGIApp, listener: socket.socket, *, ready: str, **options: Any) -> None:
    """Serve until a signal; prints `ready` once requests are answered.  Raises `Failed` when the start fails."""
    start = _Start(app)
    server = _Server(
        uvicorn.Config(
            start,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            **options,
        )
    )
    server.ready = ready
    try:
        server.run(sockets=[listener])
    except SystemExit:
        if start.error is None:
            raise
    if start.error is None:
        return
    if isinstance(start.error, (ObsvError, OSError)):
        raise Failed(f"cannot start: {start.error}") from None
    raise start.error
