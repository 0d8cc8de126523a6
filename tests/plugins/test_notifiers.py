"""Every built-in notifier passes the shipped contract against a real HTTP server, and speaks as its service wants."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from obsv_plugins.notify_discord import DiscordNotifier
from obsv_plugins.notify_gotify import GotifyNotifier
from obsv_plugins.notify_matrix import MatrixNotifier
from obsv_plugins.notify_mattermost import MattermostNotifier
from obsv_plugins.notify_ntfy import NtfyNotifier
from obsv_plugins.notify_pagerduty import PagerDutyNotifier
from obsv_plugins.notify_pushover import PushoverNotifier
from obsv_plugins.notify_slack import SlackNotifier
from obsv_plugins.notify_teams import TeamsNotifier
from obsv_plugins.notify_telegram import TelegramNotifier
from obsv_plugins.notify_twilio import TwilioNotifier
from obsv_plugins.notify_webhook import WebhookNotifier

from obsv.notify.forms import schema_of, secrets_of
from obsv.notify.templates import message_of
from obsv.plugin_api import HTML, PARAGRAPHS, RESOLVED, PluginSettings, decode
from obsv.testing import Answer, HttpSink, NotifierContract, Received
from obsv.testing.notifier_contract import some_alerts

Sizes = Iterable[tuple[int, int]]


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class TestWebhook(NotifierContract):
    notifier = WebhookNotifier

    def settings(self, url: str) -> dict[str, object]:
        return {"url": url + "/hook", "signing_secret": "s3cret", "authorization": "Bearer abc"}

    def key(self, received: Received) -> str:
        assert received.headers["idempotency-key"] == "dlv_key"
        return received.headers["idempotency-key"]

    async def test_alertmanagers_body_signed(self, sink: HttpSink, tmp_path: Path) -> None:
        await self.send(tmp_path, sink, message_of(some_alerts(2), "dlv_key"))
        (got,) = sink.received
        assert (got.method, got.path, got.headers["authorization"]) == ("POST", "/hook", "Bearer abc")
        at_s = got.headers["x-obsv-timestamp"]
        mac = hmac.new(b"s3cret", at_s.encode() + b"." + got.body, hashlib.sha256).hexdigest()
        assert (at_s, got.headers["x-obsv-signature"]) == ("1800000000", f"v1={mac}")
        body = got.content
        assert (body["version"], body["status"], body["groupKey"]) == ("4", "firing", '{}:{alertname="DiskFull"}')
        alert = body["alerts"][0]
        assert alert["startsAt"] == "2027-01-15T07:50:00.000Z"
        assert alert["endsAt"] == "0001-01-01T00:00:00Z"
        assert alert["labels"]["instance"] == "web-0"
        assert set(alert) >= {"status", "annotations", "generatorURL", "fingerprint"}

    async def test_a_templates_text_is_the_body(self, sink: HttpSink, tmp_path: Path) -> None:
        text = "{{ .Status | toUpper }}{{ range .Alerts }} {{ .Labels.instance }}{{ .Labels.nothing }}{{ end }}"
        await self.send(tmp_path, sink, message_of(some_alerts(1), "k", text=text))
        assert sink.received[0].body == b"FIRING web-0"


class TestSlack(NotifierContract):
    notifier = SlackNotifier
    taken = Answer(body=b"ok")

    def settings(self, url: str) -> dict[str, object]:
        return {"url": url + "/services/T/B/x"}

    def sizes(self, content: Any) -> Sizes:
        yield len(content["attachments"][0]["blocks"][0]["text"]["text"]), 3000
        yield len(content["text"]), 3000

    async def test_markup_is_escaped(self, sink: HttpSink, tmp_path: Path) -> None:
        await self.send(tmp_path, sink, message_of(some_alerts(1), "k"))
        text = sink.received[0].content["attachments"][0]["blocks"][0]["text"]["text"]
        assert "&lt;!channel&gt;" in text
        assert "<!channel>" not in text
        assert "*Disk of web-1 is almost full*" in text
        assert "<http://localhost:8450/ack?x=1&amp;y=2|Acknowledge>" in text

    async def test_a_link_stays_as_it_is(self, sink: HttpSink, tmp_path: Path) -> None:
        """The code in it may have any of base64url's characters."""
        told = msgspec.structs.replace(some_alerts(1), links={"acknowledge": "https://obsv.example/alert?code=a_b~c*"})
        await self.send(tmp_path, sink, message_of(told, "k"))
        text = sink.received[0].content["attachments"][0]["blocks"][0]["text"]["text"]
        assert "<https://obsv.example/alert?code=a_b~c*|Acknowledge>" in text


