"""Sends what the spool holds by remote write 1.0, oldest first, for as long as it takes."""

from __future__ import annotations

import calendar
import email.utils
import logging
import random
import threading
import time
from typing import Callable
from urllib.parse import urlsplit, urlunsplit

from .client import HttpClient, Reply, TransportError
from .spool import Spool, Stored
from .version import VERSION

__all__ = ["Sender", "default_uniform", "write_url"]

_BACKOFF_BASE = 1.0
_BACKOFF_CAP = 60.0
_RETRY_AFTER_CAP = 600.0
_REMIND_S = 600.0
_KEEP = {401, 402, 403, 404, 405, 407, 408, 425, 429}
"""Refusals that are not about the batch: it waits until the person or the server has mended things."""
_ADVICE = {
    401: "the token is missing or wrong: start the agent with one that has the scope metrics:write",
    403: "the token lacks the scope metrics:write: start the agent with one that has it",
    404: "nothing takes remote write there: --url must be the server's address, e.g. https://obsv.example.com",
    405: "nothing takes remote write there: --url must be the server's address, e.g. https://obsv.example.com",
}
_log = logging.getLogger("obsv.agent")


def write_url(url: str) -> str:
    """Complete a server's address to its remote-write endpoint; a whole endpoint stays as it is."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    path = parts.path.rstrip("/")
    if not path.endswith(("/write", "/push", "/receive")):
        path += "/api/v1/write"
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


class Sender:
    """Drains a spool into a server; `run` is the body of its thread."""

    def __init__(
        self, client: HttpClient, spool: Spool, token: str, *, uniform: Callable[[float, float], float]
    ) -> None:
        self._client = client
        self._spool = spool
        self._uniform = uniform
        self._stop = threading.Event()
        self._deadline = 0.0
        self._failures = 0
        self._reminded = 0.0
        self._refusal = ("", 0.0)
        self.sent_batches = 0
        self.sent_samples = 0
        self.failed_requests = 0
        self.refused_samples = 0
        self._headers = {
            "Content-Encoding": "snappy",
            "Content-Type": "application/x-protobuf",
            "User-Agent": f"obsv-agent/{VERSION}",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        }
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def run(self) -> None:
        """Send until `stop`; then what can still be sent in its grace."""
        while not self._stop.is_set():
            stored = self._spool.oldest()
            if stored is None:
                self._spool.wait(3600.0)
                continue
            self._stop.wait(self.send(stored))
        self.flush()
        self.close()

    def stop(self, grace: float) -> None:
        """Ask `run` to end within about `grace` seconds; what is left stays in the spool."""
        self._deadline = time.monotonic() + grace
        self._stop.set()
        self._spool.wake()

    def close(self) -> None:
        """Close the connection to the server."""
        self._client.close()

    def flush(self) -> bool:
        """Send what is queued until the first failure or the deadline; say whether all is gone."""
        while time.monotonic() < self._deadline or not self._deadline:
            stored = self._spool.oldest()
            if stored is None:
                return True
            if self.send(stored) > 0:
                return False
        return False

    def send(self, stored: Stored) -> float:
        """Send one batch once; return how long to wait before the next request."""
        try:
            reply = self._client.request("POST", self._headers, stored.body)
        except TransportError as error:
            return self._postpone(f"no answer from {self._client.host}:{self._client.port}: {error}", 0.0)
        if 200 <= reply.status < 300:
            self._delivered(stored)
            return 0.0
        said = f"the server answers {reply.status}: {_said(reply)}"
        if reply.status in _KEEP or reply.status >= 500 or reply.status < 400:
            advice = _ADVICE.get(reply.status)
            return self._postpone(f"{said} ({advice})" if advice else said, _retry_after(reply))
        self._refused(stored, said)
        return 0.0

    def _delivered(self, stored: Stored) -> None:
        self._spool.done(stored.number)
        self.sent_batches += 1
        self.sent_samples += stored.samples
        if self._failures or self.sent_batches == 1:
            _log.info("sending to %s:%d (batches queued: %d)", self._client.host, self._client.port, len(self._spool))
        self._failures = 0

    def _refused(self, stored: Stored, said: str) -> None:
        """Give a batch up; the same words, batch after batch, are logged now and then only."""
        self.failed_requests += 1
        self.refused_samples += stored.samples
        self._spool.done(stored.number)
        now = time.monotonic()
        if said != self._refusal[0] or now - self._refusal[1] >= _REMIND_S:
            self._refusal = (said, now)
            _log.error("%s; what it did not take of these %d samples is dropped", said, stored.samples)

    def _postpone(self, why: str, retry_after: float) -> float:
        """Count a failure and choose the wait: exponential with full jitter, never before the server's own wish."""
        self.failed_requests += 1
        self._failures += 1
        now = time.monotonic()
        if self._failures == 1 or now - self._reminded >= _REMIND_S:
            self._reminded = now
            _log.warning("%s; will be tried again (batches queued: %d)", why, len(self._spool))
        ceiling = min(_BACKOFF_CAP, _BACKOFF_BASE * 2 ** min(self._failures, 10))
        if retry_after > 0:
            return retry_after + self._uniform(0, min(ceiling, retry_after))
        return max(0.05, self._uniform(0, ceiling))


def _said(reply: Reply) -> str:
    """The server's own words, on one line."""
    text = " ".join(reply.body[:2000].decode("utf-8", "replace").split())
    if 300 <= reply.status < 400:
        return f"moved to {reply.headers.get('Location', '?')}: give that as --url"
    return text[:300] or "(no text)"


def _retry_after(reply: Reply) -> float:
    """Seconds asked for by Retry-After, as a number or a date; 0 without one."""
    value = (reply.headers.get("Retry-After") or "").strip()
    if value.isdigit():
        seconds = float(value)
    else:
        date = email.utils.parsedate_tz(value) if value else None
        seconds = calendar.timegm(date[:6]) - (date[9] or 0) - time.time() if date else 0.0
    return max(0.0, min(seconds, _RETRY_AFTER_CAP))


def default_uniform() -> Callable[[float, float], float]:
    """A generator of its own, seeded by the system, so that hosts started together do not return together."""
    return random.SystemRandom().uniform
