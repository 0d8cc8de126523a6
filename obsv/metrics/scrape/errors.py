"""How a scrape fails; the texts are Prometheus' where it has them, since people search for those."""

from __future__ import annotations


class BadTarget(ValueError):
    """Labels that make no target: without an address, or with an interval that is none."""


class ScrapeFailed(Exception):  # a state of the target
    """The target did not answer with a page that can be used; `up` is 0."""
