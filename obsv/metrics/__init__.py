"""Metrics: ways in (`ingest`), the store, PromQL, and the Prometheus HTTP API."""

import os

# numpy's linear algebra is not used here; it would begin a thread for each core, with a buffer for each.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
