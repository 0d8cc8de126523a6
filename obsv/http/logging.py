"""Structured logs: JSON where a machine reads them, aligned text on a terminal; secrets and addresses are taken out."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog
from structlog.typing import FilteringBoundLogger

from obsv.core.redact import redact

Event = MutableMapping[str, Any]

# These are ours or random; all else may quote what came from outside.
_SAFE = frozenset({"level", "timestamp", "request_id", "component"})


def _redacted(_logger: object, _method: str, event: Event) -> Event:
    for key, value in event.items():
        if isinstance(value, str) and key not in _SAFE:
            event[key] = redact(value)
    return event


def _traceback(sink: TextIO, error: Any) -> None:
    sink.write("\n" + redact("".join(traceback.format_exception(*error))))


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger; events are named `area.verb_past`."""
    return cast("FilteringBoundLogger", structlog.get_logger(component=name))


def configure_logging(format_name: str, level: str) -> None:
    """Send obsv's and the libraries' logs to standard error, in one format: auto, json or console."""
    is_console = format_name == "console" or (format_name == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso" if not is_console else "%H:%M:%S", utc=not is_console),
    ]
    if not is_console:
        shared.append(structlog.processors.format_exc_info)
    shared.append(_redacted)
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_traceback)
        if is_console
        else structlog.processors.JSONRenderer()
    )
    least = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[strip, renderer]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries speak up when something is wrong; their daily doings are not ours to print.
    root.setLevel(max(logging.WARNING, least))
