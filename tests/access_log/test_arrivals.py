"""What a token has sent, as whoever waits for its first sample is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from obsv.access_log.arrivals import MOST_TOKENS, Arrivals, words_of
from obsv.accounts import Actor
from obsv.accounts.installed import accounts
from obsv.core.clock import ManualClock
from obsv.metrics.store.types import WriteResult
from tests.access_log.conftest import API
from tests.remote import encode_request, snappy

REMOTE = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"}


async def test_samples_and_the_last_refusal_are_told_to_administrators(stage_of: Callable[[], Any]) -> None:
    async with stage_of() as stage:
        admin = await accounts().administration.create_token(stage.orgs["Acme"], "admin", frozenset({"admin:org"}))
        stage.tokens["admin"] = admin.token
        asker, writer, other = [await stage.client(name) for name in ("admin", "writer", "other")]
        listed = (await asker.get(f"{API}/tokens")).json()["tokens"]
        path = f"{API}/tokens/{next(one['id'] for one in listed if one['name'] == 'writer')}/arrivals"

        async def told() -> dict[str, Any]:
            answer = await asker.get(path)
            assert answer.status_code == 200, answer.text
            return dict(answer.json())

        assert (await told()) | {"since_ms": 0, "now_ms": 0} == {
            "since_ms": 0, "now_ms": 0, "samples": 0, "refused": 0, "last_ms": None, "refusal": None
        }  # fmt: skip
        now = int(time.time() * 1000)
        good = snappy(encode_request([({"__name__": "up", "job": "a"}, [(now - 1000, 1.0), (now, 1.0)])]))
        assert (await writer.post("/api/v1/write", content=good, headers=REMOTE)).status_code == 204
        lines = b"load 1\nfree 2\n"
        assert (await writer.post("/api/v1/import/prometheus", content=lines)).status_code < 300
        found = await told()
        assert (found["samples"], found["refused"], found["refusal"]) == (4, 0, None)
        assert found["since_ms"] <= found["last_ms"] <= found["now_ms"]
        assert (await writer.post("/api/v1/write", content=b"\xff\xff", headers=REMOTE)).status_code == 400
        first = (await told())["refusal"]
        assert first["status"] == 400
        assert "snappy" in first["words"]
        assert (await writer.post("/api/v1/import/prometheus", content=b"load forty-two\n")).status_code == 400
        assert "forty-two" in (await told())["refusal"]["words"]
        early = snappy(encode_request([({"__name__": "up", "job": "a"}, [(now + 86_400_000, 1.0)])]))
        assert (await writer.post("/api/v1/write", content=early, headers=REMOTE)).status_code == 400
        found = await told()
        assert (found["samples"], found["refused"]) == (4, 1)
        assert "too_new" in found["refusal"]["words"]
        # Another organisation's administrator does not learn that there is such a token.
        stranger = await accounts().administration.create_token(stage.orgs["Other"], "admin", frozenset({"admin:org"}))
        stage.tokens["stranger"] = stranger.token
        assert (await (await stage.client("stranger")).get(path)).status_code == 404
        assert (await other.get(path)).status_code == 403


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"title": "Bad", "detail": "line 2: no number"}', "line 2: no number"),
        (b'{"status": "error", "error": "no such metric"}', "no such metric"),
        (b'{"code": "invalid", "message": "unable to parse"}', "unable to parse"),
        (b'{"errors": ["Forbidden", "no token"]}', "Forbidden; no token"),
        (b"refused 1 samples\n", "refused 1 samples"),
        (b"\x08\x03\x12\x10the point is old", "the point is old"),
        (b"[1]", ""),
        (b"", ""),
    ],
)
def test_the_words_of_an_error_of_each_shape(body: bytes, words: str) -> None:
    assert words_of(body) == words


def test_who_sent_longest_ago_is_forgotten_first() -> None:
    arrivals = Arrivals(ManualClock())
    for number in range(MOST_TOKENS + 1):
        arrivals.begin(Actor(kind="token", org=1, token_id=str(number)))
        arrivals.take(WriteResult(accepted=1))
    assert arrivals.of(1, "0").samples == 0
    assert arrivals.of(1, "1").samples == 1
    assert arrivals.of(2, "1").samples == 0