def test_own_words_with_many_lines_fit_too() -> None:
    message = message_of(some_alerts(1), "k", text="{{ range .Alerts }}" + "a\n" * 4000 + "{{ end }}")
    for flavour in (HTML, PARAGRAPHS):
        assert flavour.size(message.body(flavour, 5000)) <= 5000
        assert message.body(flavour, 5000).startswith(f"a{flavour.newline}a{flavour.newline}")


class TestDiscord(NotifierContract):
    notifier = DiscordNotifier
    taken = Answer(body=b'{"id": "99"}')

    def settings(self, url: str) -> dict[str, object]:
        return {"url": url + "/api/webhooks/1/t?thread_id=5"}

    def sizes(self, content: Any) -> Sizes:
        embed = content["embeds"][0]
        yield utf16(embed["title"]), 256
        yield utf16(embed["description"]), 4096

    async def test_nobody_is_called(self, sink: HttpSink, tmp_path: Path) -> None:
        receipt = await self.send(tmp_path, sink, message_of(some_alerts(1), "k"))
        assert receipt.reference == "99"
        assert sink.received[0].path == "/api/webhooks/1/t?thread_id=5&wait=true"
        assert sink.received[0].content["allowed_mentions"] == {"parse": []}
        text = sink.received[0].content["embeds"][0]["description"]
        assert "@everyone" not in text
        assert r"\[a\]\(http" in text


class TestTeams(NotifierContract):
    notifier = TeamsNotifier
    taken = Answer(202, body=b"")

    def settings(self, url: str) -> dict[str, object]:
        return {"url": url + "/triggers/x?sig=y"}

    def sizes(self, content: Any) -> Sizes:
        yield len(json.dumps(content, ensure_ascii=False).encode()), 28 * 1024

    async def test_the_card(self, sink: HttpSink, tmp_path: Path) -> None:
        await self.send(tmp_path, sink, message_of(some_alerts(1), "k"))
        (attachment,) = sink.received[0].content["attachments"]
        assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
        card = attachment["content"]
        assert (card["type"], card["version"], card["body"][0]["color"]) == ("AdaptiveCard", "1.4", "Attention")
        assert [action["title"] for action in card["actions"]] == ["Open", "Acknowledge"]


class TestTelegram(NotifierContract):
    notifier = TelegramNotifier
    taken = Answer(body=b'{"ok": true, "result": {"message_id": 7}}')

    def settings(self, url: str) -> dict[str, object]:
        return {"bot_token": "12:ab-C", "chat_id": "-100", "api_url": url, "thread_id": 3}

    def sizes(self, content: Any) -> Sizes:
        yield utf16(content["text"]), 4096

    async def test_html_is_escaped(self, sink: HttpSink, tmp_path: Path) -> None:
        receipt = await self.send(tmp_path, sink, message_of(some_alerts(1), "k"))
        assert receipt.reference == "7"
        assert sink.received[0].path == "/bot12:ab-C/sendMessage"
        body = sink.received[0].content
        assert (body["chat_id"], body["parse_mode"], body["message_thread_id"]) == ("-100", "HTML", 3)
        assert "&lt;b&gt;x&lt;/b&gt;" in body["text"]
        assert '<a href="http://localhost:8450/ack?x=1&amp;y=2">Acknowledge</a>' in body["text"]

    async def test_what_it_asks_for(self, sink: HttpSink, tmp_path: Path) -> None:
        error = await self.refused(tmp_path / "a", sink, Answer(429, body=b'{"parameters": {"retry_after": 31}}'))
        assert (error.is_permanent, error.retry_after_s) == (False, 31)
        moved = Answer(400, body=b'{"ok": false, "parameters": {"migrate_to_chat_id": -1007}}')
        assert "-1007" in str(await self.refused(tmp_path / "b", sink, moved))


