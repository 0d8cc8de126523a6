"""OpenID Connect, code flow: any provider that describes itself at its issuer's address."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

import msgspec

from obsv.accounts.oauth.calls import ProviderCalls, basic
from obsv.accounts.oauth.fetched import Fetched
from obsv.accounts.oauth.id_token import Claims, Expected, Person, problem_with
from obsv.accounts.oauth.jwks import BadSignature, KeySet, key_for
from obsv.accounts.oauth.pkce import challenge_of
from obsv.accounts.oauth.types import Client, Flow, FlowPurpose, Identity
from obsv.core.clock import Clock
from obsv.core.errors import ObsvError
from obsv.egress import Response

KEEP_S: Final = 3600.0
SCOPES: Final = ("openid", "email", "profile")
BASIC: Final = "client_secret_basic"
ENDPOINTS: Final = (
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "userinfo_endpoint",
    "revocation_endpoint",
)


class Metadata(msgspec.Struct, frozen=True):
    """How a provider describes itself.  Source: OpenID Connect Discovery 1.0, section 3; RFC 8414."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    revocation_endpoint: str = ""
    token_endpoint_auth_methods_supported: list[str] = msgspec.field(default_factory=lambda: [BASIC])
    authorization_response_iss_parameter_supported: bool = False


class Tokens(msgspec.Struct, frozen=True):
    """What the token endpoint gives for a code."""

    id_token: str
    access_token: str = ""
    refresh_token: str | None = None


class TokenError(msgspec.Struct, frozen=True):
    """Or what it says instead."""

    error: str = ""


class OidcProvider:
    """One `[[auth.provider]]` of kind oidc or google."""

    can_step_up = True

    def __init__(self, client: Client, calls: ProviderCalls, clock: Clock) -> None:
        self.name, self.issuer = calls.name, client.issuer
        self._client = client
        self._calls = calls
        self._clock = clock
        self._metadata = Fetched(clock, KEEP_S, self._discover)
        self._keys = Fetched(clock, KEEP_S, self._fetch_keys)

    async def authorization_url(self, flow: Flow, redirect_uri: str) -> str:
        """The provider's page, asked for a code that only this flow can use."""
        metadata = await self._metadata.get()
        query = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self._client.scopes),
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge_of(flow.verifier),
            "code_challenge_method": "S256",
        }
        if flow.purpose is FlowPurpose.STEP_UP:
            query |= {"prompt": "login", "max_age": "0"}
        separator = "&" if "?" in metadata.authorization_endpoint else "?"
        return metadata.authorization_endpoint + separator + urlencode(query)

    async def check_issuer(self, iss: str) -> None:
        """The `iss` of an answer is this provider's; it may be missing where none was announced."""
        is_due = (await self._metadata.get()).authorization_response_iss_parameter_supported
        if iss != self.issuer and (iss or is_due):
            raise self.name.unacceptable("it came from another provider than the one that was asked")

    async def identify(self, flow: Flow, code: str, redirect_uri: str) -> Identity:
        """Exchange the code, and believe the id token only after every check."""
        metadata = await self._metadata.get()
        tokens = await self._exchange(metadata, flow, code, redirect_uri)
        claims = await self._verified(tokens.id_token)
        expected = Expected(self.issuer, self._client.id, flow, self._clock.now_ms() / 1000)
        if problem := problem_with(claims, expected):
            raise self.name.unacceptable(problem)
        person = await self._completed(metadata, claims, tokens.access_token)
        return Identity(
            provider=self.name.slug,
            issuer=self.issuer,
            subject=claims.sub,
            email=person.email or "",
            email_verified=person.has_verified_email,
            name=claims.display_name or person.display_name,
            token=(tokens.refresh_token or tokens.access_token) if metadata.revocation_endpoint else "",
        )

    async def revoke(self, token: str) -> bool:
        """Ask the provider to forget a token and the consent behind it.  Source: RFC 7009."""
        try:
            metadata = await self._metadata.get()
            if not metadata.revocation_endpoint:
                return False
            return (await self._authenticated(metadata, metadata.revocation_endpoint, {"token": token})).status == 200
        except ObsvError:
            return False  # said in the log

    # -- what the provider publishes ----------------------------------------------------------------------------

    async def _discover(self) -> Metadata:
        url = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
        metadata = await self._calls.get(url, Metadata)
        if metadata.issuer != self.issuer:
            raise self.name.unacceptable("it names another issuer than [[auth.provider]] does")
        for name in ENDPOINTS:
            if address := str(getattr(metadata, name)):
                self._calls.check_url(name, address)
        return metadata

    async def _fetch_keys(self) -> KeySet:
        return await self._calls.get((await self._metadata.get()).jwks_uri, KeySet)

    # -- one sign-in --------------------------------------------------------------------------------------------

    async def _exchange(self, metadata: Metadata, flow: Flow, code: str, redirect_uri: str) -> Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": flow.verifier,
        }
        answer = await self._authenticated(metadata, metadata.token_endpoint, form)
        if answer.status == 200:
            return self._calls.decode(answer.body, Tokens)
        if answer.status in {400, 401, 403}:
            error = self._calls.decode(answer.body, TokenError).error
            raise self.name.declined(error)
        raise self.name.unreachable(f"the token endpoint answered {answer.status}")

    async def _verified(self, token: str) -> Claims:
        from obsv.accounts.oauth import signatures  # noqa: PLC0415  # cryptography that nothing else here needs

        try:
            header, keys = signatures.header_of(token), await self._keys.get()
            # A key that is not known is looked for once more, for providers change theirs.
            key = key_for(header, keys) or key_for(header, await self._keys.get(other_than=keys))
            if key is None:
                raise BadSignature("the id token is signed with a key that the provider does not publish")
            return self._calls.decode(signatures.payload_of(token, key), Claims)
        except BadSignature as problem:
            raise self.name.unacceptable(str(problem)) from problem

    async def _completed(self, metadata: Metadata, claims: Claims, access_token: str) -> Person:
        """The claims, or where they say no address, what the userinfo endpoint says of the same person."""
        if claims.email or not metadata.userinfo_endpoint or not access_token:
            return claims
        headers = {"authorization": f"Bearer {access_token}"}
        person = await self._calls.get(metadata.userinfo_endpoint, Person, headers)
        if person.sub != claims.sub:
            raise self.name.unacceptable("it tells of another person than the one who signed in")
        return person

    async def _authenticated(self, metadata: Metadata, url: str, form: dict[str, str]) -> Response:
        """A form sent as this client: by header where the provider takes that, else inside the form."""
        if self._client.secret and BASIC in metadata.token_endpoint_auth_methods_supported:
            return await self._calls.post(url, form, basic(self._client.id, self._client.secret))
        secret = {"client_secret": self._client.secret} if self._client.secret else {}
        return await self._calls.post(url, {**form, "client_id": self._client.id, **secret})
