"""From the labels that were discovered to a target.  Source: Prometheus' scrape/target.go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode, urlsplit

from obsv.config.model import Scrape
from obsv.core.duration import format_duration_ms, parse_duration_ms
from obsv.metrics.scrape.errors import BadTarget
from obsv.metrics.scrape.relabel import Labels, Rule, relabel

ADDRESS, SCHEME, PATH, PARAM, META = "__address__", "__scheme__", "__metrics_path__", "__param_", "__meta_"
INTERVAL, TIMEOUT = "__scrape_interval__", "__scrape_timeout__"


@dataclass(frozen=True)
class Entry:
    """A [[scrape]] entry with its rules compiled, and the hosts that it names itself (files may name others)."""

    scrape: Scrape
    relabel: tuple[Rule, ...]
    metric_relabel: tuple[Rule, ...]

    @classmethod
    def of(cls, scrape: Scrape) -> Entry:
        """Compile an entry of a configuration that was checked."""
        return cls(scrape, tuple(map(Rule.of, scrape.relabel)), tuple(map(Rule.of, scrape.metric_relabel)))

    @cached_property
    def declared(self) -> frozenset[str]:
        """The hosts of the targets that are listed, as the rules leave them."""
        return frozenset(target.host for target in self._listed())

    def _listed(self) -> Iterator[Target]:
        for found in static_group(self.scrape):
            with suppress(BadTarget):
                target = make_target(self, with_defaults(self.scrape, found))
                if target is not None:
                    yield target


@dataclass(frozen=True)
class Target:
    """An endpoint: where it is, how often it is read, the labels its series get, and those it was found with."""

    url: str
    labels: Labels
    discovered: Labels
    interval_ms: int
    timeout_ms: int

    @cached_property
    def key(self) -> str:
        """What makes it this target and no other."""
        pairs = "\xff".join(f"{name}\xfe{value}" for name, value in sorted(self.labels.items()))
        return f"{self.url}\xff{self.interval_ms}\xff{self.timeout_ms}\xff{pairs}"

    @property
    def host(self) -> str:
        """The host that is asked."""
        return urlsplit(self.url).hostname or ""


def static_group(scrape: Scrape) -> list[Labels]:
    """The labels of the targets that the configuration lists."""
    return [{**scrape.labels, ADDRESS: address} for address in scrape.targets]


def with_defaults(scrape: Scrape, found: Mapping[str, str]) -> Labels:
    """What a target is found with, and what the configuration says where that says nothing."""
    defaults = {
        "job": scrape.job,
        INTERVAL: format_duration_ms(scrape.interval),
        TIMEOUT: format_duration_ms(scrape.timeout),
        PATH: scrape.path,
        SCHEME: scrape.scheme,
        **{PARAM + name: values[0] for name, values in scrape.params.items() if values},
    }
    return {**defaults, **{name: value for name, value in found.items() if value}}


def make_target(entry: Entry, discovered: Labels) -> Target | None:
    """The target of complete labels, None where a rule drops it.  Raises BadTarget."""
    labels = relabel(discovered, entry.relabel)
    if labels is None:
        return None
    address = labels.get(ADDRESS, "")
    if not address:
        raise BadTarget("no address")
    if "/" in address:
        raise BadTarget(f'"{address}" is not a valid hostname')
    interval, timeout = _duration(labels, INTERVAL), _duration(labels, TIMEOUT)
    if timeout > interval:
        raise BadTarget(f"scrape timeout cannot be greater than scrape interval ({timeout} ms > {interval} ms)")
    public = {name: value for name, value in labels.items() if not name.startswith("__")}
    public.setdefault("instance", address)
    return Target(_url(entry.scrape, labels, address), public, discovered, interval, timeout)


def declared_hosts(scrapes: Iterable[Scrape]) -> frozenset[str]:
    """The hosts of the targets that the configuration lists."""
    return frozenset(host for scrape in scrapes for host in Entry.of(scrape).declared)


def _duration(labels: Labels, name: str) -> int:
    what = name.strip("_").replace("_", " ")
    try:
        ms = parse_duration_ms(labels.get(name, ""))
    except ValueError as wrong:
        raise BadTarget(f"error parsing {what}: {wrong}") from None
    if not ms:
        raise BadTarget(f"{what} cannot be 0")
    return ms


def _url(scrape: Scrape, labels: Labels, address: str) -> str:
    params = {name: list(values) for name, values in scrape.params.items()}
    for name, value in labels.items():
        if name.startswith(PARAM):
            # The label speaks of the first value; further ones stay as they are configured.
            params[name.removeprefix(PARAM)] = [value, *params.get(name.removeprefix(PARAM), [])[1:]]
    query = urlencode(sorted(params.items()), doseq=True)
    scheme, path = labels.get(SCHEME, ""), labels.get(PATH, "")
    if scheme not in ("http", "https"):
        raise BadTarget(f'unsupported scheme "{scheme}"')
    return f"{scheme}://{address}{path if path.startswith('/') else '/' + path}{'?' + query if query else ''}"
