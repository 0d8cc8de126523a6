"""What every route asks for.  A route of the application that has no row here fails the tests."""

from __future__ import annotations

from enum import Enum


class Needs(Enum):
    """What a route asks for."""

    PERSON = "a person who is signed in, whatever the role"
    MEMBER = "any member, or a token with the scope"
    ADMIN = "an admin or owner, or a token with the scope"
    INSTANCE = "who runs the instance, or such a token"


API = "/api/obsv/v1"
ROUTES: dict[str, Needs] = {
    f"GET {API}/audit": Needs.ADMIN,
    f"POST {API}/audit/export": Needs.ADMIN,
    f"GET {API}/hosts": Needs.MEMBER,
    f"GET {API}/instance/audit": Needs.INSTANCE,
    f"GET {API}/me": Needs.PERSON,
    f"PATCH {API}/me": Needs.PERSON,
    f"POST {API}/me/email": Needs.PERSON,
    f"POST {API}/me/email/verify": Needs.PERSON,
    f"GET {API}/me/identities": Needs.PERSON,
    f"DELETE {API}/me/identities/{{provider}}": Needs.PERSON,
    f"POST {API}/me/identities/{{provider}}/confirm": Needs.PERSON,
    f"POST {API}/me/identities/{{provider}}/link": Needs.PERSON,
    f"GET {API}/me/passkeys": Needs.PERSON,
    f"POST {API}/me/passkeys": Needs.PERSON,
    f"POST {API}/me/passkeys/options": Needs.PERSON,
    f"DELETE {API}/me/passkeys/{{passkey_id}}": Needs.PERSON,
    f"PATCH {API}/me/passkeys/{{passkey_id}}": Needs.PERSON,
    f"POST {API}/me/password": Needs.PERSON,
    f"POST {API}/me/recovery-codes": Needs.PERSON,
    f"GET {API}/me/security": Needs.PERSON,
    f"GET {API}/me/sessions": Needs.PERSON,
    f"POST {API}/me/sessions/end-others": Needs.PERSON,
    f"DELETE {API}/me/sessions/{{session_id}}": Needs.PERSON,
    f"DELETE {API}/me/totp": Needs.PERSON,
    f"POST {API}/me/totp": Needs.PERSON,
    f"POST {API}/me/totp/confirm": Needs.PERSON,
    f"POST {API}/metrics/flush": Needs.INSTANCE,
    f"GET {API}/org": Needs.MEMBER,
    f"PATCH {API}/org": Needs.ADMIN,
    f"GET {API}/org/invitations": Needs.ADMIN,
    f"POST {API}/org/invitations": Needs.ADMIN,
    f"DELETE {API}/org/invitations/{{invitation_id}}": Needs.ADMIN,
    f"GET {API}/org/members": Needs.ADMIN,
    f"DELETE {API}/org/members/{{user_id}}": Needs.ADMIN,  # everybody may leave: tests/accounts/orgs
    f"PATCH {API}/org/members/{{user_id}}": Needs.ADMIN,
    f"POST {API}/org/transfer": Needs.ADMIN,
    f"GET {API}/session": Needs.PERSON,
    f"POST {API}/session/end": Needs.PERSON,
    f"GET {API}/session/step-up": Needs.PERSON,
    f"POST {API}/session/step-up": Needs.PERSON,
    f"POST {API}/session/step-up/options": Needs.PERSON,
    f"GET {API}/tokens": Needs.ADMIN,
    f"POST {API}/tokens": Needs.ADMIN,
    f"DELETE {API}/tokens/{{token_id}}": Needs.ADMIN,
    "GET /api/v1/alerts": Needs.MEMBER,
    "GET /api/v1/format_query": Needs.MEMBER,
    "POST /api/v1/format_query": Needs.MEMBER,
    "GET /api/v1/label/{name}/values": Needs.MEMBER,
    "GET /api/v1/labels": Needs.MEMBER,
    "POST /api/v1/labels": Needs.MEMBER,
    "GET /api/v1/metadata": Needs.MEMBER,
    "GET /api/v1/query": Needs.MEMBER,
    "POST /api/v1/query": Needs.MEMBER,
    "GET /api/v1/query_exemplars": Needs.MEMBER,
    "POST /api/v1/query_exemplars": Needs.MEMBER,
    "GET /api/v1/query_range": Needs.MEMBER,
    "POST /api/v1/query_range": Needs.MEMBER,
    "GET /api/v1/rules": Needs.MEMBER,
    "GET /api/v1/series": Needs.MEMBER,
    "POST /api/v1/series": Needs.MEMBER,
    "GET /api/v1/status/buildinfo": Needs.MEMBER,
}

UNDOCUMENTED = {
    # Pages and doors: forms that check for themselves where they come from (tests/accounts, tests/site).
    *("/", "/docs", "/docs/{name:str}", "/static/{name:str}", "/setup", "/login", "/login/age", "/login/factor"),
    *("/login/factor/options", "/login/factor/passkey", "/login/passkey", "/login/passkey/options"),
    *("/login/oauth/{provider:str}", "/login/oauth/{provider:str}/callback", "/login/oauth", "/invite", "/register"),
    *("/forgot", "/reset", "/verify", "/email/confirm", "/email/undo"),
    # The cabinet's shell and its files hold no data.
    *("/app", "/app/{path:path}", "/app/assets/{name:str}"),
    # Machines: a token each (tests/metrics, tests/journeys), or nothing to hide.
    *("/api/v1/write", "/metrics", "/agent.pyz", "/healthz", "/readyz", "/-/healthy", "/-/ready", "/api/health"),
}
