"""The cases that every notifier passes: subclass, name the class, say what it is configured with, inherit the rest.

::

    class TestPager(NotifierContract):
        notifier = PagerNotifier

        def settings(self, url: str) -> dict[str, object]:
            return {"url": url, "token": "t0ken"}

Needs pytest with pytest-asyncio in its automatic mode.  The HTTP server is a real one on loopback.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest

from obsv.core.clock import ManualClock
from obsv.core.plugin_settings import decode
from obsv.db import close_database, connect
from obsv.db.testing import copy_sqlite
from obsv.egress import Policy, close_egress, open_egress
from obsv.notify import FIRING, RESOLVED, Message, Notification, NotifiedAlert, NotifyError, Recipient
from obsv.notify.context import ChannelContext
from obsv.notify.templates import message_of
from obsv.testing.http_sink import Answer, HttpSink, Received, http_sink

HOSTILE: Final = '<b>x</b> *y* _z_ @everyone <!channel> [a](http://evil.example) "q" & `c` \\ ~s~ ünï 🔥'
"""A label's value that is markup somewhere."""
LONGEST_S: Final = 0.5


@asynccontextmanager
async def notifier_context(folder: Path, *, allow: Sequence[str] = ("127.0.0.1",)) -> AsyncGenerator[ChannelContext]:
    """What obsv makes a notifier with, on a database of its own; `allow` are hosts that may be loopback."""

    async def no_owners(_: int) -> Sequence[Recipient]:
        return ()

    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    await copy_sqlite(folder)
    await connect("sqlite", folder, pool_size=2)
    clock = ManualClock()
    open_egress(Policy(allow=tuple(allow)), clock)
    try:
        yield ChannelContext(clock, 1, "chn_test", no_owners, LONGEST_S)
    finally:
        await close_egress()
        await close_database()


def some_alerts(count: int, *, status: str = FIRING, said: str = "Disk of web-1 is almost full") -> Notification:
    """A group of alerts with labels that are markup somewhere."""
    alerts = [
        NotifiedAlert(
            status,
            {"alertname": "DiskFull", "severity": "critical", "instance": f"web-{number}", "note": HOSTILE},
            {"summary": said, "description": f"{HOSTILE}\nmore than {number} %"},
            1_800_000_000_000 - 600_000,
            0 if status == FIRING else 1_800_000_000_000,
            fingerprint=f"f{number:015x}",
        )
        for number in range(count)
    ]
    links = {"open": "http://localhost:8450/app/alerts", "acknowledge": "http://localhost:8450/ack?x=1&y=2"}
    common = {"alertname": "DiskFull", "severity": "critical"}
    return Notification(
        status, "ops", '{}:{alertname="DiskFull"}', alerts, {"alertname": "DiskFull"}, common, {}, links=links
    )


