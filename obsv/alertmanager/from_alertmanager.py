"""An alertmanager.yml becomes a routing document: its receivers become channels of the same name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from obsv.alertmanager.document import MAX_BYTES, RoutingDocument
from obsv.metrics.yaml_text import load_yaml

_KNOWN: Final = ("global", "route", "inhibit_rules", "time_intervals", "mute_time_intervals", "receivers")


@dataclass(frozen=True, slots=True)
class Imported:
    """`unmapped` are receivers without a channel, `ignored` the parts that have no meaning here."""

    document: RoutingDocument
    unmapped: tuple[str, ...]
    ignored: tuple[str, ...]


def import_routing(text: str, channels: Sequence[str], chosen: Mapping[str, Sequence[str]]) -> Imported:
    """Routes, inhibition and intervals as they are; a receiver gets the `chosen` channels, or the one of its name.

    Raises ValueError, in words, for what is no alertmanager.yml.
    """
    raw = _read(text)
    ignored = [name for name in raw if name not in _KNOWN]
    ignored += [f"global.{name}" for name in raw.get("global") or {} if name != "resolve_timeout"]
    resolve = (raw.get("global") or {}).get("resolve_timeout")
    receivers, unmapped = list[dict[str, Any]](), list[str]()
    for one in raw.get("receivers") or []:
        name = str(one.get("name", ""))
        own = [channel for channel in chosen.get(name, [name]) if channel in channels]
        integrations = {key: value for key, value in one.items() if key.endswith("_configs") and value}
        if not own and integrations:
            unmapped.append(name)
        receivers.append({"name": name, "channels": own, "send_resolved": _sends_resolved(integrations)})
        ignored += [f"receivers.{name}.{key}" for key in one if key != "name" and key not in integrations]
    document = {
        **({"global": {"resolve_timeout": resolve}} if resolve else {}),
        **{name: raw[name] for name in _KNOWN if raw.get(name) and name not in {"global", "receivers"}},
        "receivers": receivers,
    }
    try:
        read = msgspec.convert(document, RoutingDocument, strict=False)
    except msgspec.ValidationError as wrong:
        raise ValueError(str(wrong)) from None
    return Imported(read, tuple(unmapped), tuple(ignored))


def _read(text: str) -> dict[str, Any]:
    if len(text.encode()) > MAX_BYTES:
        raise ValueError(f"has more than the {MAX_BYTES} bytes that a routing document may have")
    raw = load_yaml(text)
    is_table = isinstance(raw, dict) and isinstance(raw.get("global") or {}, dict)
    if not is_table or not all(isinstance(one, dict) for one in raw.get("receivers") or []):
        raise ValueError("expected a table with `route` and a list of `receivers`")
    return {str(name): value for name, value in raw.items()}


def _sends_resolved(integrations: Mapping[str, Any]) -> bool:
    """Unless each integration says no; mail and some others say no by default, which few know: they count as yes."""
    said = [str(one.get("send_resolved", "true")) for one in _configs(integrations)]
    return not said or any(one.lower() == "true" for one in said)


def _configs(integrations: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for configs in integrations.values():
        yield from (one for one in configs if isinstance(one, dict)) if isinstance(configs, list) else ()
