"""Templates of alerting rules: labels and annotations with what a result says in them.

They are carried out without waiting; a template that asks for a query is begun anew once the query's result is there.
Source: Prometheus' template/template.go and rules/alerting.go.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import re2

from obsv.core.duration import parse_duration_ms
from obsv.core.gotemplate import (
    Function,
    Limits,
    Spent,
    StringMap,
    Struct,
    TemplateFailed,
    TypedList,
    parse_template,
    render,
)
from obsv.core.gotemplate.nodes import Template
from obsv.metrics.rules import humanize

LIMITS: Final = Limits(output=65_536, steps=50_000)
MOST_QUERIES: Final = 20
"""Queries that one template may ask for."""
PREAMBLE: Final = (
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
)
Rows = Sequence[tuple[Mapping[str, str], float]]
Ask = Callable[[str], Awaitable[Rows]]
"""Evaluates an expression at the time of the evaluation; raises ValueError or an error of PromQL."""

_DATA: Final = (
    "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }"
)
_GROUP: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+)|(\$))")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What templates see beside the result: the instance's address, labels of the instance, the time in ms."""

    external_url: str = ""
    external_labels: Mapping[str, str] = field(default_factory=dict[str, str])
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """What a template is expanded for."""

    labels: Mapping[str, str]
    value: float


class _Wanted(Exception):
    """A query whose result is not there yet."""


def check_template(name: str, text: str) -> None:
    """Read a template.  Raises TemplateFailed."""
    if "{{" in text:
        _read(name, text)


def _read(name: str, text: str) -> Template:
    return parse_template(f"__alert_{name}", PREAMBLE + text, NAMES)


class Expander:
    """Expands the texts of one rule, each of which is read once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._read: dict[str, Template | str] = {}

    async def expand(self, text: str, sample: Sample, around: Surroundings, ask: Ask) -> str:
        """The text with what the sample says; what is wrong with the template stands in it, as in Prometheus."""
        if "{{" not in text:
            return text
        try:
            return await self._expanded(self._template(text), sample, around, ask)
        except TemplateFailed as failed:
            return f"<error expanding template: {failed}>"

    def _template(self, text: str) -> Template:
        if text not in self._read:
            try:
                self._read[text] = _read(self._name, text)
            except TemplateFailed as failed:
                self._read[text] = f"error parsing template __alert_{self._name}: {failed}"
        found = self._read[text]
        if isinstance(found, str):
            raise TemplateFailed(found)
        return found

    async def _expanded(self, template: Template, sample: Sample, around: Surroundings, ask: Ask) -> str:
        data = Struct(
            _DATA,
            {
                "Labels": StringMap(sample.labels),
                "ExternalLabels": StringMap(around.external_labels),
                "ExternalURL": around.external_url,
                "Value": sample.value,
            },
        )
        known: dict[str, Rows | str] = {}
        while True:
            spent = Spent()
            functions = _functions(template, around, known, spent)
            try:
                return render(template, data, functions, LIMITS, spent=spent)
            except TemplateFailed as failed:
                raise TemplateFailed(f"error executing template {template.name}: {failed}") from None
            except _Wanted as wanted:
                query = str(wanted)
                if len(known) >= MOST_QUERIES:
                    raise TemplateFailed(f"more than {MOST_QUERIES} queries") from None
                try:
                    known[query] = await ask(query)
                except Exception as failed:  # noqa: BLE001  # whatever is wrong with the query is said in the text
                    known[query] = str(failed)


def _functions(
    template: Template, around: Surroundings, known: Mapping[str, Rows | str], spent: Spent
) -> Mapping[str, Function]:
    def query(expression: str) -> TypedList:
        found = known.get(expression)
        if found is None:
            raise _Wanted(expression)
        if isinstance(found, str):
            raise TemplateFailed(found)
        return TypedList("template.queryResult", [_sample(labels, value) for labels, value in found])

    def tmpl(name: str, data: Any) -> str:
        return render(template, data, functions, LIMITS, start=name, spent=spent)

    functions = {
        **_PLAIN,
        "query": Function(query, ("string",)),
        "tmpl": Function(tmpl, ("string", "any")),
        "now": Function(lambda: around.at_ms / 1000, ()),
        "externalURL": Function(lambda: around.external_url, ()),
        "pathPrefix": Function(lambda: urlsplit(around.external_url).path, ()),
    }
    return functions


def _sample(labels: Mapping[str, str], value: float) -> Struct:
    return Struct("*template.sample", {"Labels": StringMap(labels), "Value": value})


def _first(vector: TypedList) -> Any:
    if not vector:
        raise TemplateFailed("first() called on vector with no elements")
    return vector[0]


def _by_label(label: str, vector: TypedList) -> TypedList:
    return TypedList(vector.type_name, sorted(vector, key=lambda sample: sample.fields["Labels"].get(label, "")))


def _regex(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as wrong:
        raise TemplateFailed(f"error parsing regexp: {_text_of(wrong.args[0])}") from None


def _text_of(reason: str | bytes) -> str:
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason


def _replaced(pattern: str, replacement: str, text: str) -> str:
    size = 0

    def put(found: Any) -> str:
        nonlocal size
        made = expanded(found)
        size += len(made)
        if size > LIMITS.output:
            raise TemplateFailed(f"more than {LIMITS.output} characters")
        return made

    def expanded(found: Any) -> str:
        def group(name: re.Match[str]) -> str:
            if name[3]:
                return "$"
            key = name[1] or name[2]
            try:
                return found.group(int(key) if key.isdigit() else key) or ""
            except (IndexError, KeyError):
                return ""

        return _GROUP.sub(group, replacement)

    return str(_regex(pattern).sub(put, text))


def _split_port(text: str) -> tuple[str, str] | None:
    """(host, port) as Go's net.SplitHostPort finds them."""
    found = re.fullmatch(r"\[([^\[\]]*)\]:([^:]*)|([^:\[\]]*):([^:]*)", text)
    if found is None:
        return None
    return (found[1], found[2]) if found[3] is None else (found[3], found[4])


