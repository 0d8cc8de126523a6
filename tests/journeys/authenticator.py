"""A passkey of a person in front of a real browser."""

from __future__ import annotations

from playwright.async_api import CDPSession, Page


class Keys:
    """Chromium's virtual authenticator."""

    def __init__(self, session: CDPSession, authenticator: str) -> None:
        self._session = session
        self._authenticator = authenticator

    @classmethod
    async def plug_in(cls, page: Page) -> Keys:
        """One that is built in, checks the person, and answers only once `allow` was called."""
        session = await page.context.new_cdp_session(page)
        await session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": False,
        }
        made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return cls(session, made["authenticatorId"])

    async def allow(self, *, present: bool = True, verified: bool = True) -> None:
        """Whether the person touches it, and whether finger or PIN are right."""
        named = {"authenticatorId": self._authenticator}
        await self._session.send("WebAuthn.setUserVerified", {**named, "isUserVerified": verified})
        await self._session.send("WebAuthn.setAutomaticPresenceSimulation", {**named, "enabled": present})
