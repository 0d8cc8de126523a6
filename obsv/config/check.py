"""What must hold between settings; single values are checked as they are read."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from obsv.config.check_scrape import check_rule_files, check_scrapes
from obsv.config.model import AuthProvider, Graphite, Plan, Settings
from obsv.config.schema import members
from obsv.core.address import parse_address
from obsv.core.duration import parse_duration_ms

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


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
    yield from _providers(settings.auth.providers)
    yield from check_scrapes(settings.scrapes)
    yield from check_rule_files(settings.metrics.rules)
    yield from _graphite(settings.metrics.graphite)
    if not settings.plans:
        yield "plan", "expected at least one [[plan]]"
    if len({plan.name for plan in settings.plans}) < len(settings.plans):
        yield "plan", "expected a different name for each [[plan]]"
    yield from _retentions(settings.plans)


def _retentions(plans: Sequence[Plan]) -> Iterator[tuple[str, str]]:
    """Coarser data must be kept at least as long as finer, or it would never be all that is left."""
    for index, plan in enumerate(plans):
        finer = "retention"
        for name in ("retention_5m", "retention_1h"):
            kept = getattr(plan, name)
            if kept and kept < getattr(plan, finer):
                yield f"plan.{index}.{name}", f"expected 0s, or at least {finer}"
            finer = name if kept else finer


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


def _providers(providers: Sequence[AuthProvider]) -> Iterator[tuple[str, str]]:
    for index, provider in enumerate(providers):
        for problem in _provider(provider):
            yield f"auth.provider.{index}", problem
    for what in ("slug", "issuer"):
        values = [getattr(provider, what) or provider.kind for provider in providers]
        for index, value in enumerate(values):
            if value in values[:index]:
                yield f"auth.provider.{index}", f"expected a different {what} for each [[auth.provider]]"


def _provider(provider: AuthProvider) -> Iterator[str]:
    if not _SLUG.fullmatch(provider.slug):
        yield f"slug: expected 1 to 32 small letters, digits and dashes, got {provider.slug!r}"
    if not provider.client_id:
        yield "client_id is needed"
    if provider.kind != "oidc" and not provider.client_secret:
        yield f'client_secret is needed for kind = "{provider.kind}"'
    if not provider.issuer:
        if provider.kind == "oidc":
            yield 'issuer is needed for kind = "oidc"'
        return
    issuer = urlsplit(provider.issuer)
    may_be_http = provider.allow_private and issuer.hostname in LOOPBACK
    if issuer.scheme != "https" and not (issuer.scheme == "http" and may_be_http):
        yield "issuer: expected an https:// address (http:// only on loopback, with allow_private = true)"
    elif not issuer.hostname or issuer.query or issuer.fragment:
        yield f"issuer: expected https://host[/path], got {provider.issuer!r}"


def _graphite(ports: Sequence[Graphite]) -> Iterator[tuple[str, str]]:
    for index, port in enumerate(ports):
        where = f"metrics.graphite.{index}"
        if not port.org:
            yield where, "org is needed"
        try:
            parse_address(port.listen)
        except ValueError as wrong:
            yield where, f"listen: {wrong}"
        if port.listen in [other.listen for other in ports[:index]]:
            yield where, "expected a different listen for each [[metrics.graphite]]"


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def warnings(settings: Settings) -> Iterator[str]:
    """What may be meant but should be said at start."""
    if settings.server.host not in LOOPBACK and not settings.is_production:
        yield (
            f"listening on {settings.server.host} without https: passwords and tokens cross the network readable; "
            "put TLS in front and set server.base_url"
        )
    for port in settings.metrics.graphite:
        if parse_address(port.listen)[0] not in LOOPBACK:
            yield (
                f"Graphite's protocol on {port.listen} knows no tokens: whoever reaches it can send metrics to "
                f"{port.org!r}; let a firewall say who does"
            )
