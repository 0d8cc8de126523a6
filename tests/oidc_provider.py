"""A sign-in provider as a process of its own: OpenID Connect, and beside it what GitHub speaks instead.

`python -m tests.oidc_provider PORT` serves on loopback until it is ended. Everybody who comes consents at once as the
person of `Switches`. `PUT /_switches` sets what it does wrong; `GET /_log` tells what it was asked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from tests.oidc_keys import Keys, b64

CLIENT_ID = "obsv-test"
CLIENT_SECRET = "s3cret/of the+client"
DISCOVERY = "/.well-known/openid-configuration"


@dataclass
class Switches:
    """What it says and does; the defaults are right.

    `claims` and `metadata` replace members (None takes one away). `alg` may be "none" or "HS256" (keyed with what it
    publishes). `kid` replaces the header's; `key` "fresh" signs with a new key that is published then, "hidden" with
    one that never is. `iss` is the parameter beside the code ("" for none). `answers` spoils paths: `{"status",
    "headers", "delay_s", "bytes"}`.
    """

    sub: str = "person-1"
    email: str | None = "ann@example.org"
    email_verified: object = True
    name: str = "Ann Example"
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    alg: str = "RS256"
    kid: str | None = None
    key: str = ""
    iss: str | None = None
    email_at_userinfo: bool = False
    userinfo_sub: str | None = None
    denies: str = ""
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    emails: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Grant:
    """A code, and what may be had for it."""

    nonce: str
    challenge: str
    redirect_uri: str
    kind: str


class Provider:
    """All that it knows."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.switches = Switches()
        self.published = [Keys("k1")]
        self.hidden = Keys("k1")  # the same names, other keys
        self.grants: dict[str, Grant] = {}
        self.tokens: dict[str, str] = {}
        self.log: list[dict[str, Any]] = []

    def metadata(self) -> dict[str, Any]:
        urls = {
            "authorization_endpoint": "/authorize",
            "token_endpoint": "/token",
            "jwks_uri": "/jwks",
            "userinfo_endpoint": "/userinfo",
            "revocation_endpoint": "/revoke",
        }
        told = {
            "issuer": self.issuer,
            **{name: self.issuer + path for name, path in urls.items()},
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "authorization_response_iss_parameter_supported": True,
        }
        return _replaced(told, self.switches.metadata)

    def authorize(self, query: dict[str, str], kind: str) -> str:
        """Where the browser goes next."""
        assert query["client_id"] == CLIENT_ID, "unknown client"
        assert query["code_challenge_method"] == "S256"
        assert len(query["code_challenge"]) == 43
        told = {"state": query["state"]}
        iss = self.issuer if self.switches.iss is None else self.switches.iss
        if iss and kind == "oidc":
            told["iss"] = iss
        if self.switches.denies:
            return f"{query['redirect_uri']}?{urlencode({**told, 'error': self.switches.denies})}"
        code = secrets.token_urlsafe(16)
        self.grants[code] = Grant(query.get("nonce", ""), query["code_challenge"], query["redirect_uri"], kind)
        return f"{query['redirect_uri']}?{urlencode({**told, 'code': code})}"

    def redeem(self, form: dict[str, str], kind: str) -> Grant | None:
        """The grant of a code, once, for who has its verifier."""
        grant = self.grants.pop(form.get("code", ""), None)
        challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if grant is None or (grant.kind, grant.challenge) != (kind, challenge):
            return None
        return grant if grant.redirect_uri == form.get("redirect_uri") else None

    def access_token(self, kind: str) -> str:
        token = f"{kind}-access-{secrets.token_urlsafe(16)}"
        self.tokens[token] = self.switches.sub
        return token

    def id_token(self, nonce: str) -> str:
        switches, now = self.switches, int(time.time())
        claims: dict[str, Any] = {"iss": self.issuer, "aud": CLIENT_ID, "sub": switches.sub, "nonce": nonce}
        claims |= {"iat": now, "exp": now + 300, "auth_time": now, "name": switches.name}
        if not switches.email_at_userinfo:
            claims |= {"email": switches.email, "email_verified": switches.email_verified}
        keys = self.published[-1]
        if switches.key == "fresh":
            keys = Keys(f"k{len(self.published) + 1}")
            self.published.append(keys)
        elif switches.key == "hidden":
            keys = self.hidden
        elif switches.key == "short":
            keys = Keys("short", rsa_bits=1024)
            self.published.append(keys)
        header = {"alg": switches.alg, "typ": "JWT", "kid": f"{keys.prefix}-{switches.alg}"}
        header = _replaced(header, {"kid": None if switches.kid == "" else switches.kid or header["kid"]})
        claims = _replaced(claims, switches.claims)
        signed = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
        return f"{signed}.{b64(keys.sign(switches.alg, signed.encode()))}"


