"""Variables, as Grafana's templating has them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

from obsv.dashboards.grafana import names
from obsv.dashboards.grafana.names import turned
from obsv.dashboards.grafana.patterns import from_pattern
from obsv.dashboards.grafana.reader import Json
from obsv.dashboards.model import Choice, Variable

ALL: Final = "$__all"
_AUTO: Final = "$__interval"
_MATCHER: Final = re.compile(r"([A-Za-z_]\w*)(=~|!~|!=|=)(.*)", re.DOTALL)


def write_variable(variable: Variable, source: Json) -> Json:
    """One variable; `source` is the data source that queries name."""
    made: Json = {
        "name": variable.name,
        "description": variable.description,
        "hide": turned(names.HIDE)[variable.hide],
        "skipUrlSync": False,
    }
    if variable.label:
        made["label"] = variable.label
    return made | _WRITERS[variable.kind](variable, source)


def source_variable(name: str) -> Json:
    """The variable by which a person chooses the Prometheus that all else asks."""
    return {"name": name, "label": "Data source", "type": "datasource", "query": "prometheus", "current": {}, "hide": 0}


def _query(variable: Variable, source: Json) -> Json:
    return _many(variable) | {
        "type": "query",
        "datasource": source,
        "definition": variable.query,
        "query": {"query": variable.query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        "regex": from_pattern(variable.regex) if variable.regex else "",
        "sort": turned(names.SORT)[variable.sort],
        "refresh": 2 if variable.refresh == "time" else 1,
        "options": [],
    }


def _many(variable: Variable) -> Json:
    made: Json = {
        "multi": variable.multi,
        "includeAll": variable.all,
        "current": _current(variable.value, variable.multi),
    }
    return made | ({"allValue": variable.all_value} if variable.all_value else {})


def _current(value: tuple[str, ...], several: bool) -> Json:
    chosen = list(value)
    texts = ["All" if one == ALL else one for one in chosen]
    if several or len(chosen) != 1:
        return {"text": texts, "value": chosen} if chosen else {}
    return {"text": texts[0], "value": chosen[0]}


def _custom(variable: Variable, _: Json) -> Json:
    return _many(variable) | {
        "type": "custom",
        "query": ",".join(map(_choice, variable.options)),
        "options": [_option(one, one.value in variable.value) for one in variable.options],
    }


def _choice(choice: Choice) -> str:
    value, text = (one.replace(",", "\\,") for one in (choice.value, choice.text))
    return f"{text} : {value}" if text else value


def _option(choice: Choice, selected: bool) -> Json:
    return {"text": choice.text or choice.value, "value": choice.value, "selected": selected}


def _interval(variable: Variable, _: Json) -> Json:
    auto = f"$__auto_interval_{variable.name}"
    fixed = [one for one in variable.options if one.value != _AUTO]
    value = tuple(auto if one == _AUTO else one for one in variable.value)
    return {
        "type": "interval",
        "query": ",".join(map(_choice, fixed)),
        "auto": len(fixed) < len(variable.options),
        "auto_count": 30,
        "auto_min": "10s",
        "refresh": 2,
        "current": _current(value, several=False),
        "options": [_option(one, one.value in variable.value) for one in fixed],
    }


def _plain(kind: str) -> Callable[[Variable, Json], Json]:
    def write(variable: Variable, _: Json) -> Json:
        value = variable.value or (variable.query,)
        return {"type": kind, "query": variable.query, "current": _current(value, several=False), "options": []}

    return write


def _filters(variable: Variable, source: Json) -> Json:
    found = [one for matcher in variable.value if (one := _MATCHER.fullmatch(matcher))]
    made = [{"key": one[1], "operator": one[2], "value": _unquoted(one[3])} for one in found]
    return {"type": "adhoc", "datasource": source, "filters": made, "baseFilters": []}


def _unquoted(text: str) -> str:
    """The value of a matcher; one that is not written as in JSON is taken as it stands."""
    try:
        return str(json.loads(text))
    except ValueError:
        return text.strip("\"'`")


_WRITERS: Final[dict[str, Callable[[Variable, Json], Json]]] = {
    "query": _query,
    "custom": _custom,
    "interval": _interval,
    "text": _plain("textbox"),
    "constant": _plain("constant"),
    "filters": _filters,
}
