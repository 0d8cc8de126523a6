"""The agent's command-line options, declared apart so that `obsv --help` need not load the agent."""

from __future__ import annotations

import argparse

__all__ = ["OPTIONAL", "add_arguments"]

OPTIONAL = ("interrupts",)
"""Collectors that run only if asked for: they make very many series."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare all options but --config, which `obsv agent` has already."""
    add = parser.add_argument
    add("--url", metavar="U", help="the server's address, e.g. https://obsv.example.com (or OBSV_AGENT_URL)")
    add("--token", metavar="T", help="a token with the scope metrics:write (or OBSV_AGENT_TOKEN)")
    add("--token-file", metavar="F", help="read the token from a file, out of sight of the host's other users")
    add("--interval", metavar="D", help="time between samples, e.g. 15s or 1m (default 15s)")
    add("--scrape", metavar="[JOB=]URL", action="append", help="also scrape this Prometheus endpoint; may be repeated")
    add("--name", metavar="INSTANCE", help="the host's name in the instance label (default: its node name)")
    add("--state-dir", metavar="D", help="where unsent data waits (default /var/lib/obsv-agent; unless root, in ~)")
    add("--collect", metavar="NAME", action="append", choices=OPTIONAL, help="collect this too: " + ", ".join(OPTIONAL))
    add("--ca-file", metavar="F", help="trust these authorities instead of the system's, for a server with its own")
    add("--once", action="store_true", help="send one sample and end: 0 if the server took it")
