"""From a page to the samples that are stored: labels merged, relabelled and limited, and what ended since the last.

Source: Prometheus' scrape/scrape.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from obsv.metrics.ingest.batch import BatchBuilder, Key
from obsv.metrics.scrape.errors import ScrapeFailed
from obsv.metrics.scrape.ports import PageFamily, PageSample
from obsv.metrics.scrape.relabel import Labels, relabel
from obsv.metrics.scrape.target import Entry
from obsv.metrics.store.types import STALE, Metadata

EXPORTED = "exported_"
MOST_SEEN = 100_000
"""Series that are remembered from page to page while pages fail."""


Stored = tuple[Labels, Key]
"""The labels that a sample is stored under, and the same sorted."""


@dataclass(slots=True)
class Counts:
    """Samples of a page, those that the rules kept, and those of series that are new."""

    scraped: int = 0
    kept: int = 0
    added: int = 0


@dataclass(slots=True)
class _Page:
    """What one page came to; it becomes the target's state when it is good to the end."""

    builder: BatchBuilder
    known: dict[Key, Stored | None] = field(default_factory=dict[Key, "Stored | None"])
    live: dict[Key, Labels] = field(default_factory=dict[Key, Labels])
    seen: set[Key] = field(default_factory=set[Key])
    described: dict[str, Metadata] = field(default_factory=dict[str, Metadata])


class TargetSeries:
    """The series of one target, page by page."""

    def __init__(self, entry: Entry, labels: Mapping[str, str]) -> None:
        self._config, self._rules, self._labels = entry.scrape, entry.metric_relabel, labels
        self._known: dict[Key, Stored | None] = {}
        self._seen: set[Key] = set()
        self.live: dict[Key, Labels] = {}
        """Those of the last page whose end will be marked: the ones that come without times of their own."""
        self.metadata: dict[str, Metadata] = {}
        """What the last good page said of its families."""

    def page(self, families: Iterable[PageFamily], at_ms: int, counts: Counts) -> BatchBuilder:
        """Samples at `at_ms`, and stale markers for series that are there no more; fills `counts` as far as it gets.

        Raises ScrapeFailed (a limit, a sample without a name); then `live` and `metadata` are as they were.
        """
        page = _Page(BatchBuilder())
        try:
            for family in families:
                self._describe(family, page)
                for sample in family.samples:
                    self._sample(sample, at_ms, page, counts)
            if 0 < self._config.sample_limit < counts.kept:
                raise ScrapeFailed("sample limit exceeded")
        except ScrapeFailed:
            # They are not new again next time; but a page that fails for ever must not fill the memory.
            self._seen = page.seen | (self._seen if len(self._seen) < MOST_SEEN else set())
            raise
        _end(self.live, page.live, at_ms, page.builder)
        self._known, self._seen, self.live, self.metadata = page.known, page.seen, page.live, page.described
        return page.builder

    def end(self, at_ms: int, builder: BatchBuilder, but: Iterable[Key] = ()) -> None:
        """Mark the end of every series, but those of `but`."""
        _end(self.live, dict.fromkeys(but, Labels()), at_ms, builder)
        self.live = {}

    def _sample(self, sample: PageSample, at_ms: int, page: _Page, counts: Counts) -> None:
        counts.scraped += 1
        stored = self._stored(sample.labels, page)
        if stored is None:
            return
        labels, key = stored
        counts.kept += 1
        row = page.builder.series(labels)
        has_time = self._config.honor_timestamps and sample.t_ms is not None
        t = sample.t_ms if has_time and sample.t_ms is not None else at_ms
        page.builder.add(row, t, sample.value)
        if sample.exemplar is not None:
            one = sample.exemplar
            page.builder.exemplar(row, one.labels, one.value, t if one.t_ms is None else one.t_ms)
        if key not in page.seen:
            page.seen.add(key)
            counts.added += key not in self._seen
        if not has_time:
            page.live[key] = labels

    def _stored(self, exposed: Labels, page: _Page) -> Stored | None:
        """The labels a sample is stored under, None where a rule drops it; worked out once for each series."""
        key = tuple(exposed.items())
        if key in page.known:
            return page.known[key]
        if key in self._known:
            stored = self._known[key]
        else:
            merged = merge(exposed, self._labels, is_honoring=self._config.honor_labels)
            final = relabel(merged, self._rules)
            stored = self._checked(final) if final is not None else None
        page.known[key] = stored
        return stored

    def _checked(self, labels: Labels) -> Stored:
        name, limit = labels.get("__name__", ""), self._config.label_limit
        if not name:
            raise ScrapeFailed("missing metric name (__name__ label)")
        if 0 < limit < len(labels):
            raise ScrapeFailed(
                f"label_limit exceeded (metric: {name[:50]}, number of labels: {len(labels)}, limit: {limit})"
            )
        return labels, tuple(sorted(labels.items()))

    def _describe(self, family: PageFamily, page: _Page) -> None:
        """Tell what the page says of a family, when it is not what was told before."""
        if family.type == "unknown" and not family.help and not family.unit:
            return
        told = Metadata(family.name, family.type, family.help, family.unit)
        page.described[family.name] = told
        if self.metadata.get(family.name) != told:
            page.builder.describe(told)


def merge(exposed: Mapping[str, str], target: Mapping[str, str], *, is_honoring: bool) -> Labels:
    """A sample's labels and its target's.  Where both have one, the target's counts, unless labels are honoured."""
    if is_honoring:
        return {**target, **exposed}
    merged = {**exposed, **target}
    # The shortest names first, so that of `exported_a` and `a` the one that had the name keeps it if it can.
    for name in sorted((name for name in target if exposed.get(name)), key=len):
        exported = EXPORTED + name
        while merged.get(exported):
            exported = EXPORTED + exported
        merged[exported] = exposed[name]
    return merged


def _end(before: Mapping[Key, Labels], now: Mapping[Key, Labels], at_ms: int, builder: BatchBuilder) -> None:
    for key, labels in before.items():
        if key not in now:
            builder.add(builder.series(labels), at_ms, STALE)
