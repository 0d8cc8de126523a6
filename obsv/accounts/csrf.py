"""Requests that a foreign page makes a browser send, told apart without a cookie of their own.

Four layers: where the browser says the request comes from, JSON bodies only, a token that only our pages can know, and
the cookie's SameSite=Lax. Machines with an `Authorization` header never come here: their cookie is not read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from obsv.core.errors import Forbidden, Unsupported

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER: Final = "x-csrf-token"
FIELD: Final = "csrf_token"


def csrf_token(session_value: str) -> str:
    """The token of a session: derived from the cookie's value, so nothing is stored and a new cookie voids the old."""
    digest = hmac.digest(session_value.encode(), b"obsv csrf", hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def check_source(headers: Mapping[str, str], base_url: str) -> None:
    """Raise `Forbidden` unless the browser says that the request comes from a page of ours.

    Fails closed: a request with neither header is refused. Over plain http, where browsers leave `Sec-Fetch-Site` out
    for most addresses, the address that the person typed is as good as the configured one.
    """
    site = headers.get("sec-fetch-site")
    if site in {"same-origin", "none"}:
        return
    origin = headers.get("origin", "")
    if site is None and origin and _is_own(origin, headers.get("host", ""), base_url):
        return
    raise Forbidden(
        f"This request did not come from a page of this instance. Open {base_url} and try again; if you reach it under"
        " another address, set server.base_url to that one.",
        code="cross_origin",
    )


def _is_own(origin: str, host: str, base_url: str) -> bool:
    own, sent = urlsplit(base_url), urlsplit(origin)
    if (sent.scheme, sent.netloc) == (own.scheme, own.netloc):
        return True
    return own.scheme == "http" and sent.scheme == "http" and sent.netloc == host


def check_token(given: str | None, session_value: str) -> None:
    """Raise `Forbidden` unless the token is the session's."""
    if not given or not hmac.compare_digest(given.encode(), csrf_token(session_value).encode()):
        raise Forbidden(
            "The CSRF token is missing or belongs to another session: send the `csrf` value of GET "
            "/api/obsv/v1/session in X-CSRF-Token.",
            code="csrf",
        )


def check_request(
    method: str, headers: Mapping[str, str], *, base_url: str, session_value: str, allow_form: bool = False
) -> None:
    """All layers for a request that the cookie vouches for; `headers` have lower-case names."""
    if method in SAFE_METHODS:
        return
    check_source(headers, base_url)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    allowed = {"application/json"} | ({"application/x-www-form-urlencoded"} if allow_form else set[str]())
    if (kind or has_body) and kind not in allowed:
        raise Unsupported(f"Send {' or '.join(sorted(allowed))}, not {kind or 'a body without a Content-Type'}.")
    check_token(headers.get(HEADER), session_value)
