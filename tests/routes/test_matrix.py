"""Every route, tried by everybody who should not get through.  A new route without a row here fails."""

from __future__ import annotations

import httpx
import pytest

from obsv.app import create_app
from obsv.config import load_settings
from tests.routes.cast import SAME_ORIGIN, Cast
from tests.routes.table import API, ROUTES, UNDOCUMENTED, Needs

pytestmark = pytest.mark.slow


BODIES: dict[str, object] = {
    f"PATCH {API}/me/passkeys/{{passkey_id}}": {"name": "x"},
    f"PATCH {API}/org/members/{{user_id}}": {"role": "viewer"},
}
SKIPPED = {f"POST {API}/session/end"}  # it would end the session that the others need


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