class TestPagerDuty(NotifierContract):
    notifier = PagerDutyNotifier
    taken = Answer(202, body=b'{"status": "success", "message": "Event processed", "dedup_key": "d"}')

    def settings(self, url: str) -> dict[str, object]:
        return {"routing_key": "r" * 32, "api_url": url}

    def sizes(self, content: Any) -> Sizes:
        yield len(content["payload"]["summary"]), 1024
        yield len(json.dumps(content).encode()), 512 * 1024

    def key(self, received: Received) -> str:
        return str(received.content["dedup_key"])

    async def test_one_incident_from_trigger_to_resolve(self, sink: HttpSink, tmp_path: Path) -> None:
        await self.send(tmp_path / "a", sink, message_of(some_alerts(2), "k1"))
        await self.send(tmp_path / "b", sink, message_of(some_alerts(2, status=RESOLVED), "k2"))
        first, last = (received.content for received in sink.received)
        assert (first["event_action"], last["event_action"]) == ("trigger", "resolve")
        assert first["dedup_key"] == last["dedup_key"]
        assert sink.received[0].path == "/v2/enqueue"
        assert (first["payload"]["severity"], first["payload"]["source"]) == ("critical", "obsv")
        assert first["links"][1] == {"href": "http://localhost:8450/ack?x=1&y=2", "text": "Acknowledge"}

    async def test_resolved_is_told_too(self, sink: HttpSink, tmp_path: Path) -> None:
        await self.send(tmp_path, sink, message_of(some_alerts(1, status=RESOLVED), "k"))
        assert set(sink.received[0].content) == {"routing_key", "event_action", "dedup_key"}


class TestNtfy(NotifierContract):
    notifier = NtfyNotifier
    taken = Answer(body=b'{"id": "abc"}')

    def settings(self, url: str) -> dict[str, object]:
        return {"topic": "ops", "server": url, "token": "tk_1"}

    def sizes(self, content: Any) -> Sizes:
        yield len(content["message"].encode()), 4096

    def key(self, received: Received) -> str:
        assert received.content["sequence_id"] == "dlv_key"
        return str(received.content["sequence_id"])

    async def test_as_json(self, sink: HttpSink, tmp_path: Path) -> None:
        assert (await self.send(tmp_path, sink, message_of(some_alerts(1), "k"))).reference == "abc"
        body = sink.received[0].content
        assert (body["topic"], body["priority"], body["tags"]) == ("ops", 5, ["rotating_light"])
        assert sink.received[0].headers["authorization"] == "Bearer tk_1"


class TestGotify(NotifierContract):
    notifier = GotifyNotifier
    taken = Answer(body=b'{"id": 3}')

    def settings(self, url: str) -> dict[str, object]:
        return {"server": url, "token": "A1"}

    async def test_the_message(self, sink: HttpSink, tmp_path: Path) -> None:
        assert (await self.send(tmp_path, sink, message_of(some_alerts(1), "k"))).reference == "3"
        (got,) = sink.received
        assert (got.path, got.headers["x-gotify-key"], got.content["priority"]) == ("/message", "A1", 8)


class TestPushover(NotifierContract):
    notifier = PushoverNotifier
    taken = Answer(body=b'{"status": 1, "request": "q"}')

    def settings(self, url: str) -> dict[str, object]:
        return {"token": "t", "user": "u", "api_url": url, "is_emergency": True}

    def sizes(self, content: Any) -> Sizes:
        yield len(content["message"]), 1024
        yield len(content["title"]), 250

    async def test_an_emergency(self, sink: HttpSink, tmp_path: Path) -> None:
        await self.send(tmp_path, sink, message_of(some_alerts(1), "k"))
        form = sink.received[0].content
        assert (form["priority"], form["retry"], form["expire"], form["html"]) == ("2", "60", "3600", "1")
        assert (sink.received[0].path, form["token"], form["user"]) == ("/1/messages.json", "t", "u")

    async def test_a_quota_says_when_it_begins_anew(self, sink: HttpSink, tmp_path: Path) -> None:
        error = await self.refused(tmp_path, sink, Answer(429, {"x-limit-app-reset": "1800000600"}))
        assert error.retry_after_s == 600


