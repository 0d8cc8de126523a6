"""What scraping is wired to; the parser's and the store's sides of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from obsv.core.clock import Clock
from obsv.metrics.store.types import WriteBatch, WriteResult


class PageExemplar(Protocol):
    """One observation that a sample points to; `t_ms` None is the sample's own time."""

    @property
    def labels(self) -> dict[str, str]: ...

    @property
    def value(self) -> float: ...

    @property
    def t_ms(self) -> int | None: ...


class PageSample(Protocol):
    """One line of a page; `labels` include `__name__`."""

    @property
    def labels(self) -> dict[str, str]: ...

    @property
    def value(self) -> float: ...

    @property
    def t_ms(self) -> int | None: ...

    @property
    def exemplar(self) -> PageExemplar | None: ...


class PageFamily(Protocol):
    """A metric family of a page."""

    @property
    def name(self) -> str: ...

    @property
    def type(self) -> str: ...

    @property
    def help(self) -> str: ...

    @property
    def unit(self) -> str: ...

    @property
    def samples(self) -> Sequence[PageSample]: ...


MOST_AT_ONCE = 64
"""Scrapes under way: the outgoing client has 100 connections, and mail and notifications need some too."""

Parse = Callable[[bytes, str], Sequence[PageFamily]]
"""(page, its Content-Type) -> families.  Raises ValueError or ObsvError, with the line."""

Write = Callable[[int, WriteBatch], Awaitable[WriteResult]]
"""Store a batch for an organisation.  Raises Unavailable."""


@dataclass(frozen=True)
class Ports:
    """`organisation` gives the id of a slug, None where there is none; `gate` bounds the scrapes under way."""

    clock: Clock
    parse: Parse
    write: Write
    organisation: Callable[[str], Awaitable[int | None]]
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_AT_ONCE))
