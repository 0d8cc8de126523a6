"""Sign-in at a real provider process: what is right comes through, and whatever is spoiled does not."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from obsv.accounts.oauth import CallbackParams, FlowPurpose, Identity, declared_hosts
from obsv.config import AuthProvider
from obsv.core.clock import ManualClock
from obsv.core.errors import BadRequest, Forbidden, Invalid, NotFound, Unavailable
from obsv.db import fetch
from tests.accounts.oauth.conftest import Elsewhere, Ways


@pytest.fixture
def engine_name() -> str:
    """The database is only the ledger's here."""
    return "sqlite"


ANN = Identity("corp", "", "person-1", "ann@example.org", True, "Ann Example")


def known(identity: Identity) -> Identity:
    """Without what differs from run to run."""
    return msgspec.structs.replace(identity, issuer="", token="")


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
async def test_openid_connect(ways: Ways, elsewhere: Elsewhere, alg: str) -> None:
    elsewhere.switch(alg=alg)
    identity = await ways.come_back()
    assert known(identity) == ANN
    assert identity.issuer == elsewhere.url
    assert identity.token.startswith("oidc-access-")
    assert elsewhere.paths() == [
        "GET /.well-known/openid-configuration",
        "GET /authorize",
        "POST /token",
        "GET /jwks",
    ]
    assert {(line["purpose"], line["recipient"], line["host"], line["outcome"]) for line in await ledger()} == {
        ("sign_in", "corp", "127.0.0.1", "done")
    }


async def ledger() -> list[dict[str, Any]]:
    return await fetch("SELECT * FROM egress_calls ORDER BY id")


async def test_what_the_provider_is_asked(ways: Ways, elsewhere: Elsewhere) -> None:
    await ways.come_back()
    _, authorize, token, _ = elsewhere.log()
    query = authorize["query"]
    assert (query["response_type"], query["scope"]) == ("code", "openid email profile")
    assert query["redirect_uri"] == "http://localhost:8450/login/oauth/corp/callback"
    assert query["code_challenge_method"] == "S256"
    assert len({query["state"], query["nonce"], query["code_challenge"]}) == 3
    assert "client_secret" not in query
    assert "prompt" not in query
    assert token["auth"] == "Basic"
    assert sorted(token["form"]) == ["code", "code_verifier", "grant_type", "redirect_uri"]


async def test_nothing_is_asked_twice_that_can_be_kept(ways: Ways, elsewhere: Elsewhere, clock: ManualClock) -> None:
    await ways.come_back()
    elsewhere.log()
    await ways.come_back()
    assert elsewhere.paths() == ["GET /authorize", "POST /token"]
    clock.advance(3601)
    await ways.begin()
    assert elsewhere.paths() == ["GET /.well-known/openid-configuration"]


async def test_client_authentication_as_the_provider_wants_it(ways: Ways, elsewhere: Elsewhere, open_ways: Any) -> None:
    elsewhere.switch(metadata={"token_endpoint_auth_methods_supported": ["client_secret_post"]})
    await ways.come_back()
    token = next(entry for entry in elsewhere.log() if entry["path"] == "/token")
    assert (token["auth"], "client_secret" in token["form"]) == ("", True)
    elsewhere.switch(metadata={"token_endpoint_auth_methods_supported": ["none"]})
    public: Ways = open_ways(elsewhere.oidc(client_secret=""))
    assert known(await public.come_back()) == ANN
    token = next(entry for entry in elsewhere.log() if entry["path"] == "/token")
    assert (token["auth"], "client_secret" in token["form"]) == ("", False)


async def test_the_address_may_be_at_the_userinfo_endpoint(ways: Ways, elsewhere: Elsewhere) -> None:
    elsewhere.switch(email_at_userinfo=True)
    assert known(await ways.come_back()) == ANN
    elsewhere.switch(email_at_userinfo=True, userinfo_sub="person-2")
    with pytest.raises(Forbidden, match="another person"):
        await ways.come_back()
    elsewhere.switch(email=None)
    identity = await ways.come_back()
    assert (identity.email, identity.email_verified) == ("", False)


@pytest.mark.parametrize(
    ("told", "verified"),
    [(True, True), ("true", True), (False, False), ("false", False), ("yes", False), (None, False)],
)
async def test_whether_the_address_is_verified(ways: Ways, elsewhere: Elsewhere, told: object, verified: bool) -> None:
    elsewhere.switch(email_verified=told)
    assert (await ways.come_back()).email_verified is verified