def _strip_port(text: str) -> str:
    found = _split_port(text)
    return found[0] if found else text


def _strip_domain(text: str) -> str:
    host, port = _split_port(text) or (text, "")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        host = host.partition(".")[0]
        return f"{host}:{port}" if port else host
    return text


def _title(text: str) -> str:
    return re.sub(r"(?<![\w'])\w", lambda found: found[0].title(), text)


def _link(expression: str, tab: int) -> str:
    return f"/graph?g0.expr={quote_plus(expression)}&g0.tab={tab}"


def _seconds(text: str) -> float:
    try:
        return parse_duration_ms(text) / 1000
    except ValueError:
        raise TemplateFailed(f'not a valid duration string: "{text}"' if text else "empty duration string") from None


def _label(label: str, sample: Struct) -> str:
    return str(sample.fields["Labels"].get(label, ""))


def _value(sample: Struct) -> float:
    return float(sample.fields["Value"])


def _special_value(sample: Struct) -> str:
    return _label("__value__", sample)


def _arguments(*values: Any) -> dict[str, Any]:
    return {f"arg{i}": one for i, one in enumerate(values)}


def _matches(pattern: str, text: str) -> bool:
    return _regex(pattern).search(text) is not None


def _graph_link(expression: str) -> str:
    return _link(expression, 0)


def _table_link(expression: str) -> str:
    return _link(expression, 1)


def _escaped(text: str) -> str:
    return quote_plus(text)


_TEXT: Final = ("string",)
_SAMPLE: Final = ("*template.sample",)
_PLAIN: Final[Mapping[str, Function]] = {
    "first": Function(_first, ("template.queryResult",)),
    "label": Function(_label, ("string", "*template.sample")),
    "value": Function(_value, _SAMPLE),
    "strvalue": Function(_special_value, _SAMPLE),
    "args": Function(_arguments, is_variadic=True),
    "reReplaceAll": Function(_replaced, _TEXT * 3),
    "safeHtml": Function(str, _TEXT),
    "match": Function(_matches, _TEXT * 2),
    "title": Function(_title, _TEXT),
    "toUpper": Function(str.upper, _TEXT),
    "toLower": Function(str.lower, _TEXT),
    "graphLink": Function(_graph_link, _TEXT),
    "tableLink": Function(_table_link, _TEXT),
    "sortByLabel": Function(_by_label, ("string", "template.queryResult")),
    "stripPort": Function(_strip_port, _TEXT),
    "stripDomain": Function(_strip_domain, _TEXT),
    "humanize": Function(humanize.humanize),
    "humanize1024": Function(humanize.humanize1024),
    "humanizeDuration": Function(humanize.humanize_duration),
    "humanizePercentage": Function(humanize.humanize_percentage),
    "humanizeTimestamp": Function(humanize.humanize_timestamp),
    "toTime": Function(humanize.to_time),
    "toDuration": Function(humanize.to_duration),
    "parseDuration": Function(_seconds, _TEXT),
    "urlQueryEscape": Function(_escaped, _TEXT),
}
NAMES: Final = frozenset({*_PLAIN, "query", "tmpl", "now", "externalURL", "pathPrefix"})
"""What a template may call beside Go's own functions."""
