"""What a sender does wrong is refused with the reason, the good samples are kept, and no answer has a stack trace."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.live import Live, appliance
from tests.remote import encode_request, snappy


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with appliance(tmp_path_factory.mktemp("bad"), env={"OBSV_SERVER__MAX_BODY_BYTES": "1MiB"}) as running:
        yield running


@pytest.fixture(scope="module")
def token(live: Live) -> str:
    return live.token()


def call(live: Live, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=10)
    try:
        connection.request(method, path, body, {"Host": f"localhost:{live.port}", **(headers or {})})
        response = connection.getresponse()
        answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read().decode())
    finally:
        connection.close()
    assert "Traceback" not in answer.text
    assert ".py" not in answer.text
    return answer


def write(live: Live, token: str, body: bytes, **headers: str) -> Answer:
    given = {"Authorization": f"Bearer {token}", "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"}
    return call(live, "POST", "/api/v1/write", body, {**given, **{k.replace("_", "-"): v for k, v in headers.items()}})


def one(name: str, samples: list[tuple[int, float]], **labels: str) -> bytes:
    return snappy(encode_request([({"__name__": name, **labels}, samples)]))


def values(live: Live, token: str, expression: str) -> list[list[object]]:
    params = urllib.parse.urlencode({"query": expression})
    answer = call(live, "GET", f"/api/v1/query?{params}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 200, answer.text
    return [row.get("values") or row["value"] for row in json.loads(answer.text)["data"]["result"]]


NOW = int(time.time() * 1000)


def test_without_or_with_a_wrong_token(live: Live) -> None:
    for given in ("", "nonsense", "obsv_org_aaaaaaaa_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb_cccccc"):
        answer = write(live, given, one("x", [(NOW, 1)]))
        assert answer.status == 401
        assert "www-authenticate" in answer.headers
    assert call(live, "GET", "/api/v1/query?query=1").status == 401


def test_a_token_without_the_scope(live: Live) -> None:
    reader, writer = live.token("metrics:read"), live.token("metrics:write")
    assert write(live, reader, one("x", [(NOW, 1)])).status == 403
    answer = call(live, "GET", "/api/v1/query?query=1", headers={"Authorization": f"Bearer {writer}"})
    assert answer.status == 403
    assert json.loads(answer.text)["status"] == "error"


def test_basic_authentication_takes_the_token_as_password(live: Live, token: str) -> None:
    from base64 import b64encode

    basic = b64encode(f"anyone:{token}".encode()).decode()
    assert write(live, token, one("basic_total", [(NOW, 1)]), Authorization=f"Basic {basic}").status == 204


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xff\xff", b"not snappy at all", snappy(b"\x0a\xff\x01"), snappy(b"\x0a\x05abc")]
)
def test_broken_bodies_are_named(live: Live, token: str, body: bytes) -> None:
    answer = write(live, token, body)
    # An empty request is a valid one in protobuf, though not in snappy.
    assert answer.status == 400
    assert answer.text.strip()


def test_a_body_over_the_limit(live: Live, token: str) -> None:
    assert write(live, token, b"\0" * ((1 << 20) + 1)).status == 413


def test_a_bomb_is_refused_before_it_is_unpacked(live: Live, token: str) -> None:
    assert write(live, token, b"\xff\xff\xff\xff\x0f" + b"\0" * 10).status in (400, 413)


def test_other_versions_and_encodings(live: Live, token: str) -> None:
    body = one("x", [(NOW, 1)])
    assert write(live, token, body, Content_Encoding="br").status == 415
    assert write(live, token, body, Content_Type="text/plain").status == 415
    two = "application/x-protobuf;proto=io.prometheus.write.v9.Request"
    assert write(live, token, body, Content_Type=two, X_Prometheus_Remote_Write_Version="2.0.0").status == 415


def test_good_samples_are_kept_beside_bad_ones(live: Live, token: str) -> None:
    assert write(live, token, one("mixed", [(NOW, 1.0)])).status == 204
    body = snappy(
        encode_request(
            [
                ({"__name__": "mixed"}, [(NOW - 7_200_000, 0.0), (NOW + 1000, 2.0), (NOW + 3_600_000, 9.0)]),
                ({"__name__": "bad", **{f"l{i}": "x" for i in range(60)}}, [(NOW, 1.0)]),
                ({"__name__": "long", "l": "x" * 5000}, [(NOW, 1.0)]),
            ]
        )
    )
    answer = write(live, token, body)
    assert answer.status == 400
    for reason in ("old", "label"):
        assert reason in answer.text
    assert [float(v) for _, v in values(live, token, f"mixed[1h] @ {NOW / 1000 + 5}")[0]] == [1.0, 2.0]  # type: ignore[misc]  # pairs
    own = call(live, "GET", "/metrics", headers={"Authorization": f"Bearer {token}"}).text
    counted = dict(
        line.rsplit(" ", 1) for line in own.splitlines() if line.startswith("obsv_ingest_refused_samples_total")
    )
    assert int(counted['obsv_ingest_refused_samples_total{reason="too_old"}']) >= 1
    assert int(counted['obsv_ingest_refused_samples_total{reason="too_new"}']) >= 1
    assert int(counted['obsv_ingest_refused_samples_total{reason="labels"}']) >= 2


def test_the_same_sample_twice_is_fine_another_value_is_not(live: Live, token: str) -> None:
    assert write(live, token, one("twice", [(NOW, 1.0)])).status == 204
    assert write(live, token, one("twice", [(NOW, 1.0)])).status == 204
    answer = write(live, token, one("twice", [(NOW, 2.0)]))
    assert answer.status == 400
    assert "duplicate" in answer.text


def test_a_bad_query_names_its_position(live: Live, token: str) -> None:
    params = urllib.parse.urlencode({"query": "sum(rate(x[5m])) +"})
    answer = call(live, "GET", f"/api/v1/query?{params}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 400
    body = json.loads(answer.text)
    assert body["errorType"] == "bad_data"
    assert body["error"].startswith('invalid parameter "query": 1:19: parse error: ')


def test_organisations_never_see_each_other(live: Live, token: str) -> None:
    live.cli("admin", "create-user", "--email", "c@example.org", "--name", "Charlie", "--org", "Other", "--role", "owner",
             "--password-stdin", stdin="a long enough password 7\n")  # fmt: skip
    other = live.token(org="other")
    assert write(live, token, one("mine", [(NOW, 1.0)])).status == 204
    assert write(live, other, one("theirs", [(NOW, 1.0)])).status == 204
    assert values(live, other, "mine") == []
    assert values(live, token, "theirs") == []
    names = call(live, "GET", "/api/v1/label/__name__/values", headers={"Authorization": f"Bearer {other}"})
    assert json.loads(names.text)["data"] == ["theirs"]


def test_what_is_not_there_answers_in_its_surface(live: Live) -> None:
    assert json.loads(call(live, "GET", "/api/v1/nothing").text)["status"] == "error"
    problem = call(live, "GET", "/api/obsv/v1/nothing")
    assert problem.headers["content-type"].startswith("application/problem+json")
    assert json.loads(problem.text)["status"] == 404
    assert "<html" in call(live, "GET", "/nothing").text
