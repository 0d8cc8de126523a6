"""/series, /labels and /label/NAME/values: which series there are, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from litestar import Response, get, route
from litestar.handlers import HTTPRouteHandler

from obsv.metrics.api.answers import listed
from obsv.metrics.api.params import GET_POST, AnyRequest, BadData, Params, org_of
from obsv.metrics.promql.text import quoted_bytes
from obsv.metrics.store.base import MetricStore
from obsv.metrics.store.types import Labels

TRUNCATED = "results truncated due to limit"
MOST = 1_000_000
"""Label sets or names in an answer; more of them are left out, and that is said."""

_ESCAPED = re.compile(r"(?:[^_]|__|_[0-9a-fA-F]{1,5}_)*")
_ESCAPE = re.compile(r"__|_([0-9a-fA-F]{1,5})_")


def find_series(store: Callable[[], MetricStore]) -> Callable[[AnyRequest], Awaitable[Response[Any]]]:
    """What answers /series."""

    async def find(request: AnyRequest) -> Response[Any]:
        params = (await Params.of(request)).check_form()
        if not params.all("match[]"):
            raise BadData("no match[] parameter provided")
        limit = params.limit()
        start, end = params.span()
        sets = params.named_matcher_sets()
        most = _most(limit)
        return _cut(await store().series(org_of(request), sets, start, end, limit=most + 1), most)

    return find


def label_handlers(store: Callable[[], MetricStore]) -> list[HTTPRouteHandler]:
    """Names and values."""

    @route("/labels", http_method=GET_POST, status_code=200, summary="Label names")
    async def labels(request: AnyRequest) -> Response[Any]:
        params = await Params.of(request)
        limit = params.limit()
        start, end = params.span()
        org, sets, most = org_of(request), params.matcher_sets(), _most(limit)
        return _cut(await store().label_names(org, sets, start, end, limit=most + 1), most)

    @get("/label/{name:str}/values", summary="Values of a label")
    async def label_values(request: AnyRequest) -> Response[Any]:
        params = await Params.of(request)
        name = label_name(request)
        limit = params.limit()
        start, end = params.span()
        org, sets, most = org_of(request), params.matcher_sets(), _most(limit)
        return _cut(await store().label_values(org, name, sets, start, end, limit=most + 1), most)

    return [labels, label_values]


def _most(limit: int) -> int:
    return min(limit, MOST) if limit else MOST


def _cut(found: Sequence[str] | Sequence[Labels], most: int) -> Response[Any]:
    return listed(found[:most], [TRUNCATED] if len(found) > most else None)


def label_name(request: AnyRequest) -> str:
    """The label name in the path, from its bytes: a name is UTF-8 or none.  Raises BadData."""
    raw = unquote_to_bytes(request.scope["raw_path"].partition(b"?")[0].rsplit(b"/", 2)[1])
    name = unescape_name(raw.decode("utf-8", "surrogateescape"))
    try:
        name.encode()
    except UnicodeEncodeError:
        raise BadData(f"invalid label name: {quoted_bytes(name)}") from None
    if not name:
        raise BadData('invalid label name: ""')
    return name


def unescape_name(name: str) -> str:
    """A name from its `U__` form (as Grafana sends names that are not plain); what is no such form is the name itself.

    Source: Prometheus' "values" escaping: `_XX_` is a code point in hexadecimal, `__` an underscore.
    """
    if not name.startswith("U__") or not _ESCAPED.fullmatch(name, 3):
        return name
    codes = [int(found[1], 16) for found in _ESCAPE.finditer(name, 3) if found[1]]
    if any(0xD800 <= code < 0xE000 for code in codes):
        return name
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else "_", name[3:])
