"""Graphite's plaintext protocol over TCP, for those who set a port."""

from obsv.metrics.ingest.graphite.lines import BadLine, Lines, Splitter
from obsv.metrics.ingest.graphite.listener import GraphitePorts

__all__ = ["BadLine", "GraphitePorts", "Lines", "Splitter"]
