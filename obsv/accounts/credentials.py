"""What a request brings to say who is asking: a token in one of four headers, or the session's cookie."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final

from litestar.types import Scope

from obsv.accounts.tokens.format import holds_token
from obsv.core.errors import BadRequest, Unauthorized

_IN_QUERY: Final = re.compile(rb"(?:^|&)(?:token|access_token|auth_token|api_key|apikey)=")


def headers_of(scope: Scope) -> dict[str, str]:
    """A request's headers by lower-case name; of several the first counts."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return headers


def refuse_query_token(query: bytes) -> None:
    """Raise `BadRequest` for a token in the query string: it would end up in logs and histories."""
    if (b"obsv_" in query and holds_token(query)) or _IN_QUERY.search(query):
        raise BadRequest(
            "Tokens are not taken from the query string, where logs would keep them: send the header "
            "`Authorization: Bearer <token>`, and replace this token.",
            code="token_in_query",
        )


def token_in(headers: Mapping[str, str]) -> str | None:
    """The API token of a request, None if it brings none.  Raises `Unauthorized` for a header that cannot hold one.

    Bearer; Basic with the token as password (Prometheus, Grafana); Token (Influx clients); DD-API-KEY (Datadog's).
    """
    given = headers.get("authorization")
    if given is None:
        return headers.get("dd-api-key")
    scheme, _, rest = given.strip().partition(" ")
    match scheme.lower():
        case "bearer" | "token":
            return rest.strip()
        case "basic":
            return _password(rest)
        case _:
            raise Unauthorized("Send `Authorization: Bearer <token>`.", code="bad_scheme")


def _password(encoded: str) -> str:
    try:
        _, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthorized("The Basic credentials cannot be read.", code="bad_basic") from None
    return password
