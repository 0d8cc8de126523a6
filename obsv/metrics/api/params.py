"""Parameters of the Prometheus API: from the query string and from a form body, whose values come first."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import unquote_plus

from litestar import Request

from obsv.core.errors import Forbidden
from obsv.metrics.api.times import MAX_MS, MAX_NS, MIN_MS, Overflow, parse_duration_ns, parse_time_ms
from obsv.metrics.promql import ParseError, parse_matchers
from obsv.metrics.store.types import Matcher

AnyRequest = Request[Any, Any, Any]
GET_POST: Any = ["GET", "POST"]
DAY_MS = 86_400_000
NOT_EMPTY = "match[] must contain at least one non-empty matcher"
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2}).{0,2}", re.DOTALL)


def _plain(text: str) -> str:
    return unquote_plus(text) if "%" in text or "+" in text else text


def org_of(request: AnyRequest) -> int:
    """The organisation of who asks.  Raises Forbidden where there is none."""
    org: int | None = request.scope["state"]["actor"].org
    if org is None:
        raise Forbidden("This token belongs to no organisation.")
    return org


class BadData(Exception):
    """A parameter that is missing or wrong; answered as Prometheus' bad_data."""


class Params:
    """The parameters of one request.

    What is no parameter (a bad escape, a semicolon) is left out; `fault` says what was wrong with the first such.
    """

    def __init__(self, query: str, form: str = "", fields: list[tuple[str, str]] | None = None) -> None:
        self.fault = ""
        self._pairs = [*(fields or ()), *self._read(form), *self._read(query)]

    def _read(self, text: str) -> list[tuple[str, str]]:
        pairs: list[tuple[str, str]] = []
        for part in text.split("&") if text else ():
            if not part:
                continue
            if ";" in part:
                self.fault = self.fault or "invalid semicolon separator in query"
            elif "%" in part and (bad := _BAD_ESCAPE.search(part)):
                self.fault = self.fault or f'invalid URL escape "{bad[0]}"'
            else:
                name, _, value = part.partition("=")
                pairs.append((_plain(name), _plain(value)))
        return pairs

    @classmethod
    async def of(cls, request: AnyRequest) -> Params:
        """Read the query string and a form body."""
        query = request.scope["query_string"].decode("latin-1")
        if request.method not in ("POST", "PUT"):
            return cls(query)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/x-www-form-urlencoded":
            return cls(query, (await request.body()).decode("utf-8", "replace"))
        if kind == "multipart/form-data":
            fields = [(str(name), value) for name, value in (await request.form()).multi_items()]
            return cls(query, fields=[(name, value) for name, value in fields if isinstance(value, str)])
        return cls(query)

    def check_form(self) -> Params:
        """The same; raises BadData where a part of the form was left out, for endpoints that care."""
        if self.fault:
            raise BadData(f"error parsing form values: {self.fault}")
        return self

    def text(self, name: str) -> str:
        """The first value, or ""."""
        return next((value for key, value in self._pairs if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every value."""
        return [value for key, value in self._pairs if key == name]

    def time_ms(self, name: str, default: int | None = None) -> int:
        """A time: Unix seconds or RFC 3339.  Raises BadData when it is neither, or missing without a default."""
        text = self.text(name)
        if not text and default is not None:
            return default
        ms = parse_time_ms(text)
        if ms is None:
            where = "" if default is None else f"invalid time value for '{name}': "
            raise BadData(f'invalid parameter "{name}": {where}cannot parse "{text}" to a valid timestamp')
        return max(MIN_MS, min(MAX_MS, ms))

    def duration_ns(self, name: str) -> int:
        """A duration: seconds or `1h30m`.  Raises BadData."""
        text = self.text(name)
        where = "error parsing lookback delta duration" if name == "lookback_delta" else f'invalid parameter "{name}"'
        problem = f'{where}: cannot parse "{text}" to a valid duration'
        try:
            ns = parse_duration_ns(text)
        except Overflow:
            raise BadData(f"{problem}. It overflows int64") from None
        if ns is None:
            raise BadData(problem)
        return ns

    def limit(self) -> int:
        """The `limit` parameter; 0 is no limit."""
        text = self.text("limit")
        if not text:
            return 0
        if not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
            raise BadData(f'invalid parameter "limit": strconv.Atoi: parsing "{text}": invalid syntax')
        if abs(int(text[:30])) > MAX_NS:
            raise BadData(f'invalid parameter "limit": strconv.Atoi: parsing "{text}": value out of range')
        if int(text) < 0:
            raise BadData('invalid parameter "limit": limit must be non-negative')
        return int(text)

    def whole(self, name: str, default: int) -> int:
        """A number that may be negative.  Raises BadData."""
        text = self.text(name)
        if not text:
            return default
        if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII):
            raise BadData(f"{name} must be a number")
        return int(text)

    def matcher_sets(self) -> list[list[Matcher]]:
        """The `match[]` parameters.  Raises BadData with the position of what is wrong, or where one matches all."""
        sets = self.any_matcher_sets()
        if any(all(one.matches("") for one in matchers) for matchers in sets):
            raise BadData(NOT_EMPTY)
        return sets

    def named_matcher_sets(self) -> list[list[Matcher]]:
        """The same, where what is wrong is told with the parameter's name, as some endpoints do."""
        try:
            return self.matcher_sets()
        except BadData as error:
            raise BadData(f'invalid parameter "match[]": {error}') from None

    def any_matcher_sets(self) -> list[list[Matcher]]:
        """The `match[]` parameters, where one that matches all is fine.  Raises BadData."""
        try:
            return [parse_matchers(text) for text in self.all("match[]")]
        except ParseError as error:
            raise BadData(str(error)) from None

    def matchers(self, name: str) -> list[Matcher]:
        """One selector; none given matches everything.  Raises BadData with the position of what is wrong."""
        text = self.text(name)
        try:
            return parse_matchers(text) if text else []
        except ParseError as error:
            raise BadData(f'invalid parameter "{name}": {error}') from None

    def span(self) -> tuple[int, int]:
        """`start` and `end` of the metadata endpoints; without them everything."""
        return self.time_ms("start", 0), self.time_ms("end", round(time.time() * 1000) + DAY_MS)
