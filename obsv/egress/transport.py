"""httpx over connections that the guard has checked, each to the very address that was checked."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any, cast

import httpcore
import httpx

from obsv.egress.guard import Guard
from obsv.egress.phases import Phases
from obsv.egress.types import Origin


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves and checks before it connects; TLS still verifies the name.  `phases` gets the time to resolve."""

    def __init__(self, guard: Guard, origin: Origin, phases: Phases | None = None) -> None:
        self._guard, self._origin, self._phases = guard, origin, phases or Phases()
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers."""
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        begun = time.perf_counter()
        try:
            addresses = await self._guard.resolve(host, port, self._origin)
        finally:
            self._phases.resolve_s += time.perf_counter() - begun
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    async def sleep(self, seconds: float) -> None:
        """Wait between retries."""
        await self._inner.sleep(seconds)


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx' own transport on a pool whose connections are guarded; proxies of the environment are not used.

    `context` replaces the usual rules of TLS, `phases` gets the time to resolve names.
    """

    def __init__(
        self, guard: Guard, origin: Origin, *, context: ssl.SSLContext | None = None, phases: Phases | None = None
    ) -> None:
        context = context or httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=30.0,
            network_backend=GuardedBackend(guard, origin, phases),
        )
