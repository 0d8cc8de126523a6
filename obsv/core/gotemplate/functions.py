"""The functions that every template has.  Source: Go's text/template, funcs.go."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus

from obsv.core.gotemplate.values import Missing, StringMap, Struct, TemplateFailed, is_true, show, type_of
from obsv.core.gotemplate.verbs import sprint, sprintf, sprintln

_JS: Final = {
    "\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Function:
    """`params` are Go's types of the arguments (`any` takes all, `number` what Prometheus makes a number of).

    With `is_variadic` the last of them may come any number of times.  A failure raises TemplateFailed.
    """

    call: Callable[..., Any]
    params: tuple[str, ...] = ("any",)
    is_variadic: bool = False


def index(item: Any, *keys: Any) -> Any:
    """`index x 1 2` is x[1][2]."""
    if item is None or isinstance(item, Missing):
        raise TemplateFailed("index of untyped nil")
    for key in keys:
        item = _indexed(item, key)
    return item


def _indexed(item: Any, key: Any) -> Any:
    match item:
        case Mapping():
            if not isinstance(key, str):
                raise TemplateFailed(f"value has type {type_of(key)}; should be string")
            return item.get(key, "" if isinstance(item, StringMap) else None)
        case str():
            return item.encode("utf-8", "surrogatepass")[_place(key, len(item.encode("utf-8", "surrogatepass")))]
        case Sequence():
            return item[_place(key, len(item))]
        case None | Missing():
            raise TemplateFailed("index of nil pointer")
        case _:
            raise TemplateFailed(f"can't index item of type {type_of(item)}")


def _place(key: Any, length: int, *, last: int = -1) -> int:
    if isinstance(key, bool) or not isinstance(key, int):
        raise TemplateFailed(f"cannot index slice/array with type {type_of(key)}")
    if not 0 <= key < length + last + 1:
        raise TemplateFailed(f"index out of range: {key}")
    return key


def slice_of(item: Any, *places: Any) -> Any:
    """`slice x 1 2` is x[1:2]."""
    if not isinstance(item, str | Sequence) or isinstance(item, Mapping):
        raise TemplateFailed(f"can't slice item of type {type_of(item)}")
    if len(places) > (2 if isinstance(item, str) else 3):
        raise TemplateFailed(
            "cannot 3-index slice a string" if isinstance(item, str) else f"too many slice indexes: {len(places)}"
        )
    raw: Any = item.encode("utf-8", "surrogatepass") if isinstance(item, str) else item
    cut = [_place(one, len(raw), last=0) for one in places]
    if len(cut) > 1 and cut[0] > cut[1]:
        raise TemplateFailed(f"invalid slice index: {cut[0]} > {cut[1]}")
    part = raw[cut[0] if cut else 0 : cut[1] if len(cut) > 1 else len(raw)]
    return part.decode("utf-8", "replace") if isinstance(item, str) else part


def length(item: Any) -> int:
    """How many bytes of a text, items of a list or keys of a mapping."""
    match item:
        case str():
            return len(item.encode("utf-8", "surrogatepass"))
        case Mapping() | Sequence():
            return len(item)
        case None | Missing():
            raise TemplateFailed("len of nil pointer")
        case _:
            raise TemplateFailed(f"len of type {type_of(item)}")


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case int():
            return "int"
        case float():
            return "float"
        case _:
            return ""


def equal(first: Any, *others: Any) -> bool:
    """Whether the first equals any other."""
    if not others:
        raise TemplateFailed("missing argument for comparison")
    for value in (first, *others):
        if isinstance(value, Mapping | Sequence) and not isinstance(value, str):
            raise TemplateFailed(f"non-comparable type {show(value)}: {type_of(value)}")
    for other in others:
        if _kind(first) != _kind(other) and not (first is None or other is None or isinstance(first, Struct)):
            raise TemplateFailed(f"incompatible types for comparison: {type_of(first)} and {type_of(other)}")
        if first == other and type(first) is type(other):
            return True
    return False


def less(a: Any, b: Any) -> bool:
    """Whether a < b, of two values of one basic kind."""
    if not _kind(a) or not _kind(b):
        raise TemplateFailed("invalid type for comparison")
    if _kind(a) != _kind(b):
        raise TemplateFailed(f"incompatible types for comparison: {type_of(a)} and {type_of(b)}")
    if _kind(a) == "bool":
        raise TemplateFailed("invalid type for comparison")
    return bool(a < b)


def _escaped_html(*values: Any) -> str:
    text = html.escape(_joined(values), quote=False)
    return text.replace('"', "&#34;").replace("'", "&#39;").replace("\x00", "\ufffd")


def _escaped_js(*values: Any) -> str:
    return re.sub(
        r"[\\'\"<>&=\x00-\x1f\x7f\u2028\u2029]",
        lambda found: _JS.get(found[0]) or f"\\u{ord(found[0]):04X}",
        _joined(values),
    )


def _joined(values: Sequence[Any]) -> str:
    return values[0] if len(values) == 1 and isinstance(values[0], str) else sprint(values)


def _first_false(*values: Any) -> Any:
    return next((one for one in values if not is_true(one)), values[-1])


def _first_true(*values: Any) -> Any:
    return next((one for one in values if is_true(one)), values[-1])


def _not(value: Any) -> bool:
    return not is_true(value)


def _unequal(a: Any, b: Any) -> bool:
    return not equal(a, b)


def _at_most(a: Any, b: Any) -> bool:
    return less(a, b) or equal(a, b)


def _greater(a: Any, b: Any) -> bool:
    return not _at_most(a, b)


def _at_least(a: Any, b: Any) -> bool:
    return not less(a, b)


def _print(*values: Any) -> str:
    return sprint(values)


def _println(*values: Any) -> str:
    return sprintln(values)


def _printf(pattern: str, *values: Any) -> str:
    return sprintf(pattern, values)


def _query_escaped(*values: Any) -> str:
    return quote_plus(_joined(values))


_ANY: Final = ("any",)
BUILTINS: Final[Mapping[str, Function]] = {
    "and": Function(_first_false, _ANY * 2, is_variadic=True),
    "or": Function(_first_true, _ANY * 2, is_variadic=True),
    "not": Function(_not),
    "index": Function(index, _ANY * 2, is_variadic=True),
    "slice": Function(slice_of, _ANY * 2, is_variadic=True),
    "len": Function(length),
    "eq": Function(equal, _ANY * 2, is_variadic=True),
    "ne": Function(_unequal, _ANY * 2),
    "lt": Function(less, _ANY * 2),
    "le": Function(_at_most, _ANY * 2),
    "gt": Function(_greater, _ANY * 2),
    "ge": Function(_at_least, _ANY * 2),
    "print": Function(_print, _ANY, is_variadic=True),
    "println": Function(_println, _ANY, is_variadic=True),
    "printf": Function(_printf, ("string", "any"), is_variadic=True),
    "html": Function(_escaped_html, _ANY, is_variadic=True),
    "js": Function(_escaped_js, _ANY, is_variadic=True),
    "urlquery": Function(_query_escaped, _ANY, is_variadic=True),
}
SHORT_CIRCUIT: Final = frozenset({"and", "or"})
