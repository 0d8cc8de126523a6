"""What every request passes: ids, limits, errors in the right shape, headers, logs."""

from obsv.http.client_ip import ClientAddress
from obsv.http.health import Check, health_router
from obsv.http.logging import configure_logging, get_logger
from obsv.http.middleware import RequestFrame
from obsv.http.problem import error_response, exception_handlers
from obsv.http.surfaces import Surface, surface_of

__all__ = [
    "Check",
    "ClientAddress",
    "RequestFrame",
    "Surface",
    "configure_logging",
    "error_response",
    "exception_handlers",
    "get_logger",
    "health_router",
    "surface_of",
]
