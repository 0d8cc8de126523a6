"""Inhibition: alerts that need not be told of while another one, which explains them, fires."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from obsv.alertmanager.labels import Labels
from obsv.alertmanager.matchers import Matcher, all_match
from obsv.alertmanager.types import Alert


@dataclass(frozen=True, slots=True)
class InhibitRule:
    """While a source fires, targets with the same values of the labels `equal` are muted; a missing label is empty."""

    sources: tuple[Matcher, ...]
    targets: tuple[Matcher, ...]
    equal: tuple[str, ...]

    def values(self, labels: Labels) -> tuple[str, ...]:
        """What has to be the same on both sides."""
        return tuple(labels.get(name, "") for name in self.equal)


class Inhibitor:
    """The rules over the alerts that fire at one moment."""

    def __init__(self, rules: Sequence[InhibitRule], alerts: Iterable[Alert], now_ms: int) -> None:
        self._rules = rules
        self._sources: list[dict[tuple[str, ...], list[Alert]]] = [{} for _ in rules]
        for alert in alerts if rules else ():
            if alert.is_resolved(now_ms):
                continue
            for rule, sources in zip(rules, self._sources, strict=True):
                if all_match(rule.sources, alert.labels):
                    sources.setdefault(rule.values(alert.labels), []).append(alert)

    def inhibited_by(self, labels: Labels) -> list[str]:
        """Fingerprints of the alerts that mute one with these labels.

        What is source and target of a rule at once is not muted by others that are both.
        """
        found: list[str] = []
        for rule, sources in zip(self._rules, self._sources, strict=True):
            if not all_match(rule.targets, labels):
                continue
            is_source = all_match(rule.sources, labels)
            found += [
                alert.fingerprint
                for alert in sources.get(rule.values(labels), ())
                if not (is_source and all_match(rule.targets, alert.labels))
            ]
        return found
