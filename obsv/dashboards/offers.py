"""What the variables of a shared dashboard offer, and stand for, as a visitor has chosen.

The server finds that out by itself, so that a visitor's request never brings text that becomes part of an expression,
unless the link lets them change a variable of kind text; and that only as a word or within a string.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from obsv.core.errors import Invalid
from obsv.dashboards.model import Choice, Variable
from obsv.dashboards.variable_query import BadPattern, choices, parse_query
from obsv.dashboards.variables import ALL, Chosen, Unsafe, in_order, interpolate, names_in

AUTO: Final = "auto"
"""Of an interval: as long as the panel's steps ask for."""
MOST: Final = 1000
"""Values that a variable offers at most."""

Wishes = Mapping[str, Sequence[str]]


class Asked(Protocol):
    """Answers a variable's query."""

    async def values(self, kind: str, text: str, label: str, start_ms: int, end_ms: int) -> list[str]:
        """Values as they come."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to choose from (nothing for texts), and what is chosen."""

    choices: Sequence[Choice]
    chosen: Chosen


@dataclass(frozen=True, slots=True)
class Choosing:
    """Who chose what: the dashboard's author says what holds for all, a visitor changes what they may (`free`)."""

    author: Wishes
    visitor: Wishes
    free: Collection[str]


@dataclass(frozen=True, slots=True)
class Period:
    """What the queries of variables are asked for, Unix milliseconds."""

    start_ms: int
    end_ms: int


async def offers(
    variables: Sequence[Variable], choosing: Choosing, builtins: Mapping[str, Chosen], asked: Asked, period: Period
) -> dict[str, Offer]:
    """By name, those of kind `filters` left out.  Raises `Invalid` for what a visitor may not choose."""
    by_name = {one.name: one for one in variables if one.kind != "filters"}
    known, found = dict(builtins), dict[str, Offer]()
    for name in in_order({name: one.query if one.kind == "query" else "" for name, one in by_name.items()}):
        variable = by_name[name]
        offered = await _offered(variable, known, asked, period)
        chosen = _by_visitor(variable, offered, _by_author(variable, offered, choosing), choosing)
        found[name] = Offer(offered, chosen)
        known[name] = standing(variable, chosen, builtins)
    return found


def standing(variable: Variable, chosen: Chosen, builtins: Mapping[str, Chosen]) -> Chosen:
    """What stands in an expression: an interval may be the panel's own, which is a variable in turn."""
    if variable.kind != "interval":
        return chosen
    texts = ("$__rate_interval" if value == AUTO else value for value in chosen.values)
    return replace(chosen, values=tuple(interpolate(text, builtins) for text in texts))


def needed(variables: Sequence[Variable], texts: Iterable[str]) -> list[Variable]:
    """Those that the texts refer to, and those that these refer to in turn."""
    by_name, wanted = {one.name: one for one in variables}, set[str]()
    waiting = {name for text in texts for name in names_in(text)}
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in wanted:
            wanted.add(name)
            waiting |= names_in(by_name[name].query)
    return [one for one in variables if one.name in wanted]


async def _offered(variable: Variable, known: Mapping[str, Chosen], asked: Asked, period: Period) -> list[Choice]:
    if variable.kind in {"custom", "interval"}:
        return list(variable.options)
    if variable.kind != "query":
        return []
    try:
        query = parse_query(variable.query)
        values = await asked.values(
            query.kind, interpolate(query.text, known), query.label, period.start_ms, period.end_ms
        )
        return choices(values, variable.regex, variable.sort)[:MOST]
    except (Unsafe, BadPattern):
        return []


def _by_author(variable: Variable, offered: Sequence[Choice], choosing: Choosing) -> Chosen:
    """What the link says, else the document, else the first value there is."""
    values = tuple(choosing.author.get(variable.name, variable.value))
    if variable.kind in {"text", "constant"}:
        return Chosen(values[:1] or (variable.query,))
    is_trusted = bool(values) or variable.kind != "query"
    if not values:
        values = (ALL,) if variable.all else tuple(one.value for one in offered[:1])
    return _chosen(variable, offered, values, is_trusted=is_trusted)


def _by_visitor(variable: Variable, offered: Sequence[Choice], base: Chosen, choosing: Choosing) -> Chosen:
    """What a visitor makes of it: any of the values where it is free, else some of those that are chosen."""
    wish = choosing.visitor.get(variable.name)
    if wish is None:
        return base
    values, is_free = tuple(wish), variable.name in choosing.free
    if variable.kind == "text" and is_free and len(values) == 1:
        return Chosen(values, is_trusted=False)
    allowed = {one.value for one in offered} | ({ALL} if variable.all else set()) if is_free else set(base.values)
    if base.is_all and values == (ALL,):
        return base
    if not allowed.issuperset(values) or not values:
        raise Invalid(f"The variable {variable.name} cannot be set so by this link.", code="bad_variable")
    is_trusted = variable.kind != "query" if is_free else base.is_trusted
    return _chosen(variable, offered, values, is_trusted=is_trusted)


def _chosen(variable: Variable, offered: Sequence[Choice], values: tuple[str, ...], *, is_trusted: bool) -> Chosen:
    is_all, texts = ALL in values, {one.value: one.text or one.value for one in offered}
    if is_all:
        values = tuple(texts)
    elif not variable.multi:
        values = values[:1]
    return Chosen(
        values,
        tuple(texts.get(value, value) for value in values),
        is_several=variable.multi or variable.all,
        is_all=is_all,
        all_value=variable.all_value,
        is_trusted=is_trusted and not (is_all and variable.kind == "query"),
    )
