"""`session/step-up`: prove to be oneself again, and go on with a session that may do what is dangerous."""

from __future__ import annotations

from litestar import Controller, Response, get, post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT

from obsv.accounts.client import origin_of
from obsv.accounts.csrf import csrf_token
from obsv.accounts.factors.api import with_session
from obsv.accounts.factors.types import PasskeyOptions, SteppedUp, StepUpProof, StepUpWays
from obsv.accounts.guards import requires_session
from obsv.accounts.installed import accounts
from obsv.accounts.requests import AnyRequest, presented_by
from obsv.accounts.sessions import SUDO_MS, NewSession, Session
from obsv.core.errors import Invalid


class StepUpController(Controller):
    """What answers an error with the code `step_up` or `step_up_factor`."""

    path = "/session/step-up"
    tags = ["Session"]
    guards = [requires_session]

    @get("/", summary="How to prove to be oneself", operation_id="getStepUp")
    async def show(self, request: AnyRequest) -> StepUpWays:
        """The ways that the person has; for `step_up_factor` only `totp` and `passkey` will do."""
        session = (await presented_by(request)).session
        return StepUpWays(await accounts().step_up.ways(session), session.sudo_until_ms)

    @post("/options", status_code=200, summary="Ask for a passkey", operation_id="beginStepUp")
    async def options(self, request: AnyRequest) -> PasskeyOptions:
        """What `navigator.credentials.get` is called with; the answer is good for 5 minutes, once."""
        return PasskeyOptions(await accounts().step_up.ask_passkey((await presented_by(request)).session))

    @post("/mail", status_code=HTTP_204_NO_CONTENT, summary="Ask for a code by mail", operation_id="mailStepUpCode")
    async def mail(self, request: AnyRequest) -> None:
        """For who has no password, app or passkey; it is good for ten minutes, once."""
        await accounts().step_up.mail_code((await presented_by(request)).session)

    @post("/", status_code=200, summary="Prove to be oneself", operation_id="stepUp")
    async def prove(self, request: AnyRequest, data: JSONBody[StepUpProof]) -> Response[SteppedUp]:
        """By password, by a code of the app or by mail, or by a passkey. The answer sets the session's next cookie."""
        session = (await presented_by(request)).session
        rotated = await _proved(request, session, data)
        until = accounts().step_up.parts.clock.now_ms() + SUDO_MS
        return with_session(SteppedUp(csrf_token(rotated.value), until), rotated)


async def _proved(request: AnyRequest, session: Session, proof: StepUpProof) -> NewSession:
    step_up, origin = accounts().step_up, origin_of(request)
    if [proof.password, proof.code, proof.mailed, proof.credential].count(None) == 3:
        if proof.password is not None:
            return await step_up.with_password(session, proof.password, origin)
        if proof.code is not None:
            return await step_up.with_code(session, proof.code, origin)
        if proof.mailed is not None:
            return await step_up.with_mailed_code(session, proof.mailed, origin)
        if proof.credential is not None:
            return await step_up.with_passkey(session, proof.credential, origin)
    raise Invalid("Send one of password, code, mailed and credential.", code="one_proof")
