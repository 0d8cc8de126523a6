"""The endpoint on a running server: what is negotiated, selected, hinted, limited and refused."""

from __future__ import annotations

import struct
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cramjam
import numpy as np
import pytest

from obsv.metrics.kernels.wire_plain import fields, read_varint, signed
from obsv.metrics.kernels.xor_chunk_plain import crc32c
from tests.live import Live, appliance
from tests.metrics.ingest.wire import chunk, series, snappy, varint
from tests.metrics.remote_read.test_chunks import chunks, float_chunk

EQUAL, UNEQUAL, MATCHES, DIFFERS = range(4)
SAMPLES, STREAMED = 0, 1
MATCHER = tuple[int, str, str]


@dataclass
class Server:
    live: Live
    token: str
    now: int

    def post(self, body: bytes, token: str = "", **headers: str) -> tuple[int, dict[str, str], bytes]:
        given = {
            "Authorization": f"Bearer {token or self.token}",
            "Content-Type": "application/x-protobuf",
            "Content-Encoding": "snappy",
            "X-Prometheus-Remote-Read-Version": "0.1.0",
        }
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.live.url + "/api/v1/read", body, given)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, {k.lower(): v for k, v in refused.headers.items()}, refused.read()

    def read(self, *queries: bytes, accepted: tuple[int, ...] = (SAMPLES,)) -> Any:
        """By query, the samples of each series."""
        status, headers, body = self.post(snappy(ask(*queries, accepted=accepted)))
        assert status == 200, body
        if headers["content-type"] == "application/x-protobuf":
            assert headers["content-encoding"] == "snappy"
            return results(bytes(cramjam.snappy.decompress_raw(body)))
        assert headers["content-type"] == "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"
        return streamed(body, len(queries))


def ask(*queries: bytes, accepted: tuple[int, ...] = (SAMPLES,)) -> bytes:
    kinds = chunk(2, b"".join(map(varint, accepted))) if accepted else b""
    return b"".join(chunk(1, query) for query in queries) + kinds


def query(start: int, end: int, *matchers: MATCHER, hints: bytes = b"") -> bytes:
    parts = [b"\x08" + varint(start), b"\x10" + varint(end)]
    for kind, name, value in matchers:
        parts.append(chunk(3, b"\x08" + varint(kind) + chunk(2, name.encode()) + chunk(3, value.encode())))
    return b"".join(parts) + (chunk(4, hints) if hints else b"")


def label_set(data: bytes, pieces: list[tuple[int, int]]) -> frozenset[tuple[str, str]]:
    found = []
    for start, end in pieces:
        texts = {number: data[first:last].decode() for number, _, first, last in fields(data, start, end)}
        found.append((texts.get(1, ""), texts.get(2, "")))
    assert found == sorted(found)
    return frozenset(found)


def results(data: bytes) -> list[dict[frozenset[tuple[str, str]], list[tuple[int, float]]]]:
    out = []
    for _, _, start, end in fields(data, 0, len(data)):
        found = {}
        for _, _, first, last in fields(data, start, end):
            labels, samples = [], []
            for number, _, a, b in fields(data, first, last):
                if number == 1:
                    labels.append((a, b))
                elif number == 2:
                    parts = {n: (x, y) for n, _, x, y in fields(data, a, b)}
                    value = struct.unpack("<d", data[slice(*parts[1])])[0] if 1 in parts else 0.0
                    samples.append((signed(read_varint(data, *parts[2])[0]), value))
            found[label_set(data, labels)] = samples
        assert [sorted(one) for one in found] == sorted(sorted(one) for one in found)
        out.append(found)
    return out


