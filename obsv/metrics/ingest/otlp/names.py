"""Names of metrics, labels and units as Prometheus has them, made of OpenTelemetry's.

Source: "Prometheus and OpenMetrics Compatibility" of the OpenTelemetry specification, and `translation_strategy` of
Prometheus' configuration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

UNITS = {
    "d": "days",
    "h": "hours",
    "min": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "By": "bytes",
    "KiBy": "kibibytes",
    "MiBy": "mebibytes",
    "GiBy": "gibibytes",
    "TiBy": "tebibytes",
    "kBy": "kilobytes",
    "KBy": "kilobytes",
    "MBy": "megabytes",
    "GBy": "gigabytes",
    "TBy": "terabytes",
    "m": "meters",
    "V": "volts",
    "A": "amperes",
    "J": "joules",
    "W": "watts",
    "g": "grams",
    "Cel": "celsius",
    "Hz": "hertz",
    "%": "percent",
    "1": "",
}
"""Words for units in UCUM's notation; one that is not here is its own word."""
PER = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}
"""The same for what stands behind a `/`."""

_BETWEEN_WORDS = re.compile(r"[^A-Za-z0-9:]+")
_NOT_IN_METRICS = re.compile(r"[^A-Za-z0-9:_]+")
_NOT_IN_LABELS = re.compile(r"[^A-Za-z0-9_]")
_DIGITS = tuple("0123456789")
REMEMBERED = 10_000


class BadName(ValueError):
    """Something has a name that cannot be translated; the text says which."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How names are translated: whether characters are replaced, and whether unit and type are added."""

    escapes: bool = True
    adds_suffixes: bool = True

    def metric(self, name: str, unit: str, kind: str) -> str:
        """The name of a family; `kind` is OpenMetrics' word for its type.  Raises BadName."""
        if self.escapes:
            made = (
                _words(name, unit, kind) if self.adds_suffixes else "_".join(filter(None, _NOT_IN_METRICS.split(name)))
            )
            made = f"_{made}" if made.startswith(_DIGITS) else made
        else:
            made = _suffixed(name, unit, kind) if self.adds_suffixes else name
        return _sound(made, name, "metric")

    def label(self, name: str) -> str:
        """The name of the label that an attribute becomes.  Raises BadName."""
        return _sound(_label(name) if self.escapes else name, name, "attribute")


STRATEGIES = {
    "UnderscoreEscapingWithSuffixes": Naming(),
    "UnderscoreEscapingWithoutSuffixes": Naming(adds_suffixes=False),
    "NoUTF8EscapingWithSuffixes": Naming(escapes=False),
    "NoTranslation": Naming(escapes=False, adds_suffixes=False),
}
"""By Prometheus' words for them."""


def unit_name(unit: str) -> str:
    """What the metadata of a family calls its unit: `By/s` is bytes_per_second."""
    return "_".join(filter(None, (_clean(word).strip("_") for word in _unit_words(unit))))


@lru_cache(REMEMBERED)
def _label(name: str) -> str:
    made = _NOT_IN_LABELS.sub("_", name)
    if made.startswith(_DIGITS):
        return f"key_{made}"
    return f"key{made}" if made.startswith("_") and not made.startswith("__") else made


def _sound(made: str, name: str, what: str) -> str:
    if not made or (made != name and not made.strip("_")):
        raise BadName(f"nothing is left of the {what} name {name[:100]!r}")
    return made


def _words(name: str, unit: str, kind: str) -> str:
    words = [word for word in _BETWEEN_WORDS.split(name) if word]
    main, per = map(_clean, _unit_words(unit))
    main = "" if main in words else main
    per = "" if per == "per_" else per.removesuffix("_")
    per = "" if per in words else per
    words += filter(None, (main.removesuffix("_") if per else main, per))
    for suffix in _type_words(unit, kind):
        words = [*(word for word in words if word != suffix), suffix]
    return "_".join(words)


def _suffixed(name: str, unit: str, kind: str) -> str:
    """The name as it is, with suffixes where it does not end with them."""
    main, per = _unit_words(unit)
    suffixes = [*filter(None, (per,)), *_type_words(unit, kind)]
    for suffix in reversed(suffixes):
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            name = name[: -len(suffix) - 1]
    if main and not name.endswith(main):
        suffixes = [main, *suffixes]
    return "_".join([name, *suffixes])


def _type_words(unit: str, kind: str) -> list[str]:
    if kind == "counter":
        return ["total"]
    # Sums count things in the unit 1 as often as not; of a gauge it is meant.
    return ["ratio"] if kind == "gauge" and unit == "1" else []


def _unit_words(unit: str) -> tuple[str, str]:
    """The words for a unit and for what it is per; what stands in braces is a comment."""
    main, _, per = (part.strip() for part in unit.partition("/"))
    main = "" if "{" in main or "}" in main else UNITS.get(main, main)
    per = "" if "{" in per or "}" in per else PER.get(per, per)
    return main, f"per_{per}" if per else ""


def _clean(unit: str) -> str:
    return re.sub("_+", "_", _BETWEEN_WORDS.sub("_", unit)).removeprefix("_")
