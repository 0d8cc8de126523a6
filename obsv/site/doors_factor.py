"""The doors of second factors and passkeys.

Codes go through plain forms. Passkeys need the script: it asks for options here, and submits a form with the answer.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Controller, MediaType, Response, get, post
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from obsv.accounts import accounts, address_of, check_source, origin_of
from obsv.accounts.sign_in import SECOND_FACTOR
from obsv.core.errors import ObsvError
from obsv.site.forms import (
    FORM_MAX,
    AnyRequest,
    form_page,
    login_page,
    onward,
    read_form,
    safe_next,
    session_cookie,
)

RECOVERY: Final = "recovery"


class FactorDoor(Controller):
    """`/login/factor`: a code, a recovery code or a passkey, for who got the password right."""

    path = "/login/factor"
    include_in_schema = False

    @get("/")
    async def show(self, request: AnyRequest) -> Response[str] | Redirect:
        """The form for a code of the app; for a recovery code with `?with=recovery`."""
        query = request.query_params
        form = {"with": query.get("with", ""), "next": safe_next(query.get("next", ""), "")}
        return await _factor_page(request, form)

    @post("/", request_max_body_size=FORM_MAX)
    async def submit(self, request: AnyRequest) -> Response[Any] | Redirect:
        """Check the code, and on with a new session."""
        form = await read_form(request)
        try:
            done = await accounts().factors.second_step.with_code(
                await _value(request), form.get("code", ""), origin_of(request)
            )
        except ObsvError as error:
            return await _factor_page(request, form, error)
        return onward(done, safe_next(form.get("next", ""), ""))

    @post("/options", status_code=200)
    async def options(self, request: AnyRequest) -> Response[bytes]:
        """What the script asks the person's passkeys with."""
        check_source(request.headers, accounts().base_url)
        return _json(await accounts().factors.second_step.ask_passkey(await _value(request)))

    @post("/passkey", request_max_body_size=FORM_MAX)
    async def passkey(self, request: AnyRequest) -> Response[Any] | Redirect:
        """Check a passkey's answer, and on with a new session."""
        form = await read_form(request)
        try:
            done = await accounts().factors.second_step.with_passkey(
                await _value(request), _credential(form), origin_of(request)
            )
        except ObsvError as error:
            return await _factor_page(request, form, error)
        return onward(done, safe_next(form.get("next", ""), ""))


class PasskeyDoor(Controller):
    """`/login/passkey`: in without a password; its button and its autofill are on `/login`."""

    path = "/login/passkey"
    include_in_schema = False

    @post("/options", status_code=200)
    async def options(self, request: AnyRequest) -> Response[bytes]:
        """What the script asks for any passkey with; the browser gets a session of nobody that waits for the answer."""
        check_source(request.headers, accounts().base_url)
        asked = await accounts().factors.passwordless.ask(
            await _value(request), origin_of(request), address=address_of(request)
        )
        headers = {"Set-Cookie": session_cookie(asked.session)} if asked.session else {}
        return _json(asked.options, headers)

    @post("/", request_max_body_size=FORM_MAX)
    async def submit(self, request: AnyRequest) -> Response[Any]:
        """Check the answer, and on with a new session."""
        form = await read_form(request)
        wanted = safe_next(form.get("next", ""), "")
        try:
            done = await accounts().factors.passwordless.answer(
                await _value(request),
                _credential(form),
                origin_of(request),
                address=address_of(request),
                remember=bool(form.get("remember")),
            )
        except ObsvError as error:
            return await login_page(request, {}, error, wanted=wanted)
        return onward(done, wanted)


async def _factor_page(
    request: AnyRequest, form: dict[str, str], error: ObsvError | None = None
) -> Response[str] | Redirect:
    """The door as it fits what the waiting person has; who waits no longer begins anew."""
    wanted = safe_next(form.get("next", ""), "")
    presented = await accounts().authenticator.presented(request.scope)
    if presented is None or presented.session.pending != SECOND_FACTOR:
        if error is None:
            return Redirect("/login", status_code=HTTP_303_SEE_OTHER)
        return await login_page(request, {}, error, wanted=wanted)
    has = await accounts().factors.second_step.choices(presented.value)
    with_recovery = has.recovery_codes > 0 and form.get("with") == RECOVERY
    return form_page("factor.html", {}, error, next=wanted, has=has, with_recovery=with_recovery)


async def _value(request: AnyRequest) -> str:
    presented = await accounts().authenticator.presented(request.scope)
    return presented.value if presented else ""


def _credential(form: dict[str, str]) -> dict[str, Any]:
    """What the script put into the form; nothing at all is refused like anything else that is no passkey's answer."""
    try:
        return msgspec.json.decode(form.get("credential", ""), type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}


def _json(content: dict[str, Any], headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(msgspec.json.encode(content), media_type=MediaType.JSON, headers=headers or {})