def streamed(body: bytes, queries: int) -> list[dict[frozenset[tuple[str, str]], list[tuple[int, float]]]]:
    out: list[Any] = [{} for _ in range(queries)]
    at = 0
    while at < len(body):
        size, at = read_varint(body, at, len(body))
        message = body[at + 4 : at + 4 + size]
        assert int.from_bytes(body[at : at + 4]) == crc32c(message)
        at += 4 + size
        parts = [(number, first, last) for number, _, first, last in fields(message, 0, len(message))]
        index = next((read_varint(message, first, last)[0] for number, first, last in parts if number == 2), 0)
        ((_, start, end),) = [part for part in parts if part[0] == 1]
        one = message[start:end]
        labels = [(first, last) for number, _, first, last in fields(one, 0, len(one)) if number == 1]
        data = b"".join(chunk(2, one[first:last]) for number, _, first, last in fields(one, 0, len(one)) if number == 2)
        samples = [sample for _, _, _, inner in chunks(data) for sample in float_chunk(inner)]
        values = np.array([bits for _, bits in samples], np.uint64).view(np.float64).tolist()
        out[index][label_set(one, labels)] = list(zip([t for t, _ in samples], values, strict=True))
    for found in out:
        assert [sorted(one) for one in found] == sorted(sorted(one) for one in found)
    return out


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    env = {"OBSV_METRICS__QUERY_MAX_SAMPLES": "5000", "OBSV_LOG__LEVEL": "warning"}
    with appliance(tmp_path_factory.mktemp("read"), env=env) as live:
        now = int(time.time()) * 1000
        server = Server(live, live.token("metrics:read,metrics:write"), now)
        parts = [
            series(
                {"__name__": "m", "i": str(i), "é": "ü"}, [(now - 300_000 + s * 1000, i + s / 3) for s in range(300)]
            )
            for i in range(10)
        ]
        parts.append(series({"__name__": "other"}, [(now, 1.0)]))
        parts.append(series({"__name__": "large"}, [(now - 6000 + s, 1.0) for s in range(6000)]))
        request = urllib.request.Request(
            live.url + "/api/v1/write",
            snappy(b"".join(parts)),
            {
                "Authorization": f"Bearer {server.token}",
                "Content-Type": "application/x-protobuf",
                "Content-Encoding": "snappy",
            },
        )
        with urllib.request.urlopen(request, timeout=30) as done:
            assert done.status == 204
        yield server


@pytest.mark.parametrize(
    ("accepted", "kind"),
    [
        ((), "x-protobuf"),
        ((0,), "x-protobuf"),
        ((1,), "x-streamed"),
        ((1, 0), "x-streamed"),
        ((0, 1), "x-protobuf"),
        ((9, 1), "x-streamed"),
    ],
)
def test_the_first_kind_that_both_know_is_taken(server: Server, accepted: tuple[int, ...], kind: str) -> None:
    body = snappy(ask(query(0, server.now, (EQUAL, "__name__", "other")), accepted=accepted))
    status, headers, _ = server.post(body)
    assert status == 200
    assert headers["content-type"].startswith(f"application/{kind}")


@pytest.mark.parametrize("kind", [SAMPLES, STREAMED])
def test_samples(server: Server, kind: int) -> None:
    begin = server.now - 300_000
    (found,) = server.read(query(begin + 10_000, begin + 20_000, (EQUAL, "__name__", "m")), accepted=(kind,))
    assert found == {
        frozenset({("__name__", "m"), ("i", str(i)), ("é", "ü")}): [
            (begin + s * 1000, i + s / 3) for s in range(10, 21)
        ]
        for i in range(10)
    }


@pytest.mark.parametrize("kind", [SAMPLES, STREAMED])
def test_several_queries(server: Server, kind: int) -> None:
    span = (server.now - 400_000, server.now)
    found = server.read(
        query(*span, (EQUAL, "__name__", "m"), (EQUAL, "i", "3")),
        query(*span, (EQUAL, "__name__", "nothing")),
        query(*span, (EQUAL, "__name__", "other")),
        accepted=(kind,),
    )
    assert [len(one) for one in found] == [1, 0, 1]
    assert found[2] == {frozenset({("__name__", "other")}): [(server.now, 1.0)]}


@pytest.mark.parametrize(
    ("matchers", "expected"),
    [
        ([(EQUAL, "i", "3")], {"3"}),
        ([(UNEQUAL, "i", "3")], set("012456789")),
        ([(MATCHES, "i", "[12].?")], {"1", "2"}),
        ([(DIFFERS, "i", "[1-8]")], {"0", "9"}),
        ([(EQUAL, "nothing", "")], set("0123456789")),
        ([(EQUAL, "é", "ü"), (MATCHES, "i", "7|8")], {"7", "8"}),
    ],
)
def test_matchers(server: Server, matchers: list[MATCHER], expected: set[str]) -> None:
    (found,) = server.read(query(server.now - 1000, server.now, (EQUAL, "__name__", "m"), *matchers))
    assert {dict(one)["i"] for one in found} == expected


