"""Settings: defaults, file, variables, flags, secret files; and every mistake named."""

from __future__ import annotations

from pathlib import Path

import pytest

from obsv.config import ConfigError, Settings, load_settings
from obsv.config.example import example
from obsv.config.lines import key_lines


def problems(tmp_path: Path, text: str, env: dict[str, str] | None = None) -> list[str]:
    path = tmp_path / "obsv.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path, env=env or {})
    return [str(problem).replace(str(path), "obsv.toml") for problem in caught.value.problems]


def test_example_is_current_parses_and_equals_the_defaults() -> None:
    path = Path("config.example.toml")
    assert path.read_text() == example(), "renew it: python -m obsv.config.example > config.example.toml"
    assert load_settings(path, env={}) == load_settings(env={})


def test_base_url_follows_the_port() -> None:
    assert load_settings(env={"OBSV_SERVER__PORT": "9000"}).server.base_url == "http://localhost:9000"


def test_order_file_variable_flag(tmp_path: Path) -> None:
    path = tmp_path / "obsv.toml"
    path.write_text("[server]\nport = 1001\nhost = '0.0.0.0'\n[metrics]\nlookback = '1m'\n")
    settings = load_settings(path, env={"OBSV_SERVER__PORT": "1002"}, overrides={"server.port": 1003})
    assert (settings.server.port, settings.server.host, settings.metrics.lookback) == (1003, "0.0.0.0", 60_000)
    assert load_settings(path, env={"OBSV_SERVER__PORT": "1002"}).server.port == 1002


def test_variables_of_every_type() -> None:
    env = {
        "OBSV_DATA_DIR": "/x",
        "OBSV_AGENT__SELF": "false",
        "OBSV_AGENT__SCRAPE": "http://a/metrics, http://b/metrics",
        "OBSV_SERVER__TRUSTED_PROXIES": '["10.0.0.1"]',
        "OBSV_METRICS__LATE_WINDOW": "2h",
        "OBSV_SERVER__MAX_BODY_BYTES": "1MiB",
        "OBSV_AUTH__ARGON2__TIME_COST": "4",
        "OBSV_PEERS_DIR": "not ours",
    }
    settings = load_settings(env=env)
    assert (settings.data_dir, settings.agent.self_, settings.agent.scrape) == (
        "/x",
        False,
        ("http://a/metrics", "http://b/metrics"),
    )
    assert settings.server.trusted_proxies == ("10.0.0.1",)
    assert (settings.metrics.late_window, settings.server.max_body_bytes, settings.auth.argon2.time_cost) == (
        7_200_000,
        1 << 20,
        4,
    )


def test_a_store_plugins_own_settings(tmp_path: Path) -> None:
    path = tmp_path / "obsv.toml"
    path.write_text('[metrics]\nlookback = "1m"\n[metrics.stores.acme]\nurl = "http://a"\nshards = 3\n')
    env = {"OBSV_METRICS__STORES__ACME__URL": "http://b", "OBSV_METRICS__STORES__OTHER__X": "1"}
    assert load_settings(path, env=env).metrics.stores == {
        "acme": {"url": "http://b", "shards": 3},
        "other": {"x": "1"},
    }
    assert Settings().metrics.stores == {}
    assert problems(tmp_path, "[metrics]\nstores = 3\n") == [
        "obsv.toml:2: metrics.stores: expected tables, got 3 (int)"
    ]


def test_secret_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    assert load_settings(env={"OBSV_MAIL__SMTP_PASSWORD_FILE": str(secret)}).mail.smtp_password == "s3cret"
    path = tmp_path / "obsv.toml"
    path.write_text(f'[mail]\nsmtp_password_file = "{secret}"\n[secrets]\nkeys_file = "{secret}"\n')
    settings = load_settings(path, env={})
    assert (settings.mail.smtp_password, settings.secrets.keys) == ("s3cret", ("s3cret",))


