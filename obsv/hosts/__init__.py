"""Hosts: what reports node_exporter metrics, with the few numbers that tell how each one is."""

from obsv.hosts.api import hosts_router
from obsv.hosts.service import Host, list_hosts

__all__ = ["Host", "hosts_router", "list_hosts"]