class NotifierContract(ABC):
    """What is true of every notifier that speaks HTTP."""

    notifier: ClassVar[Any]
    """The class."""
    taken: ClassVar[Answer] = Answer()
    """What the service answers when it takes a message."""

    @abstractmethod
    def settings(self, url: str) -> dict[str, object]:
        """Settings of a channel whose service is at `url`."""

    def sizes(self, content: Any) -> Iterable[tuple[int, int]]:
        """(size, limit) of each part of a request that the service limits."""
        _ = content
        return ()

    def key(self, received: Received) -> str:
        """The key by which the service knows a repeat, where it has one."""
        _ = received
        return ""

    @pytest.fixture
    async def sink(self) -> AsyncGenerator[HttpSink]:
        async with http_sink() as sink:
            sink.answer = self.taken
            yield sink

    async def send(
        self, folder: Path, sink: HttpSink, message: Message, *, allow: tuple[str, ...] = ("127.0.0.1",)
    ) -> Any:
        """Send it with a fresh notifier."""
        target = decode(self.notifier.Target, self.settings(sink.url))
        async with notifier_context(folder, allow=allow) as context:
            async with asyncio.timeout(10):
                return await self.notifier(context).send(message, target)

    async def refused(self, folder: Path, sink: HttpSink, answer: Answer) -> NotifyError:
        """What the notifier raises at an answer."""
        sink.answer = answer
        with pytest.raises(NotifyError) as caught:
            await self.send(folder, sink, message_of(some_alerts(1), "dlv_key"))
        return caught.value

    async def test_it_tells_and_returns_what_was_answered(self, sink: HttpSink, tmp_path: Path) -> None:
        receipt = await self.send(tmp_path, sink, message_of(some_alerts(2), "dlv_key"))
        assert receipt.detail
        assert sink.received
        text = str(sink.received[-1].content)
        assert "Disk of web" in text or "DiskFull" in text

    async def test_resolved_is_told_too(self, sink: HttpSink, tmp_path: Path) -> None:
        receipt = await self.send(tmp_path, sink, message_of(some_alerts(1, status=RESOLVED), "dlv_key"))
        assert receipt.detail

    async def test_a_message_of_no_alert(self, sink: HttpSink, tmp_path: Path) -> None:
        message = Message("dlv_key", "Maintenance", "From 8 to 9", link="http://localhost:8450/status")
        await self.send(tmp_path, sink, message)
        assert "Maintenance" in str(sink.received[-1].content)

    async def test_what_is_long_is_cut_to_the_services_limits(self, sink: HttpSink, tmp_path: Path) -> None:
        for count, said in ((400, "x"), (400, HOSTILE * 30), (1, HOSTILE * 500)):
            await self.send(tmp_path / str(len(sink.received)), sink, message_of(some_alerts(count, said=said), "k"))
            for size, limit in self.sizes(sink.received[-1].content):
                assert 0 < size <= limit

    async def test_a_repeat_has_the_same_key(self, sink: HttpSink, tmp_path: Path) -> None:
        for place in ("a", "b"):
            await self.send(tmp_path / place, sink, message_of(some_alerts(1), "dlv_key"))
        keys = {self.key(received) for received in sink.received}
        assert len(keys) == 1

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
    async def test_a_refusal_is_final(self, sink: HttpSink, tmp_path: Path, status: int) -> None:
        error = await self.refused(tmp_path, sink, Answer(status, body=b'{"error": "no such thing"}'))
        assert error.is_permanent
        assert "no such thing" in str(error)

    async def test_it_waits_as_long_as_it_is_asked_to(self, sink: HttpSink, tmp_path: Path) -> None:
        error = await self.refused(tmp_path, sink, Answer(429, {"retry-after": "7"}))
        assert (error.is_permanent, error.retry_after_s) == (False, 7)

    @pytest.mark.parametrize("status", [500, 502, 503])
    async def test_a_failure_of_theirs_may_pass(self, sink: HttpSink, tmp_path: Path, status: int) -> None:
        assert not (await self.refused(tmp_path, sink, Answer(status))).is_permanent

    async def test_silence_may_pass(self, sink: HttpSink, tmp_path: Path) -> None:
        error = await self.refused(tmp_path, sink, Answer(hangs=True))
        assert not error.is_permanent

    async def test_nobody_there_may_pass(self, tmp_path: Path) -> None:
        async with http_sink() as gone:
            pass
        with pytest.raises(NotifyError) as caught:
            await self.send(tmp_path, gone, message_of(some_alerts(1), "k"))
        assert not caught.value.is_permanent

    async def test_a_redirect_is_not_followed(self, sink: HttpSink, tmp_path: Path) -> None:
        for status in (302, 307):
            sink.received.clear()
            location = {"location": f"{sink.url}/elsewhere"}
            error = await self.refused(tmp_path / str(status), sink, Answer(status, location))
            assert error.is_permanent
            assert len(sink.received) == 1

    async def test_loopback_is_refused(self, sink: HttpSink, tmp_path: Path) -> None:
        with pytest.raises(NotifyError) as caught:
            await self.send(tmp_path, sink, message_of(some_alerts(1), "k"), allow=())
        assert caught.value.is_permanent
        assert not sink.received

    async def test_a_trial(self, sink: HttpSink, tmp_path: Path) -> None:
        target = decode(self.notifier.Target, self.settings(sink.url))
        async with notifier_context(tmp_path) as context:
            assert (await self.notifier(context).verify(target)).detail
        assert sink.received
