"""Every route, tried by everybody who should not get through.  A new route without a row in the table fails."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from obsv.app import create_app
from obsv.config import load_settings
from obsv.http import Surface, surface_of
from tests.routes.cast import Cast, Person, sign_in
from tests.routes.table import API, MACHINES, PAGES, PUBLIC, ROUTES, SHARED, Needs

pytestmark = pytest.mark.slow

UNSAFE = [row for row in ROUTES if not row.startswith("GET ")]
SIGN_OUT = f"POST {API}/session/end"


def ask(cast: Cast, who: Person, operation: str, **headers: str) -> httpx.Response:
    """The row's request."""
    row = ROUTES[operation]
    body = {name: value.format(**cast.ids) if isinstance(value, str) else value for name, value in row.body.items()}
    return who.ask(operation.split(maxsplit=1)[0], cast.path(operation), body, **row.headers, **headers)


def bare(cast: Cast, operation: str, **headers: str) -> httpx.Response:
    """The same without a cookie."""
    with httpx.Client(base_url=cast.live.url, timeout=30) as client:
        return ask(cast, Person(client), operation, **headers)


def person(cast: Cast, name: str, operation: str) -> Person:
    """Somebody signed in; anew for what ends the session that others go on with."""
    if operation == SIGN_OUT:
        cast.people[f"{name}, leaving"] = sign_in(cast.live, name)
        return cast.people[f"{name}, leaving"]
    return cast.people[name]


def registered(app: Any) -> set[str]:
    """ "METHOD path" of every handler; OPTIONS is the framework's."""
    found: set[str] = set()
    for route in app.routes:
        handlers = getattr(route, "route_handlers", None)
        methods = {method for handler in handlers for method in handler.http_methods} if handlers else {"ANY"}
        found |= {f"{method} {route.path}" for method in methods - {"OPTIONS"}}
    return found


def test_every_documented_route_has_a_row(cast: Cast) -> None:
    assert set(cast.operations()) == set(ROUTES)


def test_every_other_route_is_known(tmp_path: Path) -> None:
    found = registered(create_app(load_settings(env={}, overrides={"data_dir": str(tmp_path)})))
    documented = {row for row in found if re.sub(r":\w+}", "}", row) in ROUTES}
    assert len(documented) == len(ROUTES)
    assert found - documented == PAGES | PUBLIC | SHARED | MACHINES


@pytest.mark.parametrize("operation", ROUTES)
def test_nobody(cast: Cast, operation: str) -> None:
    answer = bare(cast, operation)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("operation", sorted(MACHINES))
def test_no_machine_without_a_token(cast: Cast, operation: str) -> None:
    method, path = operation.replace("ANY", "POST").split()
    # Datadog's agent knows 403 alone as the answer to a wrong key.
    refused = 403 if surface_of(method, path) is Surface.DATADOG else 401
    assert httpx.request(method, cast.live.url + path).status_code == refused


@pytest.mark.parametrize("operation", ROUTES)
def test_a_viewer(any_cast: Cast, operation: str) -> None:
    assert ask(any_cast, person(any_cast, "dot", operation), operation).status_code == ROUTES[operation].viewer


@pytest.mark.parametrize("operation", ROUTES)
def test_the_owner_of_another_organisation(any_cast: Cast, operation: str) -> None:
    eve = person(any_cast, "eve", operation)
    assert ask(any_cast, eve, operation, **{"X-Obsv-Org": "acme"}).status_code == 404
    assert ask(any_cast, eve, operation).status_code == ROUTES[operation].stranger


@pytest.mark.parametrize(
    "operation", [name for name, row in ROUTES.items() if "_id}" in name and row.needs is not Needs.INSTANCE]
)
def test_no_id_of_another_organisation_is_found(operation: str) -> None:
    assert ROUTES[operation].stranger == 404


@pytest.mark.parametrize("operation", [row for row, one in ROUTES.items() if one.needs is Needs.ADMIN])
def test_a_token_of_another_organisation(any_cast: Cast, operation: str) -> None:
    headers = {"Authorization": f"Bearer {any_cast.tokens['eve']}", "X-Obsv-Org": "acme"}
    assert bare(any_cast, operation, **headers).status_code == ROUTES[operation].stranger


@pytest.mark.parametrize("operation", ROUTES)
def test_a_token_without_the_scope(cast: Cast, operation: str) -> None:
    answer = bare(cast, operation, Authorization=f"Bearer {cast.tokens['little']}")
    assert answer.status_code == ROUTES[operation].needs.token


@pytest.mark.parametrize("operation", UNSAFE)
def test_a_foreign_page(cast: Cast, operation: str) -> None:
    ann, origin = cast.people["ann"], "https://evil.example"
    for site in ("cross-site", "same-site", ""):
        assert ask(cast, ann, operation, **{"Sec-Fetch-Site": site, "Origin": origin}).status_code == 403


@pytest.mark.parametrize("operation", UNSAFE)
def test_a_page_without_the_token(cast: Cast, operation: str) -> None:
    for wrong in ("", cast.people["eve"].csrf):
        assert ask(cast, cast.people["ann"], operation, **{"X-CSRF-Token": wrong}).status_code == 403