def _replaced(values: dict[str, Any], by: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**values, **by}.items() if value is not None}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    provider: Provider
    body = b""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        pass

    def _answer(self, status: int, body: object = None, headers: dict[str, str] | None = None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {
            "content-type": "application/json",
            "content-length": str(len(data)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # who asked may have had enough
            self.wfile.write(data)

    def _spoiled(self, path: str) -> bool:
        fault = self.provider.switches.answers.get(path)
        if fault is None:
            return False
        time.sleep(fault.get("delay_s", 0))
        if fault.get("bytes"):
            self._answer(200, "x" * fault["bytes"])
        else:
            self._answer(fault.get("status", 200), fault.get("body"), fault.get("headers"))
        return True

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        self.body = body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if parts.path == "/_switches":
            self.provider.switches = Switches(**json.loads(body))
            del self.provider.published[1:]
            self._answer(204)
            return
        if parts.path == "/_log":
            told, self.provider.log = self.provider.log, []
            self._answer(200, told)
            return
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        is_form = self.headers.get("content-type", "").startswith("application/x-www-form")
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()} if is_form else {}
        entry = {
            "method": self.command,
            "path": parts.path,
            "query": query,
            "form": form,
            "body": "" if form else body.decode(),
        }
        self.provider.log.append(entry | {"auth": self.headers.get("authorization", "").split(" ")[0]})
        if self._spoiled(parts.path):
            return
        served = getattr(self, f"_{self.command.lower()}")(parts.path, query, form)
        if not served:
            self._answer(404, {"error": "not_found"})

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def _get(self, path: str, query: dict[str, str], _: dict[str, str]) -> bool:
        provider = self.provider
        match path:
            case "/.well-known/openid-configuration":
                self._answer(200, provider.metadata())
            case "/jwks":
                self._answer(200, {"keys": [key for keys in provider.published for key in keys.public()]})
            case "/authorize":
                self._answer(302, headers={"location": provider.authorize(query, "oidc")})
            case "/login/oauth/authorize":
                self._answer(302, headers={"location": provider.authorize(query, "github")})
            case "/userinfo" | "/api/v3/user" | "/api/v3/user/emails":
                self._person(path)
            case _:
                return False
        return True

    def _person(self, path: str) -> None:
        switches, provider = self.provider.switches, self.provider
        sub = provider.tokens.get(self.headers.get("authorization", "").removeprefix("Bearer "))
        if sub is None:
            self._answer(401, {"error": "invalid_token"})
        elif path == "/userinfo":
            told = {
                "sub": switches.userinfo_sub or sub,
                "email": switches.email,
                "email_verified": switches.email_verified,
            }
            self._answer(200, told)
        elif path == "/api/v3/user":
            self._answer(200, {"id": int(sub), "login": "ann-e", "name": switches.name or None})
        else:
            self._answer(200, switches.emails)

    def _post(self, path: str, _: dict[str, str], form: dict[str, str]) -> bool:
        match path:
            case "/token":
                self._token(form)
            case "/login/oauth/access_token":
                self._github_token(form)
            case "/revoke":
                self._revoke(form)
            case _:
                return False
        return True

    def _is_client(self, form: dict[str, str]) -> bool:
        scheme, _, credentials = self.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            name, _, secret = base64.b64decode(credentials).decode().partition(":")
            return (unquote_plus(name), unquote_plus(secret)) == (CLIENT_ID, CLIENT_SECRET)
        return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)

    def _token(self, form: dict[str, str]) -> None:
        provider = self.provider
        is_public = provider.switches.metadata.get("token_endpoint_auth_methods_supported") == ["none"]
        if not is_public and not self._is_client(form):
            self._answer(401, {"error": "invalid_client"})
            return
        grant = provider.redeem(form, "oidc")
        if grant is None or form.get("grant_type") != "authorization_code":
            self._answer(400, {"error": "invalid_grant"})
            return
        told = {"access_token": provider.access_token("oidc"), "token_type": "Bearer", "expires_in": 300}
        self._answer(200, told | {"id_token": provider.id_token(grant.nonce)})

    def _github_token(self, form: dict[str, str]) -> None:
        if not self._is_client(form):
            self._answer(200, {"error": "incorrect_client_credentials"})
        elif self.provider.redeem(form, "github") is None:
            self._answer(200, {"error": "bad_verification_code"})
        else:
            token = self.provider.access_token("github")
            self._answer(200, {"access_token": token, "token_type": "bearer", "scope": "read:user,user:email"})

    def _revoke(self, form: dict[str, str]) -> None:
        if not self._is_client(form):
            self._answer(401, {"error": "invalid_client"})
            return
        self.provider.tokens.pop(form.get("token", ""), None)
        self._answer(200)

    def _delete(self, path: str, _: dict[str, str], form: dict[str, str]) -> bool:
        if path != f"/api/v3/applications/{CLIENT_ID}/grant":
            return False
        token = json.loads(self.body)["access_token"]
        known = self._is_client(form) and self.provider.tokens.pop(token, None)
        self._answer(204 if known else 404)
        return True


def main(port: int) -> None:
    """Serve for ever."""
    Handler.provider = Provider(f"http://127.0.0.1:{port}")
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
