"""What a page says: families of samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Exemplar(NamedTuple):
    """One observation that a sample points to; `t_ms` None is the sample's own time."""

    labels: dict[str, str]
    value: float
    t_ms: int | None


class Sample(NamedTuple):
    """One line; `labels` include `__name__`, `t_ms` is the time that the line gives, in Unix ms."""

    labels: dict[str, str]
    value: float
    t_ms: int | None
    exemplar: Exemplar | None


@dataclass(slots=True)
class Family:
    """Samples in the order of the page, and what its comments say of them; `type` is OpenMetrics' word."""

    name: str
    type: str = "unknown"
    help: str = ""
    unit: str = ""
    samples: list[Sample] = field(default_factory=list[Sample])