def test_hints_narrow_the_time(server: Server) -> None:
    begin = server.now - 300_000
    hints = b"\x18" + varint(begin + 5000) + b"\x20" + varint(begin + 7000)
    (found,) = server.read(query(begin, server.now, (EQUAL, "i", "1"), hints=hints))
    assert [[t - begin for t, _ in samples] for samples in found.values()] == [[5000, 6000, 7000]]


@pytest.mark.parametrize("kind", [SAMPLES, STREAMED])
def test_a_look_for_series_gets_no_samples(server: Server, kind: int) -> None:
    (found,) = server.read(
        query(server.now - 300_000, server.now, (EQUAL, "__name__", "m"), hints=chunk(2, b"series")), accepted=(kind,)
    )
    assert len(found) == 10
    assert not any(found.values())


def test_nothing_is_read_backwards(server: Server) -> None:
    assert server.read(query(server.now, server.now - 1, (EQUAL, "__name__", "m"))) == [{}]
    assert server.read(accepted=()) == []


def fine(server: Server) -> bytes:
    return query(0, server.now, (EQUAL, "__name__", "other"))


def test_refusals(server: Server) -> None:
    for body, text in (
        (snappy(ask(fine(server), accepted=(7,))), "none of the requested response types is supported: [7]"),
        (snappy(b"\xff\xff"), "the body is no remote_read request"),
        (b"\xff\xff\xff", "snappy"),
        (snappy(ask(query(0, server.now, (MATCHES, "a", "(")))), "error parsing regexp: missing closing ): `(`"),
        (snappy(ask(query(0, server.now, (9, "a", "b")))), "9 is no type of a matcher"),
        (snappy(ask(query(0, server.now))), "a query has 0 matchers; 1 to 100 are possible"),
        (snappy(ask(*[fine(server)] * 101)), "the request has more than 100 queries"),
        (snappy(ask(query(0, server.now, (EQUAL, "__name__", "large")))), "exceeded sample limit (5000)"),
        (
            snappy(ask(query(0, server.now, (EQUAL, "__name__", "large")), accepted=(STREAMED,))),
            "exceeded sample limit (5000)",
        ),
    ):
        status, headers, answer = server.post(body)
        assert status == 400, answer
        assert headers["content-type"].startswith("text/plain")
        assert answer.decode().startswith(text)


def test_limits_count_over_all_queries_of_a_request(server: Server) -> None:
    half = query(server.now - 3000, server.now, (EQUAL, "__name__", "large"))
    assert server.post(snappy(ask(half)))[0] == 200
    assert server.post(snappy(ask(half, half)))[0] == 400


def test_a_body_that_is_too_large(server: Server) -> None:
    assert server.post(snappy(bytes(2 << 20)))[0] == 413
    assert server.post(b"x", Content_Encoding="br")[0] == 415


def test_reading_takes_the_right_to_read(server: Server) -> None:
    body = snappy(ask(fine(server)))
    assert server.post(body, token="nobody")[0] == 401
    assert server.post(body, token=server.live.token("metrics:write"))[0] == 403
    request = urllib.request.Request(
        server.live.url + "/api/v1/read", headers={"Authorization": f"Bearer {server.token}"}
    )
    with pytest.raises(urllib.error.HTTPError, match="405"):
        urllib.request.urlopen(request)


def test_organisations_do_not_meet(server: Server) -> None:
    """What another organisation's token reads is its own: nothing."""
    person = ("--email", "o@example.com", "--name", "O", "--role", "owner")
    made = ("admin", "create-user", *person, "--org", "other", "--password-stdin")
    server.live.cli(*made, stdin="some quite unrelated lamp words\n")
    token = server.live.token("metrics:read", org="other")
    status, _, body = server.post(snappy(ask(query(0, server.now, (MATCHES, "__name__", ".+")))), token=token)
    assert (status, results(bytes(cramjam.snappy.decompress_raw(body)))) == (200, [{}])
