"""Structured logs: JSON where a machine reads them, aligned text on a terminal; secrets and addresses are taken out."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, cast

import structlog

from obsv.core.redact import redact

Event = MutableMapping[str, Any]


def _redacted(_logger: object, _method: str, event: Event) -> Event:
    for key, value in event.items():
        if isinstance(value, str) and key not in ("event", "level", "timestamp", "request_id", "logger"):
            event[key] = redact(value)
    return event


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; events are named `area.verb_past`."""
    return cast("structlog.stdlib.BoundLogger", structlog.get_logger(name, logger=name))


def configure_logging(format_name: str, level: str) -> None:
    """Send obsv's and the libraries' logs to standard error, in one format."""
    is_console = format_name == "console" or (format_name == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redacted,
    ]
    renderer = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if is_console else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
