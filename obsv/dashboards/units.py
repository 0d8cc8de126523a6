"""The units of values: their ids are Grafana's, so that documents go both ways; the front end has the same file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

FILE: Final = Path(__file__).with_name("units.json")

Kind = Literal[
    "number", "short", "si", "iec", "count", "steps", "percent", "locale", "scientific", "hex", "text", "bool",
    "time", "duration", "clock", "date", "currency",
]  # fmt: skip


class Unit(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How values of a unit are written.

    `si` steps by 1000 through f p n µ m k M G T P E Z Y, `iec` by 1024 through Ki to Yi, `count` by 1000 through K M B
    T, `short` through K Mil Bil Tri; a value is given in the step `power` (1 is k or Ki) of `suffix`.  `percent` is
    multiplied by `factor`.  `time` picks the fitting unit of time, `duration` names several, `clock` is hh:mm:ss; a
    value is so many `seconds`.  A `date` is in milliseconds since 1970.
    """

    id: str
    name: str
    group: str
    kind: Kind
    prefix: str = ""
    suffix: str = ""
    power: int = 0
    factor: float = 1
    seconds: float = 1
    days: bool = False
    """Of `clock`: days apart from hours."""
    letters: bool = False
    """Of `duration`: written as 01h:02m:03s."""
    base: int = 1000
    steps: tuple[str, ...] = ()
    """Of `steps`: the suffix at each power of `base`."""
    style: Literal["", "iso", "us", "local", "system", "relative", "pattern"] = ""
    today: Literal["", "time"] = ""
    pattern: str = ""
    yes: str = ""
    no: str = ""


_SI: Final = {"f": -5, "p": -4, "n": -3, "µ": -2, "μ": -2, "m": -1, "k": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
_ALIASES: Final = {"farenheit": "fahrenheit"}


@cache
def units() -> dict[str, Unit]:
    """All units by id, in the order in which they are offered."""
    return {unit.id: unit for unit in msgspec.json.decode(FILE.read_bytes(), type=list[Unit])}


def unit(id_: str) -> Unit:
    """The unit of an id; `suffix:…` and the like make one, and what is not known is a suffix itself, as in Grafana."""
    known = units().get(_ALIASES.get(id_, id_))
    return known or _made(id_) or Unit(id_, id_, "", "number", suffix=id_)


def _made(id_: str) -> Unit | None:
    """A unit that says itself what it is.  Source: Grafana's documentation, "Standard options", custom units."""
    key, colon, rest = id_.partition(":")
    if not colon:
        return None
    match key:
        case "suffix":
            return Unit(id_, rest, "", "number", suffix=rest)
        case "prefix":
            return Unit(id_, rest, "", "number", prefix=rest)
        case "count":
            return Unit(id_, rest, "", "count", suffix=rest)
        case "currency":
            return Unit(id_, rest, "", "currency", prefix=rest)
        case "time":
            return Unit(id_, rest, "", "date", style="pattern", pattern=rest)
        case "si":
            power = _SI.get(rest[:1], 0)
            return Unit(id_, rest, "", "si", suffix=rest[1:] if power else rest, power=power)
        case "bool":
            yes, _, no = rest.partition("/")
            return Unit(id_, rest, "", "bool", yes=yes, no=no or "-")
        case _:
            return None