async def test_github(ways: Ways, elsewhere: Elsewhere) -> None:
    emails = [
        {"email": "old@example.org", "primary": False, "verified": True, "visibility": None},
        {"email": "ann@example.org", "primary": True, "verified": True, "visibility": "public"},
    ]
    elsewhere.switch(sub="42", emails=emails)
    identity = await ways.come_back("hub")
    assert known(identity) == Identity("hub", "", "42", "ann@example.org", True, "Ann Example")
    authorize, token, *_ = elsewhere.log()
    assert authorize["query"]["scope"] == "read:user user:email"
    assert "code_verifier" in token["form"]
    elsewhere.switch(sub="42", name="", emails=[{**emails[1], "verified": False}])
    identity = await ways.come_back("hub")
    assert (identity.email, identity.email_verified, identity.name) == ("", False, "ann-e")


async def test_consent_is_taken_back(ways: Ways, elsewhere: Elsewhere) -> None:
    elsewhere.switch(sub="42")
    for slug in ("corp", "hub"):
        identity = await ways.come_back(slug)
        elsewhere.log()
        provider = ways.flows.provider(slug)
        assert await provider.revoke(identity.token)
        assert len(elsewhere.log()) == 1
    assert not await ways.flows.provider("hub").revoke("never given")
    elsewhere.switch(answers={"/revoke": {"status": 503}})
    assert not await ways.flows.provider("corp").revoke("x")


async def test_nothing_to_take_back_where_the_provider_cannot(ways: Ways, elsewhere: Elsewhere) -> None:
    elsewhere.switch(metadata={"revocation_endpoint": None})
    assert (await ways.come_back()).token == ""
    assert not await ways.flows.provider("corp").revoke("x")


async def test_who_is_signed_in_can_confirm_there(ways: Ways, elsewhere: Elsewhere) -> None:
    assert known(await ways.come_back(purpose=FlowPurpose.STEP_UP)) == ANN
    query = elsewhere.log()[1]["query"]
    assert (query["prompt"], query["max_age"]) == ("login", "0")
    for auth_time in (None, 1_000):
        elsewhere.switch(claims={"auth_time": auth_time})
        with pytest.raises(Forbidden, match="signed in there just now"):
            await ways.come_back(purpose=FlowPurpose.STEP_UP)
    with pytest.raises(Invalid, match="cannot confirm"):
        await ways.begin("hub", FlowPurpose.STEP_UP)


# -- the browser --------------------------------------------------------------------------------------------------


async def test_only_the_browser_that_began_comes_back(ways: Ways) -> None:
    (url, mine), (_, other) = await ways.begin(), await ways.begin()
    params = await ways.visit(url)
    assert len({mine.state, mine.nonce, mine.verifier, other.state, other.nonce, other.verifier}) == 6
    for flow, slug, sent in (
        (None, "corp", params),  # no session, or its flow was used
        (other, "corp", params),  # an attacker's code in the victim's browser
        (mine, "hub", params),  # to another provider's address
        (mine, "corp", msgspec.structs.replace(params, state="")),
        (mine, "corp", CallbackParams(code=params.code)),
    ):
        with pytest.raises(BadRequest, match="not begun in this browser") as refused:
            await ways.flows.finish(flow, slug, sent)
        assert refused.value.code == "oauth_not_begun"
    assert (await ways.flows.finish(mine, "corp", params)).subject == "person-1"


async def test_a_code_works_once(ways: Ways) -> None:
    url, flow = await ways.begin()
    params = await ways.visit(url)
    await ways.flows.finish(flow, "corp", params)
    with pytest.raises(Forbidden, match="did not let you through"):
        await ways.flows.finish(flow, "corp", params)


async def test_a_flow_lasts_ten_minutes(ways: Ways, clock: ManualClock) -> None:
    url, flow = await ways.begin()
    params = await ways.visit(url)
    clock.advance(601)
    with pytest.raises(BadRequest, match="ten minutes"):
        await ways.flows.finish(flow, "corp", params)


async def test_the_provider_checks_the_verifier(ways: Ways, elsewhere: Elsewhere) -> None:
    for slug in ("corp", "hub"):
        url, flow = await ways.begin(slug)
        params = await ways.visit(url)
        stolen = msgspec.structs.replace(flow, verifier="x" * 43)
        with pytest.raises(Forbidden, match="did not let you through"):
            await ways.flows.finish(stolen, slug, params)


