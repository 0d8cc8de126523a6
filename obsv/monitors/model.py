"""What a monitor is: a name, how often it is checked, and the check itself, one of five kinds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from obsv.core.errors import FieldError
from obsv.monitors.conditions import BadCondition, compile_path, parse_statuses
from obsv.monitors.times import BadSchedule, next_run

Key = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,79}$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Tag = Annotated[str, msgspec.Meta(pattern=r"^[^\s,][^,\n\x00]{0,49}$")]
Host = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:%-]{1,253}$")]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Text = Annotated[str, msgspec.Meta(max_length=1000)]
HeaderName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")]
HeaderValue = Annotated[str, msgspec.Meta(pattern=r"^[\t -~]{0,4000}$(?!\n)")]

MOST_HEADERS: Final = 50
RECORDS: Final = ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT")
_NOT_CHOSEN: Final = frozenset({"host", "content-length", "transfer-encoding", "connection"})


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a value in a JSON answer must be.

    `path` leads to it, such as `$.checks[0].state`. `op` compares its text or number with `value`; `exists` and `lacks`
    look at whether it is there at all.
    """

    path: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    op: Literal["==", "!=", "<", "<=", ">", ">=", "contains", "matches", "exists", "lacks"] = "exists"
    value: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class _Check(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"
): ...


class Http(_Check, frozen=True, tag="http"):
    """A request over HTTP.

    Values of `secret_headers` and the `password` of basic authentication are encrypted and never shown: None stands
    for one that is kept. `contains` and `lacks` are texts that the answer must or must not have, in its first
    `max_bytes`. With `certificate_days` the check fails when the certificate ends in fewer days.
    """

    url: Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s\x00]+$", max_length=2000)]
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    headers: dict[HeaderName, HeaderValue] = {}
    secret_headers: dict[HeaderName, HeaderValue | None] = {}
    user: Annotated[str, msgspec.Meta(pattern=r"^[^:\r\n\x00]{0,200}$")] = ""
    password: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    body: Annotated[str, msgspec.Meta(max_length=100_000)] = ""
    statuses: tuple[Annotated[str, msgspec.Meta(max_length=7)], ...] = ("200-299",)
    contains: Text = ""
    lacks: Text = ""
    json: Annotated[tuple[Condition, ...], msgspec.Meta(max_length=20)] = ()
    max_redirects: Annotated[int, msgspec.Meta(ge=0, le=10)] = 5
    verify_tls: bool = True
    ca: Annotated[str, msgspec.Meta(max_length=64_000)] = ""
    certificate_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 0
    max_bytes: Annotated[int, msgspec.Meta(ge=1024, le=8 << 20)] = 1 << 20


class Tcp(_Check, frozen=True, tag="tcp"):
    """A connection to a port; with `tls` its certificate is looked at, too."""

    host: Host
    port: Port
    tls: bool = False
    verify_tls: bool = True
    ca: Annotated[str, msgspec.Meta(max_length=64_000)] = ""
    certificate_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 0


class Ping(_Check, frozen=True, tag="ping"):
    """An ICMP echo."""

    host: Host


class Dns(_Check, frozen=True, tag="dns"):
    """A question to a DNS server; without a `server`, to the one that obsv's own system asks.

    Each of `answers` must be among the records, or with `exactly`, they must be all of them.
    """

    hostname: Annotated[str, msgspec.Meta(min_length=1, max_length=253, pattern=r"^[^\s\x00]+$")]
    record: Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"] = "A"
    answers: Annotated[tuple[Text, ...], msgspec.Meta(max_length=50)] = ()
    exactly: bool = False
    server: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:%-]{0,253}$")] = ""
    port: Port = 53


class Heartbeat(_Check, frozen=True, tag="heartbeat"):
    """A job that reports in, every `period_s`, or when the `cron` expression says in a `time_zone`.

    It is down when it said that it failed, or was not heard of for `grace_s` after it was due; the same time it has to
    end once it said that it began.
    """

    period_s: Annotated[int, msgspec.Meta(ge=60, le=31_536_000)] = 86_400
    cron: Annotated[str, msgspec.Meta(max_length=100)] = ""
    time_zone: Annotated[str, msgspec.Meta(max_length=64)] = "UTC"
    grace_s: Annotated[int, msgspec.Meta(ge=10, le=31_536_000)] = 3600


