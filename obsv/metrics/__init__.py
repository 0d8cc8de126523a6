"""Metrics: ways in (`ingest`), the store, PromQL, and the Prometheus HTTP API."""
