"""Prometheus' remote_read: samples for a Prometheus that asks for them to answer its own queries."""

from obsv.metrics.remote_read.handler import ReadLimits, read_handler

__all__ = ["ReadLimits", "read_handler"]
