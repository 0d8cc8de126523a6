"""The providers that configuration names, ready to be asked; and the hosts that they may be reached at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from obsv.accounts.oauth import github, oidc
from obsv.accounts.oauth.calls import ProviderCalls
from obsv.accounts.oauth.errors import Name
from obsv.accounts.oauth.types import Client, Provider
from obsv.config import AuthProvider
from obsv.core.clock import Clock


@dataclass(frozen=True, slots=True)
class Preset:
    """What is known of a kind of provider beforehand."""

    label: str
    issuer: str
    hosts: frozenset[str]
    scopes: tuple[str, ...]


PRESETS: Final = MappingProxyType(
    {
        "github": Preset("GitHub", github.ISSUER, frozenset({github.API_HOST}), github.SCOPES),
        "google": Preset(
            "Google",
            "https://accounts.google.com",
            frozenset({"oauth2.googleapis.com", "www.googleapis.com", "openidconnect.googleapis.com"}),
            oidc.SCOPES,
        ),
        "oidc": Preset("", "", frozenset(), oidc.SCOPES),
    }
)


def hosts_of(config: AuthProvider) -> frozenset[str]:
    """Every host of a provider; none other is called, or sent a browser to."""
    preset = PRESETS[config.kind]
    own = urlsplit(config.issuer or preset.issuer).hostname or ""
    beside = frozenset[str]() if config.issuer else preset.hosts
    return frozenset({own, *config.hosts}) | beside


def origins_of(config: AuthProvider) -> tuple[str, ...]:
    """Where a browser may be sent to sign in there."""
    issuer = urlsplit(config.issuer or PRESETS[config.kind].issuer)
    return (f"{issuer.scheme}://{issuer.netloc}", *(f"https://{host}" for host in config.hosts))


@dataclass(frozen=True, slots=True)
class Declared:
    """Hosts for the outgoing client; those of `public` must have public addresses."""

    hosts: frozenset[str]
    public: frozenset[str]


def declared_hosts(configs: Iterable[AuthProvider]) -> Declared:
    """What the outgoing client must know of the configured providers."""
    listed = tuple(configs)
    hosts = frozenset(host for config in listed for host in hosts_of(config))
    private = frozenset(host for config in listed if config.allow_private for host in hosts_of(config))
    return Declared(hosts, hosts - private)


def make_provider(config: AuthProvider, clock: Clock) -> Provider:
    """One provider; asks nobody anything yet."""
    preset = PRESETS[config.kind]
    name = Name(config.slug, config.label or preset.label or config.slug)
    calls = ProviderCalls(name, hosts_of(config), allows_http=config.allow_private)
    client = Client(
        config.issuer or preset.issuer, config.client_id, config.client_secret, config.scopes or preset.scopes
    )
    if config.kind == "github":
        return github.GitHubProvider(client, calls)
    return oidc.OidcProvider(client, calls, clock)
