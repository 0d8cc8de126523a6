"""How answers of the server decide about a batch."""

from __future__ import annotations

import email.utils
import logging
import socket
import threading
import time

import pytest

from obsv.agent.client import HttpClient
from obsv.agent.send import Sender, write_url
from obsv.agent.series import Batch
from obsv.agent.spool import Spool


@pytest.fixture
def spool(tmp_path):
    spool = Spool(str(tmp_path))
    yield spool
    spool.close()


@pytest.fixture
def said(caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("obsv.agent"), "propagate", True)
    caplog.set_level(logging.INFO, "obsv.agent")
    return caplog


@pytest.fixture
def sender(sink, spool, closing) -> Sender:
    client = HttpClient(write_url(sink.url), timeout=5)
    return closing(Sender(client, spool, "secret", uniform=lambda low, high: high))


def send(sender: Sender, spool: Spool) -> float:
    stored = spool.oldest()
    assert stored is not None
    return sender.send(stored)


def test_what_goes_over_the_wire(sink, spool, sender):
    spool.put(Batch(b"body", 3))
    assert send(sender, spool) == 0
    headers = sink.headers[0]
    assert headers["Authorization"] == "Bearer secret"
    assert headers["Content-Encoding"] == "snappy"
    assert headers["Content-Type"] == "application/x-protobuf"
    assert headers["X-Prometheus-Remote-Write-Version"] == "0.1.0"
    assert headers["User-Agent"].startswith("obsv-agent/")
    assert (sink.paths, sink.bodies, len(spool), sender.sent_samples) == (["/api/v1/write"], [b"body"], 0, 3)


@pytest.mark.parametrize("status", [500, 503, 429, 408, 301])
def test_the_server_s_trouble_keeps_the_batch(sink, spool, sender, status):
    sink.answers = [(status, {}, b"busy"), (status, {}, b"busy")]
    spool.put(Batch(b"body", 1))
    assert [send(sender, spool) for _ in range(3)] == [2.0, 4.0, 0.0]
    assert sink.bodies == [b"body"]


def test_backoff_grows_to_a_minute_and_starts_anew_after_success(sink, spool, sender):
    sink.answers = [(503, {}, b"")] * 10
    spool.put(Batch(b"body", 1))
    waits = [send(sender, spool) for _ in range(10)]
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    assert send(sender, spool) == 0
    sink.answers = [(503, {}, b"")]
    spool.put(Batch(b"body", 1))
    assert send(sender, spool) == 2


def test_retry_after_is_honoured_as_number_and_date(sink, spool, sender):
    date = email.utils.formatdate(time.time() + 30, usegmt=True)
    sink.answers = [
        (429, {"Retry-After": "7"}, b""),
        (503, {"Retry-After": date}, b""),
        (503, {"Retry-After": "x"}, b""),
    ]
    spool.put(Batch(b"body", 1))
    first, second, third = (send(sender, spool) for _ in range(3))
    assert 7 <= first <= 14
    assert 28 <= second <= 60
    assert third == 8


def test_a_refused_batch_is_dropped_with_the_server_s_words(sink, spool, sender, said):
    sink.answers = [(400, {}, b"out of order\nsample for node_load1")]
    spool.put(Batch(b"bad", 9))
    spool.put(Batch(b"good", 1))
    assert send(sender, spool) == 0
    assert send(sender, spool) == 0
    assert sink.bodies == [b"good"]
    assert sender.refused_samples == 9
    assert "answers 400: out of order sample for node_load1" in said.text
    assert "dropped" in said.text


def test_the_same_refusal_again_and_again_is_not_logged_every_time(sink, spool, sender, said):
    sink.answers = [(400, {}, b"series limit")] * 5
    for _ in range(5):
        spool.put(Batch(b"bad", 9))
        send(sender, spool)
    assert said.text.count("series limit") == 1
    assert sender.refused_samples == 45


@pytest.mark.parametrize(
    ("status", "advice"), [(401, "token is missing or wrong"), (403, "lacks the scope"), (404, "--url")]
)
def test_a_mistaken_set_up_keeps_data_and_says_what_to_do(sink, spool, sender, said, status, advice):
    sink.answers = [(status, {}, b"no")]
    spool.put(Batch(b"body", 1))
    assert send(sender, spool) > 0
    assert len(spool) == 1
    assert advice in said.text
    assert "secret" not in said.text


def test_a_redirect_names_where_to(sink, spool, sender, said):
    sink.answers = [(308, {"Location": "https://elsewhere.example/api/v1/write"}, b"")]
    spool.put(Batch(b"body", 1))
    send(sender, spool)
    assert "https://elsewhere.example/api/v1/write" in said.text


def test_no_server_at_all(spool, said):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = HttpClient(f"http://127.0.0.1:{unused.getsockname()[1]}/api/v1/write", timeout=1)
        sender = Sender(client, spool, "", uniform=lambda low, high: high)
        spool.put(Batch(b"body", 1))
        assert send(sender, spool) == 2
    assert "Connection refused" in said.text


def test_a_connection_closed_between_requests_is_opened_anew(sink, spool, sender):
    spool.put(Batch(b"one", 1))
    assert send(sender, spool) == 0
    sender._client._connection.sock.shutdown(socket.SHUT_RDWR)
    spool.put(Batch(b"two", 1))
    assert send(sender, spool) == 0
    assert sink.bodies == [b"one", b"two"]


def test_the_thread_drains_oldest_first_and_ends_when_told(sink, spool, sender):
    for number in range(5):
        spool.put(Batch(b"%d" % number, 1))
    thread = threading.Thread(target=sender.run)
    thread.start()
    deadline = time.monotonic() + 5
    while len(spool) and time.monotonic() < deadline:
        time.sleep(0.01)
    spool.put(Batch(b"last", 1))
    sender.stop(2.0)
    thread.join(5)
    assert not thread.is_alive()
    assert sink.bodies == [b"0", b"1", b"2", b"3", b"4", b"last"]


@pytest.mark.parametrize(
    ("given", "whole"),
    [
        ("http://localhost:8450", "http://localhost:8450/api/v1/write"),
        ("https://o.example/", "https://o.example/api/v1/write"),
        ("https://o.example/obsv/", "https://o.example/obsv/api/v1/write"),
        ("https://o.example/api/v1/write", "https://o.example/api/v1/write"),
        ("https://o.example/api/v1/push", "https://o.example/api/v1/push"),
        ("localhost:8450", "http://localhost:8450/api/v1/write"),
    ],
)
def test_addresses_are_completed(given, whole):
    assert write_url(given) == whole
