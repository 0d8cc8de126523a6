"""Hosts: what reports node_exporter metrics, with the few numbers that tell how each one is."""

from obsv.hosts.api import hosts_router
from obsv.hosts.service import Rows, list_hosts
from obsv.hosts.types import Host

__all__ = ["Host", "Rows", "hosts_router", "list_hosts"]
