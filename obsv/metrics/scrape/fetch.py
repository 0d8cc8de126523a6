"""Reading a target's page."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from http import HTTPStatus

from obsv.config.model import Scrape
from obsv.egress import Call, EgressFailed, EgressRefused, Origin, Purpose, egress
from obsv.metrics.scrape.errors import ScrapeFailed
from obsv.metrics.scrape.target import Entry, Target

ACCEPT = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Page:
    """The text of a page and what the target calls it."""

    body: bytes
    content_type: str


async def fetch(target: Target, entry: Entry, org: int) -> Page:
    """Ask the target.  Raises ScrapeFailed."""
    scrape = entry.scrape
    origin = Origin.CONFIG if target.host in entry.declared else Origin.PERSON
    call = Call(Purpose.SCRAPE, f"scrape {scrape.job}", org=org, origin=origin, is_routine=True)
    try:
        answer = await egress().request(
            "GET",
            target.url,
            call,
            headers=_headers(target, scrape),
            timeout_s=target.timeout_ms / 1000,
            max_bytes=scrape.body_size_limit,
            max_redirects=MAX_REDIRECTS,
        )
    except (EgressFailed, EgressRefused) as error:
        raise ScrapeFailed(str(error)) from None
    if answer.status != HTTPStatus.OK:
        raise ScrapeFailed(f"server returned HTTP status {answer.status} {_phrase(answer.status)}".rstrip())
    return Page(answer.body, answer.headers.get("content-type", ""))


def _headers(target: Target, scrape: Scrape) -> dict[str, str]:
    headers = {
        "accept": ACCEPT,
        "accept-encoding": "gzip",
        "x-prometheus-scrape-timeout-seconds": f"{target.timeout_ms / 1000:g}",
    }
    if scrape.bearer_token:
        headers["authorization"] = f"Bearer {scrape.bearer_token}"
    elif scrape.user:
        pair = base64.b64encode(f"{scrape.user}:{scrape.password}".encode()).decode()
        headers["authorization"] = f"Basic {pair}"
    return headers


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
