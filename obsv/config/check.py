"""What must hold between settings; single values are checked as they are read."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from obsv.config.model import Settings
from obsv.config.schema import members
from obsv.core.duration import parse_duration_ms


def check(settings: Settings) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) of every rule that is broken."""
    yield from _addresses(settings)
    yield from _production(settings)
    if settings.metrics.sync != "always":
        try:
            parse_duration_ms(settings.metrics.sync)
        except ValueError as wrong:
            yield "metrics.sync", f'{wrong}, or "always"'
    if settings.mail.transport == "smtp" and not settings.mail.smtp_host:
        yield "mail.smtp_host", 'is needed for transport = "smtp"'
    if settings.auth.session_idle > settings.auth.session_absolute:
        yield "auth.session_idle", "expected at most auth.session_absolute"
    if not settings.plans:
        yield "plan", "expected at least one [[plan]]"
    if len({plan.name for plan in settings.plans}) < len(settings.plans):
        yield "plan", "expected a different name for each [[plan]]"


def _addresses(settings: Settings) -> Iterator[tuple[str, str]]:
    base = urlsplit(settings.server.base_url)
    if base.scheme not in ("http", "https") or not base.hostname or base.path not in ("", "/"):
        yield "server.base_url", f"expected http(s)://host[:port] without a path, got {settings.server.base_url!r}"
    for proxy in settings.server.trusted_proxies:
        if not _is_network(proxy):
            yield "server.trusted_proxies", f"expected addresses or networks, got {proxy!r}"
    url = settings.database.url
    if url != "sqlite" and not url.startswith(("postgres://", "postgresql://")):
        yield "database.url", 'expected "sqlite" or "postgres://…"'


def _production(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.is_production:
        for name in members(type(settings.company)):
            if not getattr(settings.company, name):
                yield f"company.{name}", "is needed on a production instance (server.base_url is https)"


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def warnings(settings: Settings) -> Iterator[str]:
    """What may be meant but should be said at start."""
    if settings.server.host not in ("127.0.0.1", "::1", "localhost") and not settings.is_production:
        yield (
            f"listening on {settings.server.host} without https: passwords and tokens cross the network readable; "
            "put TLS in front and set server.base_url"
        )
