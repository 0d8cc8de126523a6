"""From the routing document to the tree; every mistake is named with where it stands.

Source: what Alertmanager refuses when it loads its configuration, and limits of our own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from obsv.alertmanager.document import InhibitRuleText, NamedIntervals, Receiver, RouteText, RoutingDocument
from obsv.alertmanager.inhibition import InhibitRule
from obsv.alertmanager.intervals import TimeInterval, read_interval
from obsv.alertmanager.matcher_text import BadMatcher
from obsv.alertmanager.matchers import Matcher, Operator, matcher_order, matchers_text, parse_matchers
from obsv.alertmanager.routes import Options, Route, Routing, Step
from obsv.core.duration import parse_duration_ms
from obsv.core.errors import FieldError, Invalid

MAX_ROUTES: Final = 1000
MAX_DEPTH: Final = 20
MAX_RECEIVERS: Final = 200
MAX_RULES: Final = 500
MAX_INTERVALS: Final = 200
MAX_DURATION_MS: Final = 100 * 365 * 86_400_000
ALL: Final = "..."


def compile_routing(document: RoutingDocument) -> Routing:
    """The document, ready to be asked.  Raises `Invalid` with every mistake by its place."""
    made = _Compiler(document)
    routing = made.routing()
    if made.problems:
        first = made.problems[0]
        raise Invalid(
            f"The routing cannot be used: {first.pointer or '/'} {first.detail}.",
            code="bad_routing",
            errors=made.problems,
        )
    return routing


class _Compiler:
    """Goes through a document once, and notes what is wrong on the way."""

    def __init__(self, document: RoutingDocument) -> None:
        self._document = document
        self._receivers = {one.name: one for one in document.receivers}
        self._intervals: dict[str, tuple[TimeInterval, ...]] = {}
        self._count = 0
        self.problems: list[FieldError] = []

    def routing(self) -> Routing:
        document = self._document
        self._named("/receivers", [one.name for one in document.receivers], MAX_RECEIVERS)
        for index, receiver in enumerate(document.receivers):
            self._check_receiver(f"/receivers/{index}", receiver)
        self._read_intervals()
        self._check_root(document.route)
        root = self._route("/route", document.route, None, 0)
        if len(document.inhibit_rules) > MAX_RULES:
            self._wrong("/inhibit_rules", f"has more than {MAX_RULES}")
        rules = tuple(
            self._rule(f"/inhibit_rules/{index}", rule) for index, rule in enumerate(document.inhibit_rules[:MAX_RULES])
        )
        resolve_ms = self._duration("/global/resolve_timeout", document.global_.resolve_timeout, may_be_zero=False)
        return Routing(
            root=root,
            receivers=self._receivers,
            inhibit_rules=rules,
            intervals=self._intervals,
            resolve_timeout_ms=resolve_ms or 0,
            is_resolved_despite_silence=document.global_.resolved_despite_silence,
        )

    # Parts

    def _check_receiver(self, where: str, receiver: Receiver) -> None:
        if len(set(receiver.channels)) != len(receiver.channels):
            self._wrong(f"{where}/channels", "names a channel twice")

    def _read_intervals(self) -> None:
        listed = [
            *((f"/time_intervals/{index}", one) for index, one in enumerate(self._document.time_intervals)),
            *((f"/mute_time_intervals/{index}", one) for index, one in enumerate(self._document.mute_time_intervals)),
        ]
        self._named("/time_intervals", [one.name for _, one in listed], MAX_INTERVALS)
        for where, named in listed:
            self._intervals[named.name] = tuple(self._spans(where, named))

    def _spans(self, where: str, named: NamedIntervals) -> Iterator[TimeInterval]:
        for index, text in enumerate(named.time_intervals):
            try:
                yield read_interval(text)
            except ValueError as wrong:
                name, _, reason = str(wrong).partition(": ")
                self._wrong(f"{where}/time_intervals/{index}/{name}", reason)

    def _check_root(self, root: RouteText) -> None:
        if not root.receiver:
            self._wrong("/route/receiver", "is missing: the root route needs one")
        if root.matchers or root.match or root.match_re:
            self._wrong("/route/matchers", "the root route takes every alert, so it has no matchers")
        if root.mute_time_intervals or root.active_time_intervals:
            self._wrong("/route", "the root route has no mute or active intervals: put a route under it")
        if root.continue_:
            self._wrong("/route/continue", "means nothing at the root")

    def _route(self, where: str, text: RouteText, above: Route | None, position: int) -> Route:
        self._count += 1
        matchers = self._matchers(where, "", text.match, text.match_re, text.matchers, sort=True)
        key = f"{above.key}/{matchers_text(matchers)}" if above else matchers_text(matchers)
        route = Route(
            key=key,
            id=f"{above.id}/{matchers_text(matchers)}/{position}" if above else key,
            options=self._options(where, text, above.options if above else Options()),
            matchers=matchers,
            is_continuing=text.continue_,
            mute_intervals=self._known(f"{where}/mute_time_intervals", text.mute_time_intervals),
            active_intervals=self._known(f"{where}/active_time_intervals", text.active_time_intervals),
        )
        if where.count("/routes") >= MAX_DEPTH or self._count + len(text.routes) > MAX_ROUTES:
            if text.routes:
                self._wrong(where, f"has routes below, beyond {MAX_ROUTES} of them or a depth of {MAX_DEPTH}")
            return route
        below = [self._route(f"{where}/routes/{i}", one, route, i) for i, one in enumerate(text.routes)]
        return replace(route, routes=tuple(below))

    def _options(self, where: str, text: RouteText, above: Options) -> Options:
        group_by: frozenset[str] | None = frozenset(text.group_by) if text.group_by else above.group_by
        if ALL in text.group_by:
            group_by = None
            if len(text.group_by) > 1:
                self._wrong(f"{where}/group_by", f'"{ALL}" is every label: no other stands beside it')
        if len(set(text.group_by)) != len(text.group_by) or "" in text.group_by:
            self._wrong(f"{where}/group_by", "names a label twice, or none")
        if text.receiver and text.receiver not in self._receivers:
            self._wrong(f"{where}/receiver", f'there is no receiver "{text.receiver}"')
        wait = self._duration(f"{where}/group_wait", text.group_wait, may_be_zero=True)
        interval = self._duration(f"{where}/group_interval", text.group_interval, may_be_zero=False)
        repeat = self._duration(f"{where}/repeat_interval", text.repeat_interval, may_be_zero=False)
        return Options(
            receiver=text.receiver or above.receiver,
            group_by=group_by,
            group_wait_ms=above.group_wait_ms if wait is None else wait,
            group_interval_ms=above.group_interval_ms if interval is None else interval,
            repeat_interval_ms=above.repeat_interval_ms if repeat is None else repeat,
            escalate=above.escalate if text.escalate is None else self._steps(where, text),
        )

    def _steps(self, where: str, text: RouteText) -> tuple[Step, ...]:
        steps: list[Step] = []
        for index, one in enumerate(text.escalate or ()):
            place = f"{where}/escalate/{index}"
            if one.receiver not in self._receivers:
                self._wrong(f"{place}/receiver", f'there is no receiver "{one.receiver}"')
            after_ms = self._duration(f"{place}/after", one.after, may_be_zero=False) or 0
            if steps and after_ms <= steps[-1].after_ms:
                self._wrong(f"{place}/after", "must be later than the step before")
            steps.append(Step(after_ms, one.receiver))
        return tuple(steps)

    def _rule(self, where: str, text: InhibitRuleText) -> InhibitRule:
        sources = self._matchers(
            where, "source_", text.source_match, text.source_match_re, text.source_matchers, sort=False
        )
        targets = self._matchers(
            where, "target_", text.target_match, text.target_match_re, text.target_matchers, sort=False
        )
        if "" in text.equal:
            self._wrong(f"{where}/equal", "names a label that has no name")
        return InhibitRule(sources, targets, text.equal)

    # Pieces

    def _matchers(
        self,
        where: str,
        prefix: str,
        match: Mapping[str, str],
        match_re: Mapping[str, str],
        texts: Sequence[str],
        *,
        sort: bool,
    ) -> tuple[Matcher, ...]:
        found: list[Matcher] = []

        def read(place: str, make: Callable[[], Sequence[Matcher]]) -> None:
            try:
                found.extend(make())
            except BadMatcher as wrong:
                self._wrong(f"{where}/{prefix}{place}", str(wrong))

        for name, value in match.items():
            read(f"match/{name}", partial(_one, name, "=", value))
        for name, value in match_re.items():
            # As Alertmanager writes it into keys.
            read(f"match_re/{name}", partial(_one, name, "=~", f"^(?:{value})$"))
        for index, text in enumerate(texts):
            read(f"matchers/{index}", partial(parse_matchers, text))
        return tuple(sorted(found, key=matcher_order) if sort else found)

    def _known(self, where: str, names: tuple[str, ...]) -> tuple[str, ...]:
        for index, name in enumerate(names):
            if name not in self._intervals:
                self._wrong(f"{where}/{index}", f'there is no time interval "{name}"')
        return names

    def _named(self, where: str, names: Sequence[str], most: int) -> None:
        if len(names) > most:
            self._wrong(where, f"has more than {most}")
        seen = set[str]()
        for index, name in enumerate(names):
            if not name or len(name) > 200:
                self._wrong(f"{where}/{index}/name", "expected a name of 1 to 200 characters")
            if name in seen:
                self._wrong(f"{where}/{index}/name", f'"{name}" is there twice')
            seen.add(name)

    def _duration(self, where: str, text: str, *, may_be_zero: bool) -> int | None:
        if not text:
            return None
        try:
            duration = parse_duration_ms(text)
        except ValueError as wrong:
            self._wrong(where, str(wrong))
            return None
        if duration == 0 and not may_be_zero:
            self._wrong(where, "must be longer than 0")
        if duration > MAX_DURATION_MS:
            self._wrong(where, "must not be longer than 100 years")
        return duration

    def _wrong(self, where: str, detail: str) -> None:
        self.problems.append(FieldError(where, detail))


def _one(name: str, operator: Operator, value: str) -> tuple[Matcher, ...]:
    return (Matcher(name, operator, value),)
