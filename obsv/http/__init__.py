"""What every request passes: ids, limits, errors in the right shape, headers, logs."""

from obsv.http.application import Application
from obsv.http.client_ip import ClientAddress
from obsv.http.frame import allow_form_targets, csp_nonce, install_frame
from obsv.http.health import Check, health_router
from obsv.http.logging import configure_logging, get_logger
from obsv.http.problem import Fault, PageRenderer, exception_handlers
from obsv.http.ratelimit import Rate, RateLimit
from obsv.http.reference import openapi_config, reference_router
from obsv.http.surfaces import Surface, owners, surface_of

__all__ = [
    "Application",
    "Check",
    "ClientAddress",
    "Fault",
    "PageRenderer",
    "Rate",
    "RateLimit",
    "Surface",
    "allow_form_targets",
    "configure_logging",
    "csp_nonce",
    "exception_handlers",
    "get_logger",
    "health_router",
    "install_frame",
    "openapi_config",
    "owners",
    "reference_router",
    "surface_of",
]