async def test_who_does_not_consent_is_told(ways: Ways, elsewhere: Elsewhere) -> None:
    elsewhere.switch(denies="access_denied")
    with pytest.raises(Forbidden, match="was not allowed to tell who you are"):
        await ways.come_back()
    elsewhere.switch(denies="<script>")
    with pytest.raises(Forbidden) as refused:
        await ways.come_back()
    assert "script" not in refused.value.detail
    _, flow = await ways.begin()
    with pytest.raises(BadRequest, match="neither a code nor a reason"):
        await ways.flows.finish(flow, "corp", CallbackParams(state=flow.state, iss=elsewhere.url))
    with pytest.raises(NotFound):
        await ways.begin("nobody")


# -- answers that must not be believed -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switches", "why"),
    [
        ({"claims": {"nonce": "another"}}, "belongs to another sign-in"),
        ({"claims": {"nonce": None}}, "belongs to another sign-in"),
        ({"claims": {"iss": "https://evil.example"}}, "from another issuer"),
        ({"claims": {"aud": "another"}}, "for another application"),
        ({"claims": {"aud": ["obsv-test", "another"]}}, "for another application"),
        ({"claims": {"aud": []}}, "for another application"),
        ({"claims": {"azp": "another"}}, "given to another application"),
        ({"claims": {"aud": ["obsv-test", "another"], "azp": "another"}}, "given to another application"),
        ({"claims": {"exp": 1_000}}, "has expired"),
        ({"claims": {"iat": 4_000_000_000}}, "not made during this sign-in"),
        ({"claims": {"iat": 1_000}}, "not made during this sign-in"),
        ({"claims": {"sub": ""}}, "does not say who"),
        ({"claims": {"sub": "x" * 256}}, "does not say who"),
        ({"claims": {"sub": None}}, "another form than expected"),
        ({"claims": {"exp": "soon"}}, "another form than expected"),
        ({"alg": "none"}, "not signed with RS256"),
        ({"alg": "none", "kid": "k1-RS256"}, "not signed with RS256"),
        ({"alg": "HS256", "kid": "k1-RS256"}, "not signed with RS256"),
        ({"alg": "ES256", "kid": "k1-RS256"}, "does not publish"),
        ({"alg": "RS256", "kid": ""}, None),
        ({"key": "hidden"}, "signature of the id token is not right"),
        ({"key": "hidden", "alg": "ES256"}, "signature of the id token is not right"),
        ({"key": "hidden", "alg": "EdDSA"}, "signature of the id token is not right"),
        ({"kid": "nobody's"}, "does not publish"),
        ({"key": "short"}, "fewer than 2048 bits"),
        ({"iss": "https://evil.example"}, "from another provider"),
        ({"iss": ""}, "from another provider"),
        ({"iss": "", "denies": "access_denied"}, "from another provider"),
        ({"answers": {"/token": {"body": {"id_token": "a.b"}}}}, "cannot be read"),
        ({"answers": {"/token": {"body": {"id_token": "é.b.c"}}}}, "cannot be read"),
        ({"answers": {"/token": {"body": {"access_token": "x"}}}}, "another form than expected"),
        ({"answers": {"/token": {"body": "nonsense"}}}, "another form than expected"),
        ({"answers": {"/jwks": {"body": {"keys": [{"kid": 3}]}}}}, "another form than expected"),
        ({"answers": {"/jwks": {"body": {"keys": []}}}}, "does not publish"),
    ],
)  # fmt: skip
async def test_spoiled_answers(ways: Ways, elsewhere: Elsewhere, switches: dict[str, Any], why: str | None) -> None:
    elsewhere.switch(**switches)
    if why is None:
        assert known(await ways.come_back()) == ANN
        return
    with pytest.raises(Forbidden, match=why) as refused:
        await ways.come_back()
    assert refused.value.code == "oauth_refused"


async def test_no_iss_where_none_was_announced(ways: Ways, elsewhere: Elsewhere) -> None:
    elsewhere.switch(iss="", metadata={"authorization_response_iss_parameter_supported": None})
    assert known(await ways.come_back()) == ANN


