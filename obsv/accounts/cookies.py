"""The one cookie. Production (an https address) pins it to this host; plain http cannot, and is for trying out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CookiePolicy:
    """How the session cookie is named and set.  Source: privacy clause cookie.session."""

    is_secure: bool

    @property
    def name(self) -> str:
        """`__Host-` makes the browser refuse it from a sibling subdomain."""
        return "__Host-obsv_session" if self.is_secure else "obsv_session"

    def set_header(self, value: str, *, max_age_s: int | None) -> str:
        """`Set-Cookie` that gives it; without `max_age_s` it ends with the browser."""
        age = "" if max_age_s is None else f"; Max-Age={max_age_s}"
        return f"{self.name}={value}; Path=/{age}; HttpOnly; SameSite=Lax{'; Secure' if self.is_secure else ''}"

    def clear_header(self) -> str:
        """`Set-Cookie` that takes it away."""
        return self.set_header("", max_age_s=0)

    def read(self, header: str) -> str:
        """The session's value out of a `Cookie` header, "" without one."""
        # By hand: the standard parser gives up at the first odd cookie that something else on this host has set.
        for part in header.split(";"):
            name, _, value = part.strip().partition("=")
            if name == self.name:
                return value
        return ""
