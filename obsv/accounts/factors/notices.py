"""Mail about a person's factors, so that a change somebody else made is noticed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from obsv.accounts.people import People
from obsv.accounts.types import Origin
from obsv.core.clock import Clock
from obsv.outbox import Kind, Letter, compose, enqueue


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened, as a subject and a sentence."""

    topic: str
    subject: str
    text: str
    action: tuple[str, str] | None = None


TOTP_ON: Final = Notice(
    "totp_enabled",
    "An authenticator app protects your account now",
    "An authenticator app was added to your account: signing in with your password asks for one of its codes.",
)
TOTP_OFF: Final = Notice(
    "totp_disabled",
    "Your authenticator app was removed",
    "The authenticator app of your account was removed: its codes are not asked for any more.",
)
CODES_MADE: Final = Notice(
    "recovery_codes",
    "New recovery codes for your account",
    "Ten new recovery codes were made for your account; those from before don't work any more.",
)
PASSKEY_ADDED: Final = Notice(
    "passkey_added",
    "A passkey was added to your account",
    "A passkey was added to your account: whoever has it can sign in without your password.",
)
PASSKEY_REMOVED: Final = Notice(
    "passkey_removed",
    "A passkey was removed from your account",
    "A passkey was removed from your account and cannot be used to sign in any more.",
)
CLONE_SUSPECTED: Final = Notice(
    "passkey_clone",
    "A passkey of yours may have been copied",
    "Somebody tried to sign in with one of your passkeys, and it had counted fewer signatures than before. That happens"
    " when a passkey was copied. The sign-in was refused. Remove the passkey and add it anew.",
)
ALL_REMOVED: Final = Notice(
    "factors_removed",
    "Your second factors were removed",
    "Whoever runs this instance removed the authenticator app, the recovery codes and the passkeys of your account.",
)
STEP_FAILED: Final = Notice(
    "second_step_failed",
    "Somebody knows your password but not your second factor",
    "Somebody signed in with your password and then gave five wrong codes. They were not let in.",
)


def code_used(left: int) -> Notice:
    """A recovery code opened the account; `left` still work."""
    more = "No code is left" if not left else f"{left} {'code is' if left == 1 else 'codes are'} left"
    return Notice(
        "recovery_code_used",
        "A recovery code was used to sign in",
        f"Somebody signed in to your account with one of its recovery codes. {more}; make new ones under Security.",
    )


def removal_asked(link: str) -> Notice:
    """Whoever runs the instance was told that the person lost their factors; `link` says no."""
    return Notice(
        "factors_removal_asked",
        "Your second factors will be removed in three days",
        "Whoever runs this instance was told that you lost your second factors, and asked to remove them: authenticator"
        " app, recovery codes and passkeys of your account will be gone in three days. If you still have them, say so.",
        ("Keep them", link),
    )


class Notices:
    """Writes them into the outbox, in the transaction of what they tell."""

    def __init__(self, clock: Clock, people: People, base_url: str) -> None:
        self._clock = clock
        self._people = people
        self._base_url = base_url

    async def send(self, user_id: str, notice: Notice, origin: Origin) -> None:
        """Tell the person, at their address of today."""
        person = await self._people.get(user_id)
        if person is None:
            return
        where = ", ".join(part for part in (origin.ua_family, origin.ip_trunc) if part) or "unknown"
        letter = Letter(
            notice.subject,
            (notice.text,),
            notice.action,
            facts={"When": f"{self._clock.now():%d %B %Y, %H:%M} UTC", "From": where},
            closing=f"If this was not you, sign in at {self._base_url}, end your other sessions, set a new password.",
        )
        await enqueue(compose(person.email, letter), kind=Kind.SECURITY, topic=notice.topic, subject_ref=user_id)
