"""Security headers of every answer, and the guard that lets one cookie out alone.

Source: OWASP Secure Headers; privacy clause cookie.session for the guard.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from litestar.types import HTTPResponseStartEvent

from obsv.core.telemetry import REGISTRY

STRIPPED_COOKIES = REGISTRY.counter("obsv_http_cookies_stripped_total", "Set-Cookie headers that no route may send.")

_OFF = ("accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone", "payment", "usb")
PERMISSIONS: Final = ", ".join(
    [f"{name}=()" for name in _OFF] + ["publickey-credentials-get=(self)", "publickey-credentials-create=(self)"]
)

_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", PERMISSIONS.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")


def content_security_policy(nonce: str, form_targets: Iterable[str] = ()) -> str:
    """Everything from this origin; a style element needs the answer's nonce; nobody may frame us.

    `form_targets` are other origins that a form of the page may end up at (a sign-in provider).
    """
    form_action = " ".join(("'self'", *form_targets))
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
        f"connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action {form_action}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


@dataclass(frozen=True, slots=True)
class SecurityHeaders:
    """`cookie_name` is the only cookie an answer may set; `is_production` adds Strict-Transport-Security."""

    cookie_name: str
    is_production: bool

    def apply(
        self, start: HTTPResponseStartEvent, request_id: str, nonce: str, form_targets: Iterable[str] = ()
    ) -> None:
        """Add the headers to the start of an answer, in place, and take stray cookies out of it."""
        allowed = self.cookie_name.encode() + b"="
        kept: list[tuple[bytes, bytes]] = []
        is_cacheable = False
        for name, value in start["headers"]:
            lower = name.lower()
            if lower == b"set-cookie" and not value.startswith(allowed):
                STRIPPED_COOKIES.add()
                continue
            is_cacheable = is_cacheable or lower == b"cache-control"
            kept.append((name, value))
        kept += _ALWAYS
        kept.append((b"content-security-policy", content_security_policy(nonce, form_targets).encode()))
        kept.append((b"x-request-id", request_id.encode()))
        if not is_cacheable:
            kept.append((b"cache-control", b"no-store"))
        if self.is_production:
            kept.append(_HSTS)
        start["headers"] = kept
