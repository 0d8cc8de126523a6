"""Parameters of the Prometheus API: from the query string and, on POST, from a form body; both count."""

from __future__ import annotations

import math
import re
import time
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request

from obsv.core.errors import Forbidden
from obsv.metrics.promql import ParseError, parse_matchers
from obsv.metrics.promql.lexer import PART, UNITS_MS
from obsv.metrics.store.types import Matcher

AnyRequest = Request[Any, Any, Any]
GET_POST: Any = ["GET", "POST"]
MIN_MS, MAX_MS = -(2**53), 2**53
_DURATION = re.compile(r"(?:\d+(?:ms|[smhdwy]))+")


def org_of(request: AnyRequest) -> int:
    """The organisation of who asks.  Raises Forbidden where there is none."""
    org: int | None = request.state.actor.org
    if org is None:
        raise Forbidden("This token belongs to no organisation.")
    return org


class BadData(Exception):
    """A parameter that is missing or wrong; answered as Prometheus' bad_data."""


class Params:
    """The parameters of one request."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    @classmethod
    async def of(cls, request: AnyRequest) -> Params:
        """Read the query string and a form body."""
        pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if request.method == "POST" and request.headers.get("content-type", "").startswith(
            "application/x-www-form-urlencoded"
        ):
            pairs += parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
        return cls(pairs)

    def text(self, name: str) -> str:
        """The first value, or ""."""
        return next((value for key, value in self._pairs if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every value."""
        return [value for key, value in self._pairs if key == name]

    def time_ms(self, name: str, default: int | None = None) -> int:
        """A time: Unix seconds or RFC 3339.  Raises BadData when it is neither, or missing without a default."""
        text = self.text(name)
        if not text:
            if default is not None:
                return default
            raise BadData(f'invalid parameter "{name}": cannot parse "" to a valid timestamp')
        try:
            ms = _seconds(text) if _is_number(text) else _rfc3339_ms(text)
        except (ValueError, OverflowError):
            where = "" if default is None else f"invalid time value for '{name}': "
            raise BadData(f'invalid parameter "{name}": {where}cannot parse "{text}" to a valid timestamp') from None
        return max(MIN_MS, min(MAX_MS, round(ms)))

    def duration_ms(self, name: str, default: int | None = None) -> int:
        """A duration: seconds or `1h30m`.  Raises BadData."""
        text = self.text(name)
        if not text and default is not None:
            return default
        if _is_number(text):
            ms = _seconds(text)
            if abs(ms) < 2**53:
                return round(ms)
        elif _DURATION.fullmatch(text):
            return sum(int(n) * UNITS_MS[unit] for n, unit in PART.findall(text))
        where = "error parsing lookback delta duration" if name == "lookback_delta" else f'invalid parameter "{name}"'
        raise BadData(f'{where}: cannot parse "{text}" to a valid duration')

    def limit(self) -> int:
        """The `limit` parameter; 0 is no limit."""
        text = self.text("limit")
        if not text:
            return 0
        if not re.fullmatch(r"[+-]?\d{1,18}", text):
            raise BadData(f'invalid parameter "limit": strconv.Atoi: parsing "{text}": invalid syntax')
        if int(text) < 0:
            raise BadData('invalid parameter "limit": limit must be non-negative')
        return int(text)

    def matcher_sets(self) -> list[list[Matcher]]:
        """The `match[]` parameters.  Raises BadData with the position of what is wrong."""
        sets: list[list[Matcher]] = []
        for text in self.all("match[]"):
            try:
                sets.append(parse_matchers(text))
            except ParseError as error:
                raise BadData(f'invalid parameter "match[]": {error}') from None
        return sets

    def matchers(self, name: str) -> list[Matcher]:
        """One selector; none given matches everything.  Raises BadData with the position of what is wrong."""
        text = self.text(name)
        try:
            return parse_matchers(text) if text else []
        except ParseError as error:
            raise BadData(f'invalid parameter "{name}": {error}') from None

    def span(self) -> tuple[int, int]:
        """`start` and `end` of the metadata endpoints; without them everything."""
        start, end = self.time_ms("start", 0), self.time_ms("end", round(time.time() * 1000) + 86_400_000)
        if end < start:
            raise BadData('invalid parameter "end": end timestamp must not be before start time')
        return start, end


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text.strip()))


def _rfc3339_ms(text: str) -> float:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.timestamp() * 1000


def _seconds(text: str) -> float:
    value = float(text) * 1000
    if not math.isfinite(value):
        raise OverflowError(text)
    return value
