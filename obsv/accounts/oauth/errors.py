"""How a sign-in elsewhere fails: what the person is told, and what the log says to whoever runs the instance."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from obsv.core.errors import BadRequest, Forbidden, Unavailable

_log = structlog.get_logger("obsv.accounts.oauth")


@dataclass(frozen=True, slots=True)
class Name:
    """A provider in the log (`slug`) and on pages (`label`)."""

    slug: str
    label: str

    def unreachable(self, reason: str) -> Unavailable:
        """It does not answer, or may not be asked."""
        _log.warning("oauth.unreachable", provider=self.slug, reason=reason)
        return Unavailable(
            f"{self.label} cannot be asked at this moment. Try again in a minute, or sign in another way; the server's"
            " log has the cause.",
            code="oauth_unreachable",
            retry_after_s=60,
        )

    def unacceptable(self, reason: str) -> Forbidden:
        """It answered with something that must not be believed; `reason` completes "cannot be accepted: …"."""
        _log.warning("oauth.refused", provider=self.slug, reason=reason)
        return Forbidden(
            f"The answer of {self.label} cannot be accepted: {reason}. Begin again from the sign-in page; if it stays,"
            " whoever runs this instance must mend it there or in [[auth.provider]].",
            code="oauth_refused",
        )

    def declined(self, error: str) -> Forbidden:
        """It sent the browser back with an error (`error`: its code, which is not shown unless it is a known shape)."""
        _log.info("oauth.declined", provider=self.slug, error=error[:80])
        if error == "access_denied":
            return Forbidden(
                f"{self.label} was not allowed to tell who you are. Begin again and agree there, or sign in another"
                " way.",
                code="oauth_declined",
            )
        return Forbidden(
            f"{self.label} did not let you through. Begin again, or sign in another way; the server's log has the"
            " code that it gave.",
            code="oauth_declined",
        )


def not_begun() -> BadRequest:
    """No flow of this browser fits: begun elsewhere, used already, or too long ago."""
    return BadRequest(
        "This sign-in was not begun in this browser, was finished already, or took longer than ten minutes. Begin again"
        " from the sign-in page.",
        code="oauth_not_begun",
    )
