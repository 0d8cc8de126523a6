"""Scraping: the server itself reads Prometheus endpoints, with Prometheus' semantics.

`[[scrape]]` entries give targets (`target`, `file_sd`), which rules may change or drop (`relabel`).  A `Pool` keeps a
`Loop` for each; a loop reads a page at ticks that are spread by a hash, and `TargetSeries` makes samples of it, with
stale markers for what ended.  The node that leads scrapes; the others wait.
"""

from obsv.metrics.scrape.ports import Ports
from obsv.metrics.scrape.scraper import Scraper
from obsv.metrics.scrape.status import TargetStatus
from obsv.metrics.scrape.target import declared_hosts

__all__ = ["Ports", "Scraper", "TargetStatus", "declared_hosts"]
