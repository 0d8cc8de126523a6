"""Which series the points of a request belong to.  What it takes to find out is remembered by the bytes that say it.

An exporter repeats its resource, its metrics and their attributes with every request: so the labels of a point are made
once, and later its attributes' bytes are enough to find the label bytes of its series.
Source: "Prometheus and OpenMetrics Compatibility" of the OpenTelemetry specification.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from obsv.metrics.ingest.otlp.attributes import BadAttributes, read_attributes
from obsv.metrics.ingest.otlp.names import BadName, Naming, unit_name
from obsv.metrics.kernels.ingest import encode_labels
from obsv.metrics.kernels.otlp import fields
from obsv.metrics.store.types import Labels, Metadata

NAMESPACE, NAME, INSTANCE = "service.namespace", "service.name", "service.instance.id"
IDENTIFYING = frozenset((NAMESPACE, NAME, INSTANCE))
INFO = "target_info"
MOST_BYTES = 64 << 20
"""Of label bytes and attributes' bytes that are remembered; beyond it all is forgotten."""

GAUGE, SUM, HISTOGRAM, EXPONENTIAL, SUMMARY = 5, 7, 9, 10, 11
"""The kinds of data of a metric, by their fields."""
DELTA, CUMULATIVE = 1, 2
"""What the values of a sum or histogram count from: the point before, or the start."""
TEMPORAL = (SUM, HISTOGRAM, EXPONENTIAL)
_WORDS = {GAUGE: "gauge", SUM: "gauge", HISTOGRAM: "histogram", EXPONENTIAL: "histogram", SUMMARY: "summary"}

Unusable = (BadName, BadAttributes, UnicodeDecodeError)
"""What is wrong with one name or set of attributes, and with no other."""


@dataclass(frozen=True)
class Options:
    """What `[metrics.otlp]` says.  `promoted` are names of attributes."""

    naming: Naming = field(default_factory=Naming)
    promoted: frozenset[str] = frozenset()
    keep_identifying: bool = False
    promote_scope: bool = False
    lookback_ms: int = 300_000


class Series:
    """Label bytes of what a point becomes: `keys` of its samples, `key` the first of them.

    `layout` are the bytes that say which samples these are, `bounds` those of buckets, `began` the start (Unix ns) that
    was written for it last.
    """

    __slots__ = ("began", "bounds", "key", "keys", "layout")

    def __init__(self, keys: list[bytes], layout: bytes = b"", bounds: tuple[float, ...] = ()) -> None:
        self.key, self.keys, self.layout, self.bounds = keys[0], keys, layout, bounds
        self.began = 0


class Family:
    """One metric of one resource and scope.

    `name` is that of its series, less what they end with; `fault` says why its points cannot be taken, if so.
    """

    def __init__(self, header: bytes, scope: Scope, data: int, temporality: int, *, is_monotonic: bool) -> None:
        self._scope, self.fault, self.name, self.metadata = scope, scope.fault, "", Metadata("")
        self.series: dict[bytes, Series] = {}
        self.kind = "counter" if data == SUM and is_monotonic else _WORDS[data]
        self.is_sum, self.is_delta = data == SUM, temporality == DELTA and data in TEMPORAL
        texts = _texts(header)
        try:
            unit = texts[3].decode()
            name = scope.resource.options.naming.metric(texts[1].decode(), unit, self.kind)
            self.name, self.metadata = name, Metadata(name, self.kind, texts[2].decode(), unit_name(unit))
        except Unusable as bad:
            self.fault = self.fault or str(bad)
        if data in TEMPORAL and temporality not in (DELTA, CUMULATIVE):
            self.fault = self.fault or f"{self.name} has no aggregation temporality that is known ({temporality})"

    def make(self, attributes: bytes, number: int, samples: Iterable[tuple[str, Labels]]) -> list[bytes]:
        """Label bytes of samples, each with what its name ends with and labels of its own.

        `attributes` are messages of the field `number`.  Raises one of `Unusable`.
        """
        labels = self._scope.labels(read_attributes(attributes, number))
        return [_encoded({**labels, **own, "__name__": self.name + suffix}) for suffix, own in samples]

    def keep(self, attributes: bytes, made: Series) -> Series:
        """Remember a series by the bytes of its attributes."""
        self.series[attributes] = made
        self._scope.resource.cache.grow(len(attributes) + sum(map(len, made.keys)))
        return made


