"""The Apprise notifier: its requests leave through obsv's client, and nothing else leaves at all."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("apprise", reason="apprise is not installed (pip install obsv[apprise])")

from obsv_plugins.notify_apprise import AppriseNotifier

from obsv.db import close_database, connect, fetch
from obsv.notify.templates import message_of
from obsv.plugin_api import decode
from obsv.testing import HttpSink, NotifierContract
from obsv.testing.notifier_contract import some_alerts

# Apprise's own, at its first use.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class TestApprise(NotifierContract):
    notifier = AppriseNotifier

    def settings(self, url: str) -> dict[str, object]:
        return {"url": url.replace("http://", "json://") + "/hook"}

    async def test_it_leaves_through_the_ledger(self, sink: HttpSink, tmp_path: Path) -> None:
        await self.send(tmp_path, sink, message_of(some_alerts(1), "k"))
        body = sink.received[0].content
        assert (sink.received[0].path, body["type"]) == ("/hook/", "failure") or sink.received[0].path == "/hook"
        assert "Disk of web-1" in body["title"]
        await connect("sqlite", tmp_path, pool_size=1)
        rows = await fetch("SELECT purpose, recipient, host FROM egress_calls")
        await close_database()
        assert rows == [{"purpose": "notification", "recipient": "channel chn_test", "host": "127.0.0.1"}]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mailto://a:b@example.org", "not spoken to by HTTP"),
        ("mqtt://localhost/topic", "not spoken to by HTTP|does not know"),
        ("syslog://", "not spoken to by HTTP|does not know"),
        ("irc://localhost/x", "not spoken to by HTTP|does not know"),
        ("nonsense", "does not know"),
        ("json://host/?template=/etc/passwd", "reads files"),
        ("fcm://p@k/t?keyfile=/etc/passwd", "reads files"),
    ],
)
def test_what_is_refused(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        decode(AppriseNotifier.Target, {"url": url})