def test_sign_in_providers(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    path = tmp_path / "obsv.toml"
    path.write_text(
        f'[[auth.provider]]\nslug = "corp"\nissuer = "https://id.example/realms/corp"\nclient_id = "obsv"\n'
        f'client_secret_file = "{tmp_path}/secret"\nhosts = ["keys.example"]\n'
        '[[auth.provider]]\nslug = "github"\nkind = "github"\nclient_id = "x"\nclient_secret = "y"\n'
    )
    corp, github = load_settings(path, env={}).auth.providers
    assert (corp.kind, corp.client_secret, corp.hosts, corp.allow_private) == (
        "oidc",
        "s3cret",
        ("keys.example",),
        False,
    )
    assert (github.kind, github.issuer) == ("github", "")


def test_every_mistake_is_named_by_file_line_key_and_expectation(tmp_path: Path) -> None:
    text = '[server]\nprot = 3\nport = "x"\n\n[metrics]\nlookback = 30\n'
    text += '[[plan]]\nname = "a"\n[[plan]]\nname = "b"\nserie = 3\n'
    env = {"OBSV_SERVER__PORT": "99999", "OBSV_SRVER__PORT": "1", "OBSV_MAIL__TRANSPORT": "pigeon"}
    assert problems(tmp_path, text, env) == [
        'obsv.toml:2: server.prot: unknown key; did you mean "port"?',
        "obsv.toml:3: server.port: expected whole number, got 'x' (str)",
        'obsv.toml:6: metrics.lookback: expected duration like "30d", got 30 (int)',
        'obsv.toml:11: plan.1.serie: unknown key; did you mean "series"?',
        """OBSV_MAIL__TRANSPORT: mail.transport: expected one of "console", "smtp", got 'pigeon' (str)""",
        "OBSV_SERVER__PORT: server.port: expected at most 65535, got 99999",
        'OBSV_SRVER__PORT: srver.port: unknown table; did you mean "server"?',
    ]


def test_syntax_errors_have_their_line(tmp_path: Path) -> None:
    assert problems(tmp_path, "[server]\nport = \n")[0].startswith("obsv.toml:2: ")


def test_a_secret_is_never_printed(tmp_path: Path) -> None:
    assert "hunter2" not in "".join(problems(tmp_path, '[mail]\nsmtp_password = ["hunter2"]\n'))


def test_a_production_instance_names_its_operator(tmp_path: Path) -> None:
    found = problems(tmp_path, '[server]\nbase_url = "https://obsv.example"\n[company]\nname = "Acme"\n')
    assert [problem.split(": ")[1] for problem in found] == [
        "company.legal_form",
        "company.address",
        "company.jurisdiction",
        "company.dpo_email",
        "company.supervisory_authority",
    ]


def test_rules_between_keys_name_their_line(tmp_path: Path) -> None:
    assert problems(tmp_path, '[mail]\ntransport = "smtp"\n') == [
        'obsv.toml: mail.smtp_host: is needed for transport = "smtp"'
    ]
    assert problems(tmp_path, '[metrics]\nsync = "soon"\n')[0].startswith(
        "obsv.toml:2: metrics.sync: expected a duration"
    )


PROVIDER = "[[auth.provider]]\nkind = 'oidc'\nslug = 'a'\nclient_id = 'obsv'\n"
OIDC = "issuer = 'https://id.example'\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[server]\nbase_url = "obsv.example"', "2: server.base_url: expected http(s)://host[:port]"),
        ('[server]\ntrusted_proxies = ["10.0.0.0/99"]', "2: server.trusted_proxies: expected addresses or networks"),
        ('[database]\nurl = "mysql://x"', '2: database.url: expected "sqlite" or "postgres://'),
        ('[auth]\nsession_idle = "60d"', "2: auth.session_idle: expected at most auth.session_absolute"),
        ("[auth.argon2]\nmemory_cost = 8", "2: auth.argon2.memory_cost: expected at least 19456, got 8"),
        ('[[plan]]\nname = "a"\n[[plan]]\nname = "a"', " plan: expected a different name for each [[plan]]"),
        ('[[plan]]\nretention_5m = "30d"', "2: plan.0.retention_5m: expected 0s, or at least retention"),
        (
            '[[plan]]\nretention = "30d"\nretention_5m = "90d"\nretention_1h = "60d"',
            "4: plan.0.retention_1h: expected 0s, or at least retention_5m",
        ),
        (
            '[[plan]]\nname = "a"\n[[plan]]\nretention = "30d"\nretention_1h = "29d"',
            "5: plan.1.retention_1h: expected 0s, or at least retention",
        ),
        ("plan = 3", "1: plan: expected [[plan]]"),
        ("server = 3", "1: server: expected a table"),
        ("[server]\nport = true", "2: server.port: expected whole number, got True (bool)"),
        ("[agent]\nself = 1", "2: agent.self: expected true or false, got 1 (int)"),
        ('[agent]\nscrape = "http://x"', "2: agent.scrape: expected list of text"),
        ('[mail]\nsmtp_password_file = "/no/such/file"', "2: mail.smtp_password_file: cannot read /no/such/file"),
        ('[mail]\nsender_file = "/x"', "2: mail.sender_file: unknown key"),
        (
            "[auth]\n" + PROVIDER.replace("'a'", "'A b'") + OIDC,
            "2: auth.provider.0: slug: expected 1 to 32 small letters",
        ),
        (PROVIDER.replace("client_id", "label") + OIDC, "1: auth.provider.0: client_id is needed"),
        (PROVIDER.replace("oidc", "github"), "1: auth.provider.0: client_secret is needed for kind"),
        (PROVIDER, "1: auth.provider.0: issuer is needed"),
        (
            PROVIDER + "issuer = 'http://id.example'\nallow_private = true",
            "1: auth.provider.0: issuer: expected an https",
        ),
        (PROVIDER + "issuer = 'http://localhost:1'", "1: auth.provider.0: issuer: expected an https"),
        (PROVIDER + "issuer = 'https://id.example?x'", "1: auth.provider.0: issuer: expected https://host[/path]"),
        (PROVIDER + OIDC + PROVIDER + OIDC.replace("id.", "id2."), "6: auth.provider.1: expected a different slug"),
        (PROVIDER + OIDC + PROVIDER.replace("'a'", "'b'") + OIDC, "6: auth.provider.1: expected a different issuer"),
    ],
)
def test_single_mistakes(tmp_path: Path, text: str, problem: str) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(f"obsv.toml:{problem}")


def test_lines_with_values_that_span_lines() -> None:
    text = 'a = """\nb = 1\n"""\n[x]\nlist = [\n  "c = 2", # d\n]\nd = 1\n[[plan]]\nname = "1"\n[[plan]]\nname = "2"\n'
    assert key_lines(text) == {
        "a": 1, "x": 4, "x.list": 5, "x.d": 8, "plan.0": 9, "plan.0.name": 10, "plan.1": 11, "plan.1.name": 12,
    }  # fmt: skip


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Settings().server.port = 1  # type: ignore[misc]
