"""A person's own factors over the API: `me/security`, `me/totp`, `me/recovery-codes`, `me/passkeys`.

All of it takes a session, never a token. What changes a factor needs a fresh proof (code `step_up`), and by a factor
where the person has one (code `step_up_factor`); its answer carries the session's next cookie and CSRF token.
"""

from __future__ import annotations

from typing import TypeVar

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from obsv.accounts.client import origin_of
from obsv.accounts.csrf import csrf_token
from obsv.accounts.factors.enrolment import Changed
from obsv.accounts.factors.types import (
    AddedPasskey,
    FactorChanged,
    NewPasskey,
    PasskeyList,
    PasskeyName,
    PasskeyOptions,
    PasskeyView,
    RecoveryCodeList,
    SecurityView,
    TotpCode,
    TotpOfferView,
)
from obsv.accounts.guards import requires_session, requires_step_up
from obsv.accounts.installed import accounts
from obsv.accounts.requests import AnyRequest, actor_of, presented_by
from obsv.accounts.sessions import NewSession

T = TypeVar("T")


class SecurityController(Controller):
    """What protects the person's account."""

    path = "/me/security"
    tags = ["Security"]
    guards = [requires_session]

    @get("/", summary="What protects the account", operation_id="getSecurity")
    async def show(self, request: AnyRequest) -> SecurityView:
        """Which factors the person has, and which organisations ask for a second one."""
        return await accounts().factors.overview(actor_of(request).user_id)


class TotpController(Controller):
    """The person's authenticator app."""

    path = "/me/totp"
    tags = ["Security"]
    guards = [requires_step_up]

    @post("/", status_code=200, summary="Begin to add an authenticator app", operation_id="beginTotp")
    async def begin(self, request: AnyRequest) -> TotpOfferView:
        """A secret for the app. Nothing changes until one of its codes is confirmed, within 5 minutes."""
        presented = await presented_by(request)
        offer = await accounts().factors.enrolment.offer_totp(presented.session)
        return TotpOfferView(offer.secret, offer.uri, offer.qr_code)

    @post("/confirm", status_code=200, summary="Confirm the authenticator app", operation_id="confirmTotp")
    async def confirm(
        self, request: AnyRequest, data: JSONBody[TotpCode], end_others: FromQuery[bool] = True
    ) -> Response[FactorChanged]:
        """From now on signing in asks for a code. Signs the person out elsewhere, unless `end_others` is false."""
        presented = await presented_by(request)
        changed = await accounts().factors.enrolment.confirm_totp(
            presented.session, data.code, origin_of(request), end_others=end_others
        )
        return _changed(changed)

    @delete("/", status_code=200, summary="Remove the authenticator app", operation_id="removeTotp")
    async def remove(self, request: AnyRequest, end_others: FromQuery[bool] = True) -> Response[FactorChanged]:
        """Its codes are not asked for any more. Signs the person out elsewhere, unless `end_others` is false."""
        presented = await presented_by(request)
        changed = await accounts().factors.enrolment.remove_totp(
            presented.session, origin_of(request), end_others=end_others
        )
        return _changed(changed)


class RecoveryCodeController(Controller):
    """Codes for who lost the authenticator."""

    path = "/me/recovery-codes"
    tags = ["Security"]
    guards = [requires_step_up]

    @post("/", status_code=200, summary="Make new recovery codes", operation_id="newRecoveryCodes")
    async def regenerate(self, request: AnyRequest) -> RecoveryCodeList:
        """Ten new ones, shown this once; those from before don't work any more."""
        presented = await presented_by(request)
        return RecoveryCodeList(await accounts().factors.enrolment.new_codes(presented.session, origin_of(request)))


class PasskeyController(Controller):
    """The person's passkeys."""

    path = "/me/passkeys"
    tags = ["Security"]

    @get("/", guards=[requires_session], summary="List passkeys", operation_id="listPasskeys")
    async def index(self, request: AnyRequest) -> PasskeyList:
        """The oldest first."""
        return PasskeyList(await accounts().factors.passkeys(actor_of(request).user_id))

    @post(
        "/options",
        status_code=200,
        guards=[requires_step_up],
        summary="Begin to add a passkey",
        operation_id="beginPasskey",
    )
    async def options(self, request: AnyRequest) -> PasskeyOptions:
        """What `navigator.credentials.create` is called with; the answer is good for 5 minutes, in this session."""
        presented = await presented_by(request)
        return PasskeyOptions(await accounts().factors.enrolment.offer_passkey(presented.session))

    @post("/", guards=[requires_step_up], summary="Add a passkey", operation_id="addPasskey")
    async def add(
        self, request: AnyRequest, data: JSONBody[NewPasskey], end_others: FromQuery[bool] = True
    ) -> Response[AddedPasskey]:
        """It signs the person in from now on. The first factor of an account comes with recovery codes."""
        presented, factors = await presented_by(request), accounts().factors
        passkey, changed = await factors.enrolment.add_passkey(
            presented.session, data.credential, data.name, origin_of(request), end_others=end_others
        )
        added = AddedPasskey(factors.view(passkey), csrf_token(changed.session.value), changed.recovery_codes)
        return with_session(added, changed.session, status=201)

    @patch("/{passkey_id:str}", guards=[requires_session], summary="Rename a passkey", operation_id="renamePasskey")
    async def rename(self, request: AnyRequest, passkey_id: FromPath[str], data: JSONBody[PasskeyName]) -> PasskeyView:
        """Only its name; names tell passkeys apart and are shown to nobody else."""
        factors = accounts().factors
        passkey = await factors.enrolment.rename_passkey(
            actor_of(request).user_id, passkey_id, data.name, origin_of(request)
        )
        return factors.view(passkey)

    @delete(
        "/{passkey_id:str}",
        status_code=200,
        guards=[requires_step_up],
        summary="Remove a passkey",
        operation_id="removePasskey",
    )
    async def remove(
        self, request: AnyRequest, passkey_id: FromPath[str], end_others: FromQuery[bool] = True
    ) -> Response[FactorChanged]:
        """It signs nobody in any more. 409 for the only way into the account."""
        presented = await presented_by(request)
        changed = await accounts().factors.enrolment.remove_passkey(
            presented.session, passkey_id, origin_of(request), end_others=end_others
        )
        return _changed(changed)


def with_session(content: T, session: NewSession, *, status: int = 200) -> Response[T]:
    """An answer that gives the browser its next session value."""
    cookie = accounts().cookies.set_header(session.value, max_age_s=session.max_age_s)
    return Response(content, status_code=status, headers={"Set-Cookie": cookie})


def _changed(changed: Changed) -> Response[FactorChanged]:
    content = FactorChanged(csrf_token(changed.session.value), changed.recovery_codes)
    return with_session(content, changed.session)


HANDLERS = (SecurityController, TotpController, RecoveryCodeController, PasskeyController)
