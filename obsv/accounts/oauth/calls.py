"""Calls to a provider: declared, short, small, never redirected, and each answer of a known shape."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from obsv.accounts.oauth.errors import Name
from obsv.egress import Call, EgressFailed, EgressRefused, Origin, Purpose, Response, egress

TIMEOUT_S: Final = 5.0
MAX_BYTES: Final = 256 * 1024
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

T = TypeVar("T")


class ProviderCalls:
    """Speaks HTTP with the hosts of one provider.

    `hosts` are those that configuration declares for it; `allows_http` lets loopback do without TLS.
    """

    def __init__(self, name: Name, hosts: frozenset[str], *, allows_http: bool) -> None:
        self.name = name
        self._hosts = hosts
        self._allows_http = allows_http

    def check_url(self, what: str, url: str) -> None:
        """Raise `Forbidden` for an address of the provider that is not its own, or not protected on the way."""
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            raise self.name.unacceptable(f"its {what} is not an address") from None
        is_plain_loopback = self._allows_http and parts.scheme == "http" and host in LOOPBACK
        if parts.scheme != "https" and not is_plain_loopback:
            raise self.name.unacceptable(f"its {what} is not an https:// address")
        if host not in self._hosts:
            raise self.name.unacceptable(f"its {what} is at {host}, which `hosts` does not list")

    async def get(self, url: str, kind: type[T], headers: Mapping[str, str] | None = None) -> T:
        """A JSON document.  Raises `Unavailable`, `Forbidden`."""
        answer = await self.send("GET", url, headers={"accept": "application/json", **(headers or {})})
        if answer.status != 200:
            raise self.name.unreachable(f"{urlsplit(url).path} answered {answer.status}")
        return self.decode(answer.body, kind)

    async def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Response:
        """What a form gets, whatever its status.  Raises `Unavailable`."""
        sent = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded", **(headers or {})}
        return await self.send("POST", url, content=urlencode(form).encode(), headers=sent)

    async def send(self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b"") -> Response:
        """Any call.  Raises `Unavailable`."""
        call = Call(Purpose.SIGN_IN, self.name.slug, data=("sign_in",), origin=Origin.CONFIG)
        try:
            return await egress().request(
                method, url, call, content=content, headers=headers, timeout_s=TIMEOUT_S, max_bytes=MAX_BYTES
            )
        except (EgressRefused, EgressFailed) as error:
            raise self.name.unreachable(str(error)) from None

    def decode(self, body: bytes, kind: type[T]) -> T:
        """The body as what it should be.  Raises `Forbidden`."""
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            # The message names the field that is missing or of another type, never a value.
            raise self.name.unacceptable(f"it has another form than expected ({error})") from None


def basic(client_id: str, client_secret: str) -> dict[str, str]:
    """The header that authenticates a client.  Source: RFC 6749 section 2.3.1 (form encoding inside Basic)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
