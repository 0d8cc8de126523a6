"""Graphite's plaintext protocol over real connections into a real store."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from obsv.config import ConfigError, load_settings, warnings
from obsv.config.model import Graphite
from obsv.core.address import parse_address
from obsv.metrics.ingest.graphite import BadLine, GraphitePorts, Lines, Splitter, listener, writer
from obsv.metrics.store.base import StoreUnavailable
from tests.metrics.ingest.pushing import Pushing
from tests.metrics.store.made import NOW
from tests.ports import free_port

S = NOW // 1000


class Bench(Pushing):
    """One port of organisation 1, `acme`, or of another."""

    def __init__(self, folder) -> None:
        super().__init__(folder, lambda *_: [])
        self.port = free_port()
        self.organisations = {"acme": 1, "small": 2}

    async def organisation(self, slug: str) -> int | None:
        return self.organisations.get(slug)

    @asynccontextmanager
    async def running(self, org: str = "acme", **options):
        options = Graphite(org=org, listen=f"127.0.0.1:{self.port}", **options)
        async with GraphitePorts([options], self.door, self.clock, self.organisation).run(None):
            yield

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def say(self, *parts: bytes) -> None:
        """Send over a connection of its own, and wait until the other side has read it all."""
        reader, stream = await self.connect()
        for part in parts:
            stream.write(part)
            await stream.drain()
            await asyncio.sleep(0.01)
        stream.write_eof()
        assert await asyncio.wait_for(reader.read(), 5) == b""
        stream.close()
        await stream.wait_closed()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not is_so():
                await asyncio.sleep(0.01)


@pytest.fixture
async def bench(tmp_path):
    bench = Bench(tmp_path)
    await bench.store.open()
    yield bench
    await bench.store.close()


@pytest.fixture
def counters():
    """How much the counters have risen since."""
    kinds = {"bad": writer.BAD_LINES, "lost": writer.LOST, "away": listener.TURNED_AWAY}
    before = {name: counter.get() for name, counter in kinds.items()}
    return lambda: {name: counter.get() - before[name] for name, counter in kinds.items()}


def one(line: bytes, **options) -> tuple[dict[str, str], int, float]:
    lines = Lines(**options)
    lines.add(line, NOW)
    made = lines.build()
    return made.labels[0], made.t[0].item(), made.v[0].item()


async def test_lines_are_stored_within_a_second_or_so(bench):
    async with bench.running():
        await bench.say(b"a.b.c 1.5 %d\nd;host=x;dc=y 2 -1\ne 3\n" % (S - 10))
        await bench.until(lambda: bench.stats.accepted == 3)
        assert await bench.points() == {
            "a.b.c": [(NOW - 10_000, 1.5)],
            "ddc=y|host=x": [(NOW, 2.0)],
            "e": [(NOW, 3.0)],
        }


async def test_what_came_is_stored_before_it_stops(bench, monkeypatch):
    monkeypatch.setattr(writer, "FLUSH_S", 60)
    async with bench.running():
        await bench.say(b"a 1\nb 2")
        assert bench.stats.accepted == 0
    assert await bench.points() == {"a": [(NOW, 1.0)], "b": [(NOW, 2.0)]}


async def test_a_full_batch_does_not_wait(bench, monkeypatch):
    monkeypatch.setattr(writer, "FLUSH_S", 60)
    async with bench.running():
        await bench.say(b"".join(b"m;n=%d 1\n" % i for i in range(writer.MOST_SAMPLES)))
        await bench.until(lambda: bench.stats.accepted >= writer.MOST_SAMPLES)


async def test_bad_lines_are_counted_and_end_nothing(bench, counters):
    async with bench.running():
        await bench.say(b"good 1\nbad\n\r\n\nbad x\n\xff 1\nbad 1 2 3\nalso 2\r\n")
    assert set(await bench.points()) == {"good", "also"}
    assert counters() == {"bad": 4, "lost": 0, "away": 0}


async def test_long_lines(bench, counters):
    async with bench.running(max_line_bytes=64):
        await bench.say(b"a" * 65, b"a" * 200_000, b" 1\nb 2\n" + b"c" * 70 + b" 1\nd 4\n", b"e" * 70)
    assert set(await bench.points()) == {"b", "d"}
    assert counters()["bad"] == 3


async def test_connections_have_a_limit(bench, counters):
    async with bench.running(max_connections=2):
        kept = [await bench.connect() for _ in range(2)]
        for _, stream in kept:
            stream.write(b"a 1\n")
        await bench.until(lambda: listener.CONNECTIONS.get() == 2)
        reader, stream = await bench.connect()
        assert await asyncio.wait_for(reader.read(), 5) == b""
        stream.close()
        assert counters()["away"] == 1
        kept[0][1].close()
        await bench.until(lambda: listener.CONNECTIONS.get() == 1)
        await bench.say(b"b 2\n")
        kept[1][1].close()
    assert set(await bench.points()) == {"a", "b"}


async def test_stopping_ends_connections(bench):
    async with bench.running():
        reader, stream = await bench.connect()
        stream.write(b"a 1\nb 2\n")
        await bench.until(lambda: listener.CONNECTIONS.get() == 1)
        await asyncio.sleep(0.05)
    assert await asyncio.wait_for(reader.read(), 5) == b""
    stream.close()
    assert set(await bench.points()) == {"a", "b"}
    assert listener.CONNECTIONS.get() == 0
    with pytest.raises(ConnectionRefusedError):
        await bench.connect()


async def test_an_idle_connection_is_closed(bench, monkeypatch):
    monkeypatch.setattr(listener, "IDLE_S", 0.05)
    async with bench.running():
        reader, stream = await bench.connect()
        assert await asyncio.wait_for(reader.read(), 5) == b""
        stream.close()


async def test_who_breaks_off_leaves_what_was_whole(bench):
    async with bench.running():
        _, stream = await bench.connect()
        stream.write(b"a 1\nb 2\nhalf")
        await bench.until(lambda: bench.stats.accepted == 2)
        stream.get_extra_info("socket").setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER: a reset
        stream.transport.abort()
        await bench.until(lambda: listener.CONNECTIONS.get() == 0)
        await bench.say(b"c 3\n")
    assert set(await bench.points()) == {"a", "b", "c"}


async def test_the_limits_of_the_organisation_hold(bench):
    async with bench.running("small"):
        await bench.say(b"a 1\nb 2\n")
        await bench.until(lambda: bench.stats.refused["series_limit"] == 1)
    assert set(await bench.points(2)) == {"a"}
    assert await bench.points(1) == {}


async def test_who_sends_too_fast_waits(bench, monkeypatch):
    monkeypatch.setattr(writer, "FLUSH_S", 0.01)
    waits: list[float] = []

    async def pause(_, seconds: float) -> None:
        waits.append(seconds)
        bench.clock.advance(seconds)

    monkeypatch.setattr(writer.BatchWriter, "_pause", pause)
    async with bench.running("small"):
        await bench.say(b"".join(b"a %d %d\n" % (i, S - 200 + i) for i in range(150)))
        await bench.until(lambda: bench.stats.accepted == 150)
        await bench.say(b"a 5 %d\n" % S)
        await bench.until(lambda: bench.stats.accepted == 151)
    assert waits == [5.0]


async def test_a_store_that_is_away_is_waited_for_with_bounded_memory(bench, monkeypatch, counters):
    monkeypatch.setattr(writer, "FLUSH_S", 0.01)
    monkeypatch.setattr(writer, "MOST_SAMPLES", 10)
    stored, is_away = bench.store.write, True

    async def write(*arguments, **options):
        if is_away:
            raise StoreUnavailable("the disk is full", retry_after_s=0.02)
        return await stored(*arguments, **options)

    monkeypatch.setattr(bench.store, "write", write)
    async with bench.running():
        await bench.say(b"first 1\n" * 10)
        # The first batch is being tried; the second is full, so that its sender and others wait at the door.
        sending = [asyncio.create_task(bench.say(b"m;n=%d 1\n" % i * 10)) for i in range(3)]
        _, waiting = await asyncio.wait(sending, timeout=0.2)
        assert len(waiting) == 3
        is_away = False
        await asyncio.gather(*sending)
        await bench.until(lambda: bench.stats.accepted == 40)
    assert len(await bench.points()) == 4
    assert counters()["lost"] == 0


async def test_what_cannot_be_stored_at_the_end_is_counted_as_lost(bench, monkeypatch, counters):
    async def write(*_, **__):
        raise StoreUnavailable("the disk is full", retry_after_s=60)

    monkeypatch.setattr(bench.store, "write", write)
    async with bench.running():
        await bench.say(b"a 1\nb 2\n")
    assert counters()["lost"] == 2


async def test_an_organisation_that_is_not_there_yet(bench, monkeypatch, counters):
    monkeypatch.setattr(writer, "FLUSH_S", 0.01)
    async with bench.running("later"):
        await bench.say(b"a 1\n")
        await bench.until(lambda: counters()["lost"] == 1)
        bench.organisations["later"] = 1
        await bench.say(b"b 1\n")
        await bench.until(lambda: bench.stats.accepted == 1)


async def test_a_database_that_is_away_is_waited_for(bench, monkeypatch):
    monkeypatch.setattr(writer, "FLUSH_S", 0.01)
    answers = [ConnectionRefusedError("nobody there"), 1]

    async def organisation(_: str) -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(bench, "organisation", organisation)
    async with bench.running():
        await bench.say(b"a 1\n")
        await bench.until(lambda: bench.stats.accepted == 1)


async def test_an_address_that_is_taken(bench):
    async with bench.running():
        with pytest.raises(OSError, match="address already in use"):
            async with bench.running():
                pass


@pytest.mark.parametrize(
    ("line", "labels", "t", "value"),
    [
        (b"a.b 1", {"__name__": "a.b"}, NOW, 1),
        (b"a -1.5e3 -1", {"__name__": "a"}, NOW, -1500),
        (b"a 1 0", {"__name__": "a"}, 0, 1),
        (b"a 1 1700000000.5", {"__name__": "a"}, 1_700_000_000_500, 1),
        (b"a\t.5\t10\r", {"__name__": "a"}, 10_000, 0.5),
        (b"  a   1  ", {"__name__": "a"}, NOW, 1),
        (b"a;b=c;d=e=f;g= 1", {"__name__": "a", "b": "c", "d": "e=f"}, NOW, 1),
        ("größe;ort=köln 1".encode(), {"__name__": "größe", "ort": "köln"}, NOW, 1),
        (b"a;__name__=b 1", {"__name__": "a"}, NOW, 1),
    ],
)
def test_lines(line, labels, t, value):
    assert one(line) == (labels, t, value)


@pytest.mark.parametrize(
    "line",
    [b"a", b"a b", b"a nan", b"a inf", b"a 1_0", b"a 1e999", b"a 0x1", b"a 1 x", b"a 1 -2", b"a 1 nan", b"a 1 1e12", b"a 1 2 3", b";b=c 1", b"a;b 1", b"a;=c 1", b"a; 1", b"\xff 1", "a ٣".encode()],
)  # fmt: skip
def test_bad_lines(line):
    with pytest.raises(BadLine):
        one(line)


def test_prometheus_names():
    assert one(b"9a.b-c;d.e=f.g 1", prometheus_names=True)[0] == {"__name__": "_9a_b_c", "d_e": "f.g"}


@given(st.binary())
@example(b"a 1" + b"0" * 5000)
def test_nothing_but_a_bad_line_is_raised(line):
    with suppress(BadLine):
        one(line + b" 1")


@given(st.lists(st.binary(max_size=12)), st.integers(1, 8))
def test_lines_are_the_same_however_they_arrive(pieces, most):
    text = b"\n".join(pieces)
    splitter = Splitter(most)
    # A piece of three bytes now and then ends within a line.
    found = [line for at in range(0, len(text), 3) for line in splitter.feed(text[at : at + 3])] + splitter.end()
    lines = text.split(b"\n")
    assert found == [line for line in lines if len(line) <= most]
    assert splitter.left_out == sum(len(line) > most for line in lines)


GOOD = '[[metrics.graphite]]\norg = "operator"\nlisten = "127.0.0.1:2003"\n'


def load(tmp_path, text):
    path = tmp_path / "obsv.toml"
    path.write_text(text)
    return load_settings(path, env={})


def test_settings(tmp_path):
    assert load(tmp_path, "").metrics.graphite == ()
    settings = load(tmp_path, GOOD + GOOD.replace("127.0.0.1:2003", "[::]:2004"))
    assert [port.listen for port in settings.metrics.graphite] == ["127.0.0.1:2003", "[::]:2004"]
    [warning] = [text for text in warnings(settings) if "Graphite" in text]
    assert "[::]:2004" in warning


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD + GOOD, "expected a different listen"),
        (GOOD.replace("operator", ""), "org is needed"),
        (GOOD.replace(":2003", ""), "listen: expected an address like"),
        (GOOD.replace("2003", "70000"), "listen: expected an address like"),
    ],
)
def test_settings_that_do_not_fit(tmp_path, text, problem):
    with pytest.raises(ConfigError, match=problem):
        load(tmp_path, text)


def test_addresses():
    assert parse_address("[::1]:2003") == ("::1", 2003)
    assert parse_address("graphite.example:1") == ("graphite.example", 1)
    for wrong in ("", ":2003", "host", "host:", "host:0", "host:65536", "::1:2003", "a b:1", "host:1e3"):
        with pytest.raises(ValueError, match="expected an address"):
            parse_address(wrong)
