"""Pages of metrics as Prometheus' clients show and push them: text 0.0.4 and 1.0.0, OpenMetrics 1.0."""

from obsv.metrics.ingest.exposition.batch import add_families
from obsv.metrics.ingest.exposition.model import Exemplar, Family, Sample
from obsv.metrics.ingest.exposition.page import OPENMETRICS, BadPage, parse

__all__ = ["OPENMETRICS", "BadPage", "Exemplar", "Family", "Sample", "add_families", "parse"]
