"""Somebody with a browser, as the cabinet's script would act for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pyotp

from obsv.accounts import Accounts
from obsv.core.clock import ManualClock
from tests.accounts.app import SAME_ORIGIN, csrf_of, sign_in
from tests.accounts.factors.authenticator import Authenticator

API = "/api/obsv/v1"
COOKIE = "obsv_session"


def code_of(secret: str, clock: ManualClock, steps: int = 0) -> str:
    """What an app shows now (or `steps` half minutes later)."""
    return pyotp.TOTP(secret).generate_otp(clock.now_ms() // 30_000 + steps)


@dataclass
class Person:
    """A client with a cookie jar, the CSRF token of its session, and the organisation that it looks at."""

    client: httpx.AsyncClient
    service: Accounts
    clock: ManualClock
    name: str
    user_id: str
    csrf: str = ""
    org: str = ""

    @property
    def cookie(self) -> str:
        return self.client.cookies.get(COOKIE) or ""

    async def sign_in(self, **fields: str) -> httpx.Response:
        """With the password; the answer leads on."""
        answer = await sign_in(self.client, self.name, **fields)
        if answer.headers.get("location", "").startswith("/app"):
            self.csrf = await csrf_of(self.client)
        return answer

    async def door(self, path: str, **form: str) -> httpx.Response:
        """Post a form of a door."""
        answer = await self.client.post(path, data=form, headers=SAME_ORIGIN)
        if answer.headers.get("location", "").startswith("/app"):
            self.csrf = await csrf_of(self.client)
        return answer

    async def options(self, path: str) -> dict[str, Any]:
        """Options that a door's script asks for."""
        answer = await self.client.post(path, headers=SAME_ORIGIN)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def call(self, method: str, path: str, content: object = None) -> httpx.Response:
        """Call the API; what changes the session's value brings the next token."""
        headers = {**SAME_ORIGIN, "X-CSRF-Token": self.csrf, **({"X-Obsv-Org": self.org} if self.org else {})}
        answer = await self.client.request(method, API + path, json=content, headers=headers)
        if answer.is_success and answer.headers.get("content-type", "").startswith("application/json"):
            self.csrf = answer.json().get("csrf", self.csrf)
        return answer

    async def must(self, method: str, path: str, content: object = None) -> Any:
        """The same where it has to go well."""
        answer = await self.call(method, path, content)
        assert answer.is_success, answer.text
        return answer.json()

    async def add_totp(self) -> tuple[str, list[str]]:
        """Enrol an app: its secret, and the recovery codes. The clock moves on, so that the next code is another."""
        secret = (await self.must("POST", "/me/totp"))["secret"]
        done = await self.must("POST", "/me/totp/confirm", {"code": code_of(secret, self.clock)})
        self.clock.advance(30)
        return secret, done["recovery_codes"]

    async def add_passkey(self, authenticator: Authenticator, name: str = "laptop") -> dict[str, Any]:
        """Register one; what the API answers."""
        options = (await self.must("POST", "/me/passkeys/options"))["options"]
        made = {"credential": authenticator.create(options), "name": name}
        return dict(await self.must("POST", "/me/passkeys", made))
