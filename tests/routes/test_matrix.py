"""Every route, tried by everybody who should not get through.  A new route without a row here fails."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import httpx
import pytest

from obsv.app import create_app
from obsv.config import load_settings
from tests.live import appliance
from tests.routes.cast import SAME_ORIGIN, Cast, gather

pytestmark = pytest.mark.slow


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
BODIES: dict[str, object] = {
    f"PATCH {API}/me/passkeys/{{passkey_id}}": {"name": "x"},
    f"PATCH {API}/org/members/{{user_id}}": {"role": "viewer"},
}
SKIPPED = {f"POST {API}/session/end"}  # it would end the session that the others need


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with appliance(tmp_path_factory.mktemp("routes")) as live:
        cast = gather(live)
        yield cast
        for person in cast.people.values():
            person.client.close()


def is_safe(operation: str) -> bool:
    return operation.startswith("GET ")


def test_every_documented_route_has_a_row(cast: Cast) -> None:
    assert set(cast.operations()) == set(ROUTES)


def test_every_other_route_is_known(tmp_path: object) -> None:
    app = create_app(load_settings(env={}, overrides={"data_dir": str(tmp_path)}))
    documented = {row.split(" ", 1)[1].split("{")[0].rstrip("/") for row in ROUTES}
    other = {
        route.path
        for route in app.routes
        if route.path.split("{")[0].rstrip("/") not in documented
        and not route.path.startswith(("/docs/api", API + "/schema"))
    }
    assert other == UNDOCUMENTED


@pytest.mark.parametrize("operation", ROUTES)
def test_nobody(cast: Cast, operation: str) -> None:
    method = operation.split(maxsplit=1)[0]
    body = None if method in ("GET", "DELETE") else {}
    answer = httpx.request(method, cast.live.url + cast.path(operation), json=body, headers=SAME_ORIGIN)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("operation", [row for row, needs in ROUTES.items() if row not in SKIPPED])
def test_a_viewer(cast: Cast, operation: str) -> None:
    status = cast.people["dot"].ask(operation.split(maxsplit=1)[0], cast.path(operation), {}).status_code
    if ROUTES[operation] in (Needs.ADMIN, Needs.INSTANCE):
        assert status == 403
    else:
        assert status not in (401, 403)
        assert status < 500


@pytest.mark.parametrize("operation", [row for row in ROUTES if row not in SKIPPED])
def test_the_owner_of_another_organisation(cast: Cast, operation: str) -> None:
    method, path, eve = operation.split(maxsplit=1)[0], cast.path(operation), cast.people["eve"]
    assert eve.ask(method, path, {}, **{"X-Obsv-Org": "acme"}).status_code == 404
    own = eve.ask(method, path, BODIES.get(operation, {})).status_code
    if ROUTES[operation] is Needs.INSTANCE:
        assert own == 403
    elif "_id}" in operation:
        assert own == 404
    else:
        assert own not in (401, 403)
        assert own < 500


@pytest.mark.parametrize("operation", ROUTES)
def test_a_token_without_the_scope(cast: Cast, operation: str) -> None:
    method = operation.split(maxsplit=1)[0]
    body = None if method in ("GET", "DELETE") else {}
    headers = {"Authorization": f"Bearer {cast.token}"}
    answer = httpx.request(method, cast.live.url + cast.path(operation), json=body, headers=headers)
    assert answer.status_code == (401 if ROUTES[operation] is Needs.PERSON else 403)


@pytest.mark.parametrize("operation", [row for row in ROUTES if not is_safe(row)])
def test_a_foreign_page_and_a_page_without_the_token(cast: Cast, operation: str) -> None:
    method, path, ann = operation.split(maxsplit=1)[0], cast.path(operation), cast.people["ann"]
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert ann.ask(method, path, {}, **foreign).status_code == 403
    assert ann.ask(method, path, {}, **{"Sec-Fetch-Site": "", "Origin": "https://evil.example"}).status_code == 403
    for wrong in ("", cast.people["eve"].csrf):
        assert ann.ask(method, path, {}, **{"X-CSRF-Token": wrong}).status_code == 403
