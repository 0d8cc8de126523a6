"""What every door does: read a form of ours, show it again with what is wrong, hand the session on.

There is no session yet, so what protects these forms from foreign pages is where the browser says a request comes from;
`Set-Cookie` is sent only to who signed in (or has a step left to take).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.status_codes import HTTP_303_SEE_OTHER

from obsv.accounts import BadFields, NewSession, accounts, check_source
from obsv.accounts.sign_in import ATTEST, SECOND_FACTOR, SignedIn
from obsv.core.errors import ObsvError, TooMany, Unavailable, Unsupported
from obsv.http import allow_form_targets
from obsv.site.render import page

AnyRequest = Request[Any, Any, Any]

FORM_MAX: Final = 64 * 1024
STEPS: Final = {ATTEST: "/login/age", SECOND_FACTOR: "/login/factor"}
# Only into the cabinet of this origin: no scheme, no host, no backslash that a browser would read as a slash.
_NEXT: Final = re.compile(r"/app(?:/[\w\-./~%]*)?(?:\?[\w\-./~%=&+,:;]*)?", re.ASCII)


def safe_next(wanted: str, otherwise: str) -> str:
    """Where to go after signing in: a path of the cabinet, else `otherwise`."""
    return wanted if _NEXT.fullmatch(wanted) and "//" not in wanted else otherwise


async def read_form(request: AnyRequest) -> dict[str, str]:
    """The fields of a form that one of our pages sent.  Raises `Forbidden`, `Unsupported`."""
    check_source(request.headers, accounts().base_url)
    if request.content_type[0] != "application/x-www-form-urlencoded":
        raise Unsupported("Send the form as application/x-www-form-urlencoded.")
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


def session_cookie(session: NewSession) -> str:
    """The `Set-Cookie` of a session that was just made."""
    return accounts().cookies.set_header(session.value, max_age_s=session.max_age_s)


def go(where: str, session: NewSession) -> Response[None]:
    """On to the next page, with the session."""
    headers = {"Location": where, "Set-Cookie": session_cookie(session)}
    return Response(None, status_code=HTTP_303_SEE_OTHER, headers=headers)


def onward(done: SignedIn, wanted: str) -> Response[None]:
    """To the next step of signing in, or into the cabinet."""
    if done.pending:
        query = f"?{urlencode({'next': wanted})}" if wanted else ""
        return go(STEPS[done.pending] + query, done.session)
    return go(wanted or f"/app/{done.org_slug}", done.session)


def form_page(template: str, form: Mapping[str, str], error: ObsvError | None = None, **more: object) -> Response[str]:
    """A door again, with what was typed (but for passwords) and what is wrong with it."""
    problems = error.fields if isinstance(error, BadFields) else {}
    message = error.detail if error is not None and not problems else ""
    context = {"form": form, "problems": problems, "message": message, **more}
    return page(template, context, status=error.status if error else 200, headers=_retry(error) if error else {})


async def login_page(
    request: AnyRequest, form: Mapping[str, str], error: ObsvError | None = None, *, wanted: str = ""
) -> Response[str]:
    """The sign-in page with all the ways that are configured; its form may end up at the providers."""
    flows = accounts().federated.flows
    allow_form_targets(request.scope, flows.origins)
    may_register = await accounts().registration.is_open()
    return form_page("login.html", form, error, next=wanted, providers=flows.labels, may_register=may_register)


def _retry(error: ObsvError) -> dict[str, str]:
    if isinstance(error, TooMany | Unavailable):
        return {"Retry-After": str(max(1, round(error.retry_after_s)))}
    return {}