Check = Http | Tcp | Ping | Dns | Heartbeat


class Monitor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something that is watched.

    `key` is its name in addresses and files, `name` what people and the label `monitor` call it; both are unique in an
    organisation. It is down after so many `failures` in a row; after each but the last it is checked again in
    `retry_s`. How often heartbeats come stands in their check.
    """

    key: Key
    name: Name
    check: Check
    description: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    tags: Annotated[tuple[Tag, ...], msgspec.Meta(max_length=20)] = ()
    interval_s: Annotated[int, msgspec.Meta(ge=10, le=86_400)] = 60
    timeout_s: Annotated[int, msgspec.Meta(ge=1, le=60)] = 10
    failures: Annotated[int, msgspec.Meta(ge=1, le=10)] = 2
    retry_s: Annotated[int, msgspec.Meta(ge=5, le=3600)] = 15
    is_paused: bool = False

    @property
    def kind(self) -> str:
        """Which of the five it is."""
        return kind_of(self.check)

    @property
    def target(self) -> str:
        """What is watched, as the label `instance` says it; nothing secret."""
        return target_of(self.check)


def kind_of(check: Check) -> str:
    """The name of a check's kind."""
    return str(type(check).__struct_config__.tag)


def target_of(check: Check) -> str:
    """What a check asks; of an address without what may be secret in it: user, query, fragment."""
    match check:
        case Http():
            parts = urlsplit(check.url)
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        case Tcp():
            return f"[{check.host}]:{check.port}" if ":" in check.host else f"{check.host}:{check.port}"
        case Ping():
            return check.host
        case Dns():
            return check.hostname
        case Heartbeat():
            return check.cron or f"{check.period_s}s"


def problems(monitor: Monitor) -> list[FieldError]:
    """What the types cannot say."""
    found = [FieldError(f"/check/{field}", said) for field, said in _problems(monitor.check)]
    if not monitor.name.strip() or re.search(r"[\x00-\x1f]", monitor.name):
        found.append(FieldError("/name", "needs a letter, and takes no control characters"))
    if monitor.timeout_s > monitor.interval_s and not isinstance(monitor.check, Heartbeat):
        found.append(FieldError("/timeout_s", "is longer than the interval"))
    return found


def _problems(check: Check) -> Iterator[tuple[str, str]]:
    match check:
        case Http():
            yield from _http_problems(check)
        case Heartbeat():
            try:
                next_run(check.cron or "* * * * *", check.time_zone, 0)
            except BadSchedule as wrong:
                yield wrong.field, str(wrong)
        case _:
            pass


def _http_problems(check: Http) -> Iterator[tuple[str, str]]:
    try:
        parts = urlsplit(check.url)
    except ValueError:
        yield "url", "is no address"
        return
    try:
        _ = parts.port
    except ValueError:
        yield "url", "has no proper port"
    if not parts.hostname:
        yield "url", "names no host"
    if "@" in parts.netloc:
        yield "url", "has a user in it: give user and password apart, so that they are encrypted"
    names = [name.lower() for name in (*check.headers, *check.secret_headers)]
    if len(names) > MOST_HEADERS:
        yield "headers", f"are more than {MOST_HEADERS}"
    if taken := sorted(_NOT_CHOSEN.intersection(names)):
        yield "headers", f"{taken[0]} is not yours to choose"
    if len(set(names)) < len(names):
        yield "headers", "name one twice"
    try:
        parse_statuses(check.statuses)
    except BadCondition as wrong:
        yield "statuses", str(wrong)
    for index, condition in enumerate(check.json):
        try:
            compile_path(condition.path)
        except BadCondition as wrong:
            yield f"json/{index}/path", str(wrong)


def plain(monitor: Monitor) -> dict[str, Any]:
    """The document as JSON knows it, without what has its default."""
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(monitor))
    return document
