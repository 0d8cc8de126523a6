"""The ways in for samples: wire formats, and what an organisation may send."""

from obsv.metrics.ingest.limits import Limits, OrgLimits, SampleRates
from obsv.metrics.ingest.remote_write import IngestStats, RemoteWrite, remote_write_handler

__all__ = ["IngestStats", "Limits", "OrgLimits", "RemoteWrite", "SampleRates", "remote_write_handler"]
