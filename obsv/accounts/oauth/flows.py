"""From the sign-in page to a provider and back: begin a flow, and finish it once.

The caller keeps the `Flow` sealed in the browser's session and takes it out for `finish`, so that neither state, nonce
nor verifier works twice or in another browser. Each provider has an address of its own to come back to, which with
`iss` (RFC 9207) keeps one from answering in another's name.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Final

from obsv.accounts.oauth.errors import not_begun
from obsv.accounts.oauth.providers import make_provider, origins_of
from obsv.accounts.oauth.types import CallbackParams, Flow, FlowPurpose, Identity, Provider
from obsv.config import AuthProvider
from obsv.core.clock import Clock
from obsv.core.errors import BadRequest, Invalid, NotFound
from obsv.core.ids import random_token

FLOW_MS: Final = 600_000


class Flows:
    """Knows the providers, in the order of the configuration; `origins` are those that a browser is sent to."""

    def __init__(self, configs: Iterable[AuthProvider], clock: Clock, base_url: str) -> None:
        listed = tuple(configs)
        self._providers = {config.slug: make_provider(config, clock) for config in listed}
        self.origins = tuple(dict.fromkeys(origin for config in listed for origin in origins_of(config)))
        self._clock = clock
        self._base_url = base_url.rstrip("/")

    @property
    def labels(self) -> dict[str, str]:
        """What to call each provider, by slug."""
        return {slug: provider.name.label for slug, provider in self._providers.items()}

    def provider(self, slug: str) -> Provider:
        """By slug.  Raises `NotFound`."""
        try:
            return self._providers[slug]
        except KeyError:
            raise NotFound("There is no such sign-in provider here.", code="no_provider") from None

    async def begin(
        self,
        slug: str,
        purpose: FlowPurpose,
        *,
        user_id: str = "",
        wanted: str = "",
        remember: bool = False,
    ) -> tuple[str, Flow]:
        """Where to send the browser, and what to keep meanwhile.

        Raises `NotFound` (no such provider), `Invalid` (it cannot do that), `Unavailable`, `Forbidden` (its answers).
        """
        provider = self.provider(slug)
        if purpose is FlowPurpose.STEP_UP and not provider.can_step_up:
            raise Invalid(f"{provider.name.label} cannot confirm that it is you: use another way.", code="no_step_up")
        flow = Flow(
            provider=slug,
            purpose=purpose,
            user_id=user_id,
            state=random_token(),
            nonce=random_token(),
            verifier=random_token(),
            created_at_ms=self._clock.now_ms(),
            wanted=wanted,
            remember=remember,
        )
        return await provider.authorization_url(flow, self._redirect_uri(slug)), flow

    async def finish(self, flow: Flow | None, slug: str, params: CallbackParams) -> Identity:
        """Who came back to `slug`'s address; `flow` was taken out of the browser's session, None if there was none.

        Raises `BadRequest` (not this browser's, used, too old), `Forbidden` (declined; an answer that must not be
        believed), `Unavailable` (the provider does not answer).
        """
        if flow is None or flow.provider != slug or self._clock.now_ms() - flow.created_at_ms > FLOW_MS:
            raise not_begun()
        if not hmac.compare_digest(params.state.encode(), flow.state.encode()):
            raise not_begun()
        provider = self.provider(slug)
        await provider.check_issuer(params.iss)
        if params.error:
            raise provider.name.declined(params.error)
        if not params.code:
            raise BadRequest("The provider sent neither a code nor a reason. Begin again.", code="oauth_no_code")
        return await provider.identify(flow, params.code, self._redirect_uri(slug))

    def _redirect_uri(self, slug: str) -> str:
        return f"{self._base_url}/login/oauth/{slug}/callback"
