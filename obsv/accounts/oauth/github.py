"""GitHub, also GitHub Enterprise Server: OAuth 2 without id tokens, so its API says who it is."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

import msgspec

from obsv.accounts.oauth.calls import ProviderCalls, basic
from obsv.accounts.oauth.pkce import challenge_of
from obsv.accounts.oauth.types import Client, Flow, Identity
from obsv.core.errors import ObsvError

ISSUER: Final = "https://github.com"
API: Final = "https://api.github.com"
API_HOST: Final = "api.github.com"
SCOPES: Final = ("read:user", "user:email")


class Token(msgspec.Struct, frozen=True):
    """What the token endpoint says; errors come with status 200 too."""

    access_token: str = ""
    error: str = ""


class User(msgspec.Struct, frozen=True):
    """`GET /user`. The number stays, a login name can be given to somebody else."""

    id: int
    login: str
    name: str | None = None


class Email(msgspec.Struct, frozen=True):
    """An entry of `GET /user/emails`."""

    email: str
    primary: bool
    verified: bool


class GitHubProvider:
    """One `[[auth.provider]]` of kind github."""

    can_step_up = False  # it cannot be asked to let the person sign in anew

    def __init__(self, client: Client, calls: ProviderCalls) -> None:
        self.name, self.issuer = calls.name, client.issuer.rstrip("/")
        self._client = client
        self._calls = calls
        self._api = API if self.issuer == ISSUER else f"{self.issuer}/api/v3"

    async def authorization_url(self, flow: Flow, redirect_uri: str) -> str:
        """GitHub's page, asked for a code that only this flow can use."""
        query = {
            "client_id": self._client.id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self._client.scopes),
            "state": flow.state,
            "code_challenge": challenge_of(flow.verifier),
            "code_challenge_method": "S256",
        }
        return f"{self.issuer}/login/oauth/authorize?{urlencode(query)}"

    async def check_issuer(self, iss: str) -> None:
        """GitHub names none, or its OAuth server below its own address."""
        if iss not in {"", self.issuer, f"{self.issuer}/login/oauth"}:
            raise self.name.unacceptable("it came from another provider than the one that was asked")

    async def identify(self, flow: Flow, code: str, redirect_uri: str) -> Identity:
        """Exchange the code; the address is the primary one, where GitHub has verified it."""
        token = await self._exchange(flow, code, redirect_uri)
        headers = {"authorization": f"Bearer {token}", "accept": "application/vnd.github+json"}
        user = await self._calls.get(f"{self._api}/user", User, headers)
        emails = await self._calls.get(f"{self._api}/user/emails", list[Email], headers)
        verified = next((entry.email for entry in emails if entry.primary and entry.verified), "")
        return Identity(
            provider=self.name.slug,
            issuer=self.issuer,
            subject=str(user.id),
            email=verified,
            email_verified=bool(verified),
            name=user.name or user.login,
            token=token,
        )

    async def revoke(self, token: str) -> bool:
        """Take away what the person has granted this application."""
        url = f"{self._api}/applications/{self._client.id}/grant"
        headers = {"content-type": "application/json", **basic(self._client.id, self._client.secret)}
        content = msgspec.json.encode({"access_token": token})
        try:
            return (await self._calls.send("DELETE", url, headers=headers, content=content)).status == 204
        except ObsvError:
            return False  # said in the log

    async def _exchange(self, flow: Flow, code: str, redirect_uri: str) -> str:
        form = {
            "client_id": self._client.id,
            "client_secret": self._client.secret,
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": flow.verifier,
        }
        answer = await self._calls.post(f"{self.issuer}/login/oauth/access_token", form)
        if answer.status != 200:
            raise self.name.unreachable(f"the token endpoint answered {answer.status}")
        token = self._calls.decode(answer.body, Token)
        if not token.access_token:
            raise self.name.declined(token.error)
        return token.access_token
