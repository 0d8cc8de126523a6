"""Sign-in with other services: OAuth 2 (GitHub) and OpenID Connect (Google, any issuer), authorization code with PKCE.

::

    url, flow = await flows.begin("github", FlowPurpose.SIGN_IN)         # keep the flow sealed in the session
    identity = await flows.finish(flow, "github", CallbackParams(...))   # taken out of it, once

An `Identity` is (issuer, subject); an email address that two services share links nothing. `Identities` says whose it
is. All calls go through `obsv.egress`, to the hosts that `[[auth.provider]]` declares.
"""

from __future__ import annotations

from obsv.accounts.oauth.flows import Flows
from obsv.accounts.oauth.providers import Declared, declared_hosts
from obsv.accounts.oauth.types import CallbackParams, Flow, FlowPurpose, Identity, Newcomer, unpack

__all__ = [
    "CallbackParams",
    "Declared",
    "Flow",
    "FlowPurpose",
    "Flows",
    "Identity",
    "Newcomer",
    "declared_hosts",
    "unpack",
]