class TestMattermost(NotifierContract):
    notifier = MattermostNotifier
    taken = Answer(body=b"ok")

    def settings(self, url: str) -> dict[str, object]:
        return {"url": url + "/hooks/x", "channel": "town"}

    def sizes(self, content: Any) -> Sizes:
        attachment = content["attachments"][0]
        yield len(attachment["title"]) + len(attachment["text"]), 16_383

    async def test_the_post(self, sink: HttpSink, tmp_path: Path) -> None:
        await self.send(tmp_path, sink, message_of(some_alerts(1), "k"))
        assert sink.received[0].content["channel"] == "town"
        assert "@everyone" not in sink.received[0].content["attachments"][0]["text"]


class TestMatrix(NotifierContract):
    notifier = MatrixNotifier
    taken = Answer(body=b'{"event_id": "$e"}')

    def settings(self, url: str) -> dict[str, object]:
        return {"homeserver": url, "access_token": "syt", "room_id": "!r:example.org"}

    def sizes(self, content: Any) -> Sizes:
        yield len(json.dumps(content, ensure_ascii=False).encode()), 60_000

    def key(self, received: Received) -> str:
        return received.path

    async def test_four_bytes_a_character_fit_too(self, sink: HttpSink, tmp_path: Path) -> None:
        await self.send(tmp_path, sink, message_of(some_alerts(1), "k", text="\U0001f525" * 15_000))
        assert len(sink.received[0].body) <= 65_000

    async def test_the_transaction(self, sink: HttpSink, tmp_path: Path) -> None:
        assert (await self.send(tmp_path, sink, message_of(some_alerts(1), "dlv_key"))).reference == "$e"
        (got,) = sink.received
        assert got.method == "PUT"
        assert got.path == "/_matrix/client/v3/rooms/%21r%3Aexample.org/send/m.room.message/dlv_key"
        assert got.headers["authorization"] == "Bearer syt"
        assert "&lt;b&gt;x&lt;/b&gt;" in got.content["formatted_body"]

    async def test_it_says_how_long_in_ms(self, sink: HttpSink, tmp_path: Path) -> None:
        limited = Answer(429, body=b'{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2500}')
        assert (await self.refused(tmp_path, sink, limited)).retry_after_s == 2.5


class TestTwilio(NotifierContract):
    notifier = TwilioNotifier
    taken = Answer(201, body=b'{"sid": "SM1", "status": "queued"}')

    def settings(self, url: str) -> dict[str, object]:
        account = "AC" + "0" * 32
        return {"account_sid": account, "auth_token": "t", "sender": "+15550001", "to": "+15550002", "api_url": url}

    def sizes(self, content: Any) -> Sizes:
        yield len(content["Body"]), 1600

    async def test_the_form(self, sink: HttpSink, tmp_path: Path) -> None:
        assert (await self.send(tmp_path, sink, message_of(some_alerts(1), "k"))).reference == "SM1"
        (got,) = sink.received
        assert got.path == f"/2010-04-01/Accounts/AC{'0' * 32}/Messages.json"
        assert base64.b64decode(got.headers["authorization"].split()[1]).decode() == f"AC{'0' * 32}:t"
        assert got.content["Body"].startswith("[FIRING] Disk of web-1 is almost full\nhttp://localhost")


BAD: list[tuple[Any, dict[str, object], str]] = [
    (WebhookNotifier, {"url": "ftp://x"}, "url: expected an address"),
    (WebhookNotifier, {"url": "https://x", "authorization": "a\nb"}, "authorization"),
    (TelegramNotifier, {"bot_token": "1:a/../b", "chat_id": "5"}, "bot_token"),
    (TelegramNotifier, {"bot_token": "1:a", "chat_id": "five"}, "chat_id"),
    (NtfyNotifier, {"topic": "a/b"}, "topic"),
    (MatrixNotifier, {"homeserver": "https://x", "access_token": "t", "room_id": "#alias:x"}, "room_id"),
    (TwilioNotifier, {"account_sid": "x", "auth_token": "t", "sender": "+12345", "to": "+12345"}, "account_sid"),
]


@pytest.mark.parametrize(("notifier", "settings", "said"), BAD)
def test_settings_that_cannot_be_are_refused(notifier: Any, settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        decode(notifier.Target, settings)


def test_every_kind_draws_a_form() -> None:
    for notifier in (TelegramNotifier, PushoverNotifier, WebhookNotifier, TwilioNotifier):
        target: type[PluginSettings] = notifier.Target
        schema = schema_of(target)
        assert all("title" in field for field in schema["properties"].values())
        for secret in secrets_of(target):
            assert schema["properties"][secret]["writeOnly"] is True
