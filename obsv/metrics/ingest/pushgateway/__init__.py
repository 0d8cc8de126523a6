"""Pushgateway: what batch jobs push counts as current until they push again, delete it, or do neither for long.

Groups are kept in the database; the node that leads stores their samples again every minute.
"""

from obsv.metrics.ingest.pushgateway.gateway import Pushgateway
from obsv.metrics.ingest.pushgateway.router import WRITE_PATHS, push_handlers

__all__ = ["WRITE_PATHS", "Pushgateway", "push_handlers"]
