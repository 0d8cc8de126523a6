"""What a kind of channel is configured with, as a form: a JSON schema, and which of its fields are secret."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, cast, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec

from obsv.core.errors import FieldError, Invalid
from obsv.core.plugin_settings import PluginSettings, Secret, decode
from obsv.core.redact import redact

_PLACE: Final = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_OWN: Final = re.compile(r"(?P<name>\w+): ")
_FIELD: Final = re.compile(r"(?:missing required|unknown) field `(?P<name>[^`]*)`")


def schema_of(target: type[PluginSettings]) -> dict[str, Any]:
    """JSON schema (2020-12) of the settings; a secret is a `password` that is only ever written."""
    hints = get_type_hints(target, include_extras=True)
    properties: dict[str, Any] = {}
    required: list[str] = []
    for one in msgspec.structs.fields(target):
        # Field by field: the library cannot write down a default that is a secret.
        properties[one.name] = msgspec.json.schema(hints[one.name], schema_hook=_hook)
        if one.required:
            required.append(one.name)
        elif one.default is not msgspec.NODEFAULT and not isinstance(one.default, Secret):
            properties[one.name]["default"] = msgspec.to_builtins(one.default)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def secrets_of(target: type[PluginSettings]) -> tuple[str, ...]:
    """Names of the fields that are never shown."""
    hints = get_type_hints(target, include_extras=True)
    return tuple(field.name for field in msgspec.structs.fields(target) if _is_secret(hints[field.name]))


def checked(target: type[PluginSettings], values: Mapping[str, object]) -> PluginSettings:
    """The settings as the kind's own struct.  Raises `Invalid` with the field at fault."""
    try:
        return decode(target, values)
    except ValueError as wrong:
        text = str(wrong)
        place, named = _PLACE.search(text), _FIELD.search(text)
        own = _OWN.match(text)
        path = re.sub(r"\[(\d+)\]|\.", r"/\1", place["path"]) if place else ""
        path = path or (named["name"] if named else own["name"] if own else "")
        detail = _PLACE.sub("", text)
        pointer = f"/settings/{path}".rstrip("/")
        raise Invalid(
            f"The settings do not fit: {detail}.", code="bad_settings", errors=[FieldError(pointer, detail)]
        ) from None


def require_http(field: str, url: str) -> None:
    """For `__post_init__` of settings: raise ValueError unless it is an http(s) address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{field}: expected an address that begins with https://")


def plain(settings: PluginSettings) -> dict[str, Any]:
    """The settings as values of JSON, secrets among them: for sealing alone."""
    return cast("dict[str, Any]", msgspec.to_builtins(settings, enc_hook=_reveal))


def secret_values(settings: PluginSettings) -> list[str]:
    """What must not be told of an answer that repeats it."""
    found = [getattr(settings, name) for name in secrets_of(type(settings))]
    return [one.reveal() for one in found if isinstance(one, Secret) and len(one.reveal()) >= 4]


def told(detail: str, secrets: Sequence[str]) -> str:
    """What the other side said, without what it must not say: 300 characters at most."""
    for secret in secrets:
        detail = detail.replace(secret, "***")
    return redact(detail)[:300]


def _is_secret(hint: Any) -> bool:
    if hint is Secret:
        return True
    if get_origin(hint) is Annotated:
        return _is_secret(get_args(hint)[0])
    return any(_is_secret(part) for part in get_args(hint))


def _hook(kind: type) -> dict[str, Any]:
    if kind is Secret:
        return {"type": "string", "format": "password", "writeOnly": True}
    raise TypeError(f"no form has a field of the type {kind.__name__}")


def _reveal(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"no setting has a value of the type {type(value).__name__}")