class Scope:
    """What instruments a resource."""

    def __init__(self, resource: Resource, data: bytes, schema_url: bytes) -> None:
        self.resource, self.fault, self._labels = resource, resource.fault, Labels()
        self._families: dict[tuple[bytes, int, int, bool], Family] = {}
        if resource.options.promote_scope:
            try:
                self._labels = _scope_labels(data, schema_url.decode(), resource.options.naming)
            except Unusable as bad:
                self.fault = self.fault or str(bad)

    def family(self, header: bytes, data: int, temporality: int, *, is_monotonic: bool) -> Family:
        """One of its metrics: by its message less its `data`, and what these say of their points."""
        key = header, data, temporality, is_monotonic
        found = self._families.get(key)
        if found is None:
            found = self._families[key] = Family(header, self, data, temporality, is_monotonic=is_monotonic)
            self.resource.cache.grow(len(header))
        return found

    def labels(self, attributes: list[tuple[str, str]]) -> Labels:
        """The labels of a point, less its name."""
        resource = self.resource
        return resource.promoted | translated(attributes, resource.options.naming) | self._labels | resource.target


class Resource:
    """What is measured.  `info` are the label bytes of its target_info, empty where it needs none."""

    def __init__(self, cache: Cache, options: Options, data: bytes) -> None:
        self.cache, self.options, self.fault, self.info = cache, options, "", b""
        self.target, self.promoted = Labels(), Labels()
        self._scopes: dict[tuple[bytes, bytes], Scope] = {}
        try:
            self._read(read_attributes(data, 1))
        except Unusable as bad:
            self.fault = str(bad)

    def _read(self, attributes: list[tuple[str, str]]) -> None:
        options, known = self.options, dict(attributes)
        if NAME in known:
            self.target["job"] = f"{known[NAMESPACE]}/{known[NAME]}" if NAMESPACE in known else known[NAME]
        if INSTANCE in known:
            self.target["instance"] = known[INSTANCE]
        self.promoted = translated((pair for pair in attributes if pair[0] in options.promoted), options.naming)
        if known.keys() <= IDENTIFYING:
            return
        told = [pair for pair in attributes if options.keep_identifying or pair[0] not in IDENTIFYING]
        labels = translated(told, options.naming) | self.target
        if labels.get("job") or labels.get("instance"):
            self.info = _encoded(labels | {"__name__": INFO})

    def scope(self, data: bytes, schema_url: bytes) -> Scope:
        """One of its scopes; where their labels are not wanted they are all one."""
        key = (data, schema_url) if self.options.promote_scope else (b"", b"")
        found = self._scopes.get(key)
        if found is None:
            found = self._scopes[key] = Scope(self, *key)
            self.cache.grow(len(data))
        return found


class Cache:
    """All that is remembered, by organisation and resource.  Threads may use it at once."""

    def __init__(self, options: Options) -> None:
        self._options, self._size = options, 0
        self._resources: dict[tuple[int, bytes], Resource] = {}

    def resource(self, org: int, data: bytes) -> Resource:
        """A resource by its message."""
        found = self._resources.get((org, data))
        if found is None:
            found = self._resources[org, data] = Resource(self, self._options, data)
            self.grow(len(data))
        return found

    def grow(self, size: int) -> None:
        """Count bytes that are remembered from now on."""
        self._size += size
        if self._size > MOST_BYTES:
            self._resources.clear()
            self._size = 0


def translated(attributes: Iterable[tuple[str, str]], naming: Naming) -> Labels:
    """Attributes as labels; the values of those that come to one name are joined, by the order of their keys.

    Raises BadName.
    """
    labels: Labels = {}
    for key, value in sorted(attributes, key=lambda pair: pair[0]):
        name = naming.label(key)
        labels[name] = f"{labels[name]};{value}" if name in labels else value
    return labels


def _scope_labels(data: bytes, schema_url: str, naming: Naming) -> Labels:
    texts = _texts(data)
    if not texts[1]:
        return {}
    own = {"name": texts[1].decode(), "version": texts[2].decode(), "schema_url": schema_url}
    attributes = translated(((f"otel_scope_{key}", value) for key, value in read_attributes(data, 3)), naming)
    return attributes | {f"otel_scope_{key}": value for key, value in own.items()}


def _texts(data: bytes) -> dict[int, bytes]:
    """The fields of a scope, or of what a metric says of itself."""
    texts = {1: b"", 2: b"", 3: b""}
    for number, wire, start, end in fields(data, 0, len(data)):
        if wire == 2:
            texts[number] = data[start:end]
    return texts


def _encoded(labels: Labels) -> bytes:
    return encode_labels({name: value for name, value in labels.items() if value})
