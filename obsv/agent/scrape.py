"""Scrapes Prometheus endpoints: their samples, `up` and how long it took, under the target's job and instance."""

from __future__ import annotations

import logging
import time
from typing import NamedTuple
from urllib.parse import urlsplit

from .client import HttpClient, TransportError
from .exposition import ExpositionError, Parser
from .sample import NO_LABELS, Sample
from .series import Batch, SeriesTable
from .version import VERSION

__all__ = ["Scraper", "Target", "parse_target"]

_ACCEPT = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.7,*/*;q=0.1"
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_log = logging.getLogger("obsv.agent")


class Target(NamedTuple):
    """An endpoint and the labels its series get."""

    url: str
    job: str
    instance: str


def parse_target(text: str, host: str) -> Target:
    """Read `URL` or `JOB=URL`; a loopback address is named after this host, since every host has one."""
    job, found, url = text.partition("=")
    if not found or "/" in job or ":" in job:
        job, url = "scrape", text
    if "://" not in url:
        url = f"http://{url}"
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"not an http or https URL: {text!r}")
    if parts.path in {"", "/"}:
        url = parts._replace(path="/metrics").geturl()
    name = host if parts.hostname in _LOCAL else parts.hostname
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Target(url, job, f"[{name}]:{port}" if ":" in name else f"{name}:{port}")


class Scraper:
    """Scrapes one target, round by round."""

    def __init__(self, target: Target, *, timeout: float, ca_file: str = "") -> None:
        self.target = target
        self._timeout = timeout
        self._client = HttpClient(target.url, timeout=timeout, ca_file=ca_file)
        self._parser = Parser()
        self._series = SeriesTable({"job": target.job, "instance": target.instance})
        self._was_up: bool | None = None

    def scrape(self, at_ms: int) -> list[Batch]:
        """Scrape once; whatever goes wrong is `up` 0, and the target's series end."""
        start = time.monotonic()
        samples: list[Sample] = []
        why = ""
        try:
            samples = self._fetch()
        except (TransportError, ExpositionError) as error:
            why = str(error)
        self._tell(why)
        count = float(len(samples))
        samples.append(Sample("up", NO_LABELS, 0.0 if why else 1.0))
        samples.append(Sample("scrape_duration_seconds", NO_LABELS, time.monotonic() - start))
        samples.append(Sample("scrape_samples_scraped", NO_LABELS, count))
        return self._series.encode(samples, at_ms)

    def close(self) -> None:
        """Close the connection to the target."""
        self._client.close()

    def _fetch(self) -> list[Sample]:
        headers = {
            "Accept": _ACCEPT,
            "Accept-Encoding": "gzip",
            "User-Agent": f"obsv-agent/{VERSION}",
            "X-Prometheus-Scrape-Timeout-Seconds": f"{self._timeout:g}",
        }
        reply = self._client.request("GET", headers)
        if reply.status != 200:
            raise TransportError(f"it answers {reply.status}")
        kind = reply.headers.get("Content-Type", "")
        text = reply.body.decode("utf-8", "replace")
        return list(self._parser.parse(text, openmetrics=kind.startswith("application/openmetrics-text")))

    def _tell(self, why: str) -> None:
        """Log a change of the target's state, not every failure."""
        if why and self._was_up is not False:
            _log.warning("cannot scrape %s: %s", self.target.instance, why)
        elif not why and self._was_up is False:
            _log.info("scraping %s works again", self.target.instance)
        self._was_up = not why
