"""Influx' line protocol, as its clients and Telegraf send it."""

from obsv.metrics.ingest.influx.lines import BadLine, LineReader, Reading
from obsv.metrics.ingest.influx.router import WRITE_PATHS, influx_handlers

__all__ = ["WRITE_PATHS", "BadLine", "LineReader", "Reading", "influx_handlers"]
