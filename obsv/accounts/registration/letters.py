"""The mails about an account's address and password."""

from __future__ import annotations

from obsv.outbox import Kind, Letter, compose, enqueue

_UNEXPECTED = "If you did not ask for this, do nothing: without the link nothing happens."


async def send(user_id: str, to: str, topic: str, letter: Letter, kind: Kind = Kind.TRANSACTIONAL) -> None:
    """Queue a letter in the transaction of what it is about, sealed with the person's key."""
    await enqueue(compose(to, letter), kind=kind, topic=topic, subject_ref=user_id)


def verify(link: str) -> Letter:
    """To who has just made an account."""
    return Letter(
        "Confirm your email address",
        ("Confirm that mail to this address reaches you.",),
        ("Confirm the address", link),
        closing=f"The link works once and for a day. {_UNEXPECTED}",
    )


def known_already(base_url: str) -> Letter:
    """To who has an account, when somebody tried to make another one with the address."""
    return Letter(
        "You have an account already",
        ("Somebody tried to make an account with this address, which has one. Sign in, or set a new password.",),
        ("Set a new password", f"{base_url}/forgot"),
        closing="If that was not you, do nothing: nobody was told that the account exists.",
    )


def reset(link: str) -> Letter:
    """To who forgot the password."""
    return Letter(
        "Set a new password",
        ("Somebody, probably you, asked for a new password. All devices are signed out when it is set.",),
        ("Set a new password", link),
        closing=f"The link works once and for an hour. {_UNEXPECTED}",
    )


def password_changed(base_url: str) -> Letter:
    """To whom a new password was set for."""
    return Letter(
        "Your password was changed",
        ("The password of your account was changed.",),
        closing=f"If that was not you, set a new one at {base_url}/forgot and end all sessions.",
    )


def confirm_address(link: str) -> Letter:
    """To the new address."""
    return Letter(
        "Confirm your new email address",
        ("Confirm that this is to be the address of your account.",),
        ("Confirm the address", link),
        closing=f"The link works once and for a day. {_UNEXPECTED}",
    )


def address_changed(new: str, link: str) -> Letter:
    """To the old address."""
    return Letter(
        "The email address of your account was changed",
        (f"Your account has the address {new} now. If that was not you, take it back: that signs out everybody.",),
        ("Take it back", link),
        closing="The link works once and for a week.",
    )


def support_came(name: str, organisation: str, role: str) -> Letter:
    """To the owners of an organisation that let support in."""
    return Letter(
        f"Support came into {organisation}",
        (f"{name or 'Somebody'}, who runs this obsv, used the support access to {organisation}, as {role}.",),
        closing="What they do is in the audit log. Every owner can end the access, under Settings, Support access.",
    )


def step_up_code(code: str) -> Letter:
    """To who is signed in, wants to do what is dangerous, and has no other way to prove to be themself."""
    return Letter(
        "Your code to confirm that it is you",
        ("Enter this code where obsv asks for it.",),
        facts={"Code": code},
        closing="It works once, for ten minutes. If you did not ask for it, end all sessions of your account.",
    )


def new_device(when: str, where: str, base_url: str) -> Letter:
    """To whom somebody signed in from a device that was not seen before."""
    return Letter(
        "A new device signed in to your account",
        ("Somebody signed in to your account from a device that has not been seen lately.",),
        facts={"When": when, "From": where},
        closing=f"If that was not you, set a new password at {base_url}/forgot: it ends all sessions.",
    )