async def test_clocks_may_differ_by_a_minute(ways: Ways, clock: ManualClock) -> None:
    clock.advance(-50)
    assert known(await ways.come_back()) == ANN
    clock.advance(100)
    assert known(await ways.come_back()) == ANN
    clock.advance(30)
    with pytest.raises(Forbidden, match="is a clock wrong"):
        await ways.come_back()


async def test_a_new_key_is_looked_for_once(ways: Ways, elsewhere: Elsewhere) -> None:
    await ways.come_back()
    elsewhere.log()
    elsewhere.switch(key="fresh")
    assert known(await ways.come_back()) == ANN
    assert elsewhere.paths().count("GET /jwks") == 1
    elsewhere.switch(kid="nobody's")
    with pytest.raises(Forbidden, match="does not publish"):
        await ways.come_back()
    assert elsewhere.paths().count("GET /jwks") == 1


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({"issuer": "https://evil.example"}, "names another issuer"),
        ({"token_endpoint": "http://evil.example/token"}, "token_endpoint is not an https"),
        ({"token_endpoint": "https://evil.example/token"}, "at evil.example, which `hosts` does not list"),
        ({"authorization_endpoint": "https://evil.example/"}, "authorization_endpoint is at evil.example"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint is not an https"),
        ({"jwks_uri": "file:///etc/passwd"}, "jwks_uri is not an https"),
        ({"jwks_uri": "http://[::1"}, "jwks_uri is not an address"),
        ({"jwks_uri": None}, "another form than expected"),
    ],
)
async def test_spoiled_descriptions(
    ways: Ways, elsewhere: Elsewhere, clock: ManualClock, metadata: dict[str, Any], why: str
) -> None:
    elsewhere.switch(metadata=metadata)
    with pytest.raises(Forbidden, match=why):
        await ways.begin()
    elsewhere.switch()
    clock.advance(3)
    assert known(await ways.come_back()) == ANN  # what was wrong is not kept


async def test_who_waits_for_a_silent_provider_waits_once(
    ways: Ways, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("obsv.accounts.oauth.calls.TIMEOUT_S", 0.3)
    elsewhere.switch(answers={"/.well-known/openid-configuration": {"delay_s": 0.6}})
    outcomes = await asyncio.gather(*(ways.begin() for _ in range(5)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 5
    assert len(await ledger()) == 1


# -- the network ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/jwks", "/userinfo"])
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 302, "headers": {"location": "http://169.254.169.254/latest/meta-data"}},
        {"status": 500},
        {"bytes": 300_000},
        {"delay_s": 6},
    ],
    ids=["redirect", "error", "huge", "slow"],
)
async def test_answers_are_direct_small_and_quick(
    ways: Ways, elsewhere: Elsewhere, path: str, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("obsv.accounts.oauth.calls.TIMEOUT_S", 0.3)
    if "delay_s" in fault:
        fault = {"delay_s": 0.8}
    elsewhere.switch(answers={path: fault}, email_at_userinfo=True)
    with pytest.raises(Unavailable, match="cannot be asked at this moment") as refused:
        await ways.come_back()
    assert refused.value.code == "oauth_unreachable"
    assert {line["host"] for line in await ledger()} == {"127.0.0.1"}


async def test_private_addresses_need_leave(open_ways: Any, elsewhere: Elsewhere) -> None:
    """Also where the operator's policy for all else is generous."""
    for issuer in (elsewhere.url, "https://10.0.0.1", "https://169.254.169.254", "https://[::1]"):
        ways: Ways = open_ways(elsewhere.oidc(issuer=issuer, allow_private=False))
        with pytest.raises(Unavailable):
            await ways.begin()
    assert elsewhere.paths() == []
    assert {line["outcome"] for line in await ledger()} == {"refused"}
    assert "loopback address" in (await ledger())[0]["error"]


def test_the_hosts_that_are_declared() -> None:
    configs = [
        AuthProvider(slug="github", kind="github"),
        AuthProvider(slug="google", kind="google"),
        AuthProvider(slug="ghe", kind="github", issuer="https://git.example"),
        AuthProvider(slug="corp", issuer="https://id.example/realm", hosts=("keys.example",), allow_private=True),
    ]
    declared = declared_hosts(configs)
    google = {"accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com", "openidconnect.googleapis.com"}
    public = {"github.com", "api.github.com", "git.example", *google}
    assert declared.public == public
    assert declared.hosts == public | {"id.example", "keys.example"}
