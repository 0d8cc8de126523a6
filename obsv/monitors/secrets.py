"""What of a monitor must not be read in the database: values of secret headers, a password, a heartbeat's address."""

from __future__ import annotations

import hashlib

import msgspec

from obsv.core.errors import FieldError, Invalid
from obsv.core.ids import random_token
from obsv.keys import KeyStore
from obsv.monitors.model import Heartbeat, Http, Monitor
from obsv.monitors.origin import origin_of


class Secrets(msgspec.Struct, frozen=True, omit_defaults=True):
    """All of them."""

    password: str = ""
    headers: dict[str, str] = {}
    ping_id: str = ""


class Safe:
    """Opens and seals them, with the key of the organisation."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys

    async def seal(self, org: int, monitor_id: str, secrets: Secrets) -> str:
        """What stands in the database; empty for none."""
        if secrets == Secrets():
            return ""
        await self._keys.create_subject(_subject(org))
        place = ("monitors", "secrets_enc", monitor_id)
        return self._keys.encrypt(_subject(org), *place, msgspec.json.encode(secrets))

    def open(self, org: int, monitor_id: str, sealed: str) -> Secrets:
        """What was sealed."""
        if not sealed:
            return Secrets()
        opened = self._keys.decrypt(_subject(org), "monitors", "secrets_enc", monitor_id, sealed)
        return msgspec.json.decode(opened, type=Secrets)


def _subject(org: int) -> str:
    """Whose key seals what belongs to an organisation."""
    return f"org_{org}"


def split(wanted: Monitor, kept: Secrets, before: Monitor | None) -> tuple[Monitor, Secrets]:
    """(the document without secrets, the secrets): None stands for one that is kept.

    Raises `Invalid` where one is kept for another host than it was given for: it would be sent there.
    """
    check = wanted.check
    if isinstance(check, Heartbeat):
        return wanted, Secrets(ping_id=kept.ping_id or random_token(18))
    if not isinstance(check, Http):
        return wanted, Secrets()
    password = "" if not check.user else kept.password if check.password is None else check.password
    known = {name.lower(): value for name, value in kept.headers.items()}
    headers = {
        name: known.get(name.lower(), "") if value is None else value for name, value in check.secret_headers.items()
    }
    keeps = [name for name, value in check.secret_headers.items() if value is None and known.get(name.lower())]
    if check.user and check.password is None and kept.password:
        keeps.append("password")
    if keeps and before is not None and isinstance(before.check, Http) and not _is_same(before.check, check):
        said = f"{keeps[0]} was given for another host: give it again"
        raise Invalid(f"{said}.", code="secrets_needed", errors=[FieldError("/check/url", said)])
    return without_secrets(wanted), Secrets(password, headers)


def without_secrets(monitor: Monitor) -> Monitor:
    """The document as it is kept and shown."""
    check = monitor.check
    if not isinstance(check, Http):
        return monitor
    bare = msgspec.structs.replace(check, password=None, secret_headers=dict.fromkeys(check.secret_headers))
    return msgspec.structs.replace(monitor, check=bare)


def joined(monitor: Monitor, secrets: Secrets) -> Monitor:
    """The monitor with its secrets, as it is checked."""
    if not isinstance(monitor.check, Http):
        return monitor
    headers: dict[str, str | None] = dict(secrets.headers)
    check = msgspec.structs.replace(monitor.check, password=secrets.password, secret_headers=headers)
    return msgspec.structs.replace(monitor, check=check)


def ping_hash(ping_id: str) -> str:
    """What a heartbeat is found by."""
    return hashlib.sha256(ping_id.encode()).hexdigest()


def _is_same(one: Http, other: Http) -> bool:
    return origin_of(one.url) == origin_of(other.url)
