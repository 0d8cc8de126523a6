"""Every setting there is, with its default and its explanation; `config.example.toml` is made from this file.

A field's TOML name is its name here without a trailing underscore.  Durations are held as milliseconds, sizes as bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

Kind = Literal["plain", "duration", "size", "secret", "open", "texts", "lists"]
"""`open`: a table of tables whose keys are a plugin's business; `texts` and `lists`: a table with any keys."""

Open = dict[str, dict[str, object]]
Texts = dict[str, str]
Lists = dict[str, tuple[str, ...]]

PROVIDER_KINDS = ("github", "google", "oidc")
RELABEL_ACTIONS = (
    *("replace", "keep", "drop", "keepequal", "dropequal", "hashmod", "labelmap", "labeldrop", "labelkeep"),
    *("lowercase", "uppercase"),
)

TRANSLATION_STRATEGIES = (
    *("UnderscoreEscapingWithSuffixes", "UnderscoreEscapingWithoutSuffixes"),
    *("NoUTF8EscapingWithSuffixes", "NoTranslation"),
)


@dataclass(frozen=True, slots=True)
class Key:
    """What a key means and what it takes.  `low` and `high` bound numbers (of durations: milliseconds)."""

    doc: str
    kind: Kind = "plain"
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A TOML table."""


class Server(Section, frozen=True):
    """Where obsv listens and how people reach it."""

    host: Annotated[str, Key("Address to listen on. Beyond loopback, put TLS in front of it.")] = "127.0.0.1"
    port: Annotated[int, Key("Port to listen on.", low=1, high=65535)] = 8450
    base_url: Annotated[
        str, Key("What people type. https makes this a production instance. Empty: http://localhost and the port.")
    ] = ""
    trusted_proxies: Annotated[
        tuple[str, ...], Key("Addresses or networks whose X-Forwarded-For and X-Forwarded-Proto are believed.")
    ] = ("127.0.0.1", "::1")
    max_body_bytes: Annotated[int, Key("Largest request body, as sent and once unpacked.", "size", low=65536)] = (
        16 << 20
    )
    request_timeout: Annotated[int, Key("Longest time a request may take.", "duration", low=1000)] = 150_000


class DatabaseSection(Section, frozen=True):
    """Where accounts and settings are kept."""

    url: Annotated[str, Key('"sqlite" (in the data directory) or "postgres://user:password@host/name".', "secret")] = (
        "sqlite"
    )
    pool_size: Annotated[int, Key("Most connections to Postgres.", low=2, high=200)] = 10


class Secrets(Section, frozen=True):
    """The keys that encrypt what is stored."""

    keys: Annotated[
        tuple[str, ...],
        Key(
            'Master keys as "id:base64", the first is current. Empty: data/keys/master.key, made at first start.',
            "secret",
        ),
    ] = ()


class AgentSection(Section, frozen=True):
    """The agent that watches a host; `obsv agent --config` reads this table too."""

    self_: Annotated[bool, Key("Watch the host that obsv itself runs on.")] = True
    interval: Annotated[int, Key("Time between two collections.", "duration", low=1000)] = 15_000
    url: Annotated[str, Key("Server that `obsv agent` sends to.")] = ""
    token: Annotated[str, Key("Token with the scope metrics:write for `obsv agent`.", "secret")] = ""
    scrape: Annotated[tuple[str, ...], Key("Prometheus endpoints that `obsv agent` also reads.")] = ()
    name: Annotated[str, Key("The host's name in the label instance. Empty: its node name.")] = ""
    state_dir: Annotated[
        str, Key("Where `obsv agent` keeps what it could not send yet. Empty: /var/lib/obsv-agent.")
    ] = ""
    ca_file: Annotated[str, Key("Authorities that `obsv agent` trusts instead of the system's.")] = ""
    collect: Annotated[
        tuple[str, ...], Key("Further collectors; they make very many series.", choices=("interrupts",))
    ] = ()


class Relabel(Section, frozen=True):
    """A rule that changes the labels of a target (relabel) or of its samples (metric_relabel), as in Prometheus."""

    source_labels: Annotated[tuple[str, ...], Key("Labels whose values, joined, the rule looks at.")] = ()
    separator: Annotated[str, Key("What joins them.")] = ";"
    regex: Annotated[str, Key("Regular expression (RE2) that the whole of it must match.")] = "(.*)"
    modulus: Annotated[int, Key("What hashmod divides by.", low=0)] = 0
    target_label: Annotated[str, Key("Label that is written.")] = ""
    replacement: Annotated[str, Key("What is written; $1 is the first group of regex.")] = "$1"
    action: Annotated[str, Key("What the rule does.", choices=RELABEL_ACTIONS)] = "replace"


class Scrape(Section, frozen=True):
    """Prometheus endpoints that obsv itself reads."""

    org: Annotated[str, Key("Slug of the organisation that gets the samples.")] = ""
    job: Annotated[str, Key("Value of the label job.")] = ""
    targets: Annotated[tuple[str, ...], Key("Addresses as host:port.")] = ()
    labels: Annotated[Texts, Key("Labels that every one of targets gets.", "texts")] = {}
    file_sd: Annotated[
        tuple[str, ...],
        Key("Files with targets (JSON or YAML, as Prometheus' file_sd); the last part of a path may have a *."),
    ] = ()
    file_sd_refresh: Annotated[int, Key("Time between two looks at those files.", "duration", low=1000)] = 30_000
    interval: Annotated[int, Key("Time between two scrapes of a target.", "duration", low=1000)] = 60_000
    timeout: Annotated[int, Key("Longest time a scrape may take.", "duration", low=100)] = 10_000
    scheme: Annotated[str, Key("How the targets speak.", choices=("http", "https"))] = "http"
    path: Annotated[str, Key("Path of the endpoint.")] = "/metrics"
    params: Annotated[Lists, Key("Query parameters; each has a text or a list of texts.", "lists")] = {}
    user: Annotated[str, Key("User name for basic authentication.")] = ""
    password: Annotated[str, Key("Its password.", "secret")] = ""
    bearer_token: Annotated[str, Key("Token that is sent instead.", "secret")] = ""
    honor_labels: Annotated[
        bool, Key("Where a sample's label clashes with the target's, keep the sample's (else it is exported_NAME).")
    ] = False
    honor_timestamps: Annotated[bool, Key("Keep the times that samples bring with them.")] = True
    sample_limit: Annotated[int, Key("A scrape with more samples than this fails; 0 is no limit.", low=0)] = 0
    label_limit: Annotated[int, Key("A scrape with more labels on a sample fails; 0 is no limit.", low=0)] = 0
    body_size_limit: Annotated[int, Key("A scrape with a longer body, unpacked, fails.", "size", low=1024)] = 32 << 20
    relabel: tuple[Relabel, ...] = ()
    metric_relabel: tuple[Relabel, ...] = ()


class RuleFiles(Section, frozen=True):
    """Files of recording and alerting rules, in Prometheus' format."""

    org: Annotated[str, Key("Slug of the organisation whose metrics the rules read and write.")] = ""
    files: Annotated[tuple[str, ...], Key("The files; the last part of a path may have a *.")] = ()
    interval: Annotated[int, Key("How often groups without an interval are evaluated.", "duration", low=1000)] = 60_000
    query_offset: Annotated[
        int, Key("How far back groups without a query_offset look, for samples that come late.", "duration", low=0)
    ] = 0


_PROMETHEUS_NAMES = "Write characters in names that Prometheus did not take until version 3 as _."


class Influx(Section, frozen=True):
    """How Influx' line protocol is read."""

    skip_single_field: Annotated[
        bool, Key("Name the metric after the measurement alone where a line has one field.")
    ] = False
    prometheus_names: Annotated[bool, Key(_PROMETHEUS_NAMES)] = False


class Otlp(Section, frozen=True):
    """How OpenTelemetry's metrics become series; the keys are those of Prometheus' own section otlp."""

    translation_strategy: Annotated[
        str,
        Key("How names are made; the default is `http_server_duration_seconds`.", choices=TRANSLATION_STRATEGIES),
    ] = TRANSLATION_STRATEGIES[0]
    promote_resource_attributes: Annotated[
        tuple[str, ...], Key("Attributes of the resource that every series gets as a label; all are on target_info.")
    ] = ()
    keep_identifying_resource_attributes: Annotated[
        bool,
        Key("Keep service.name, service.namespace and service.instance.id on target_info beside job and instance."),
    ] = False
    promote_scope_metadata: Annotated[
        bool, Key("Give every series labels otel_scope_* with the name, version and attributes of its scope.")
    ] = False


class Graphite(Section, frozen=True):
    """Ports that take Graphite's plaintext protocol; it knows no tokens, so whoever reaches one may send."""

    org: Annotated[str, Key("Slug of the organisation that gets the samples.")] = ""
    listen: Annotated[str, Key("Address as host:port, such as 127.0.0.1:2003.")] = ""
    prometheus_names: Annotated[bool, Key(_PROMETHEUS_NAMES)] = False
    max_connections: Annotated[int, Key("Most connections at once; further ones are closed.", low=1, high=10_000)] = 200
    max_line_bytes: Annotated[int, Key("Longest line; a longer one is left out.", "size", low=64, high=65536)] = 4096


class Metrics(Section, frozen=True):
    """How metrics are taken in, kept and queried."""

    store: Annotated[str, Key("Metric store (`obsv plugins list`). Empty: the one that fits the database.")] = ""
    sync: Annotated[
        str,
        Key('Time between two syncs of the log, which is what a power cut may cost; "always" answers after the sync.'),
    ] = "200ms"
    late_window: Annotated[int, Key("How late a sample may be behind its series' newest.", "duration", low=0)] = (
        3_600_000
    )
    future_window: Annotated[int, Key("How far ahead of the clock a sample may be.", "duration", low=0)] = 600_000
    max_labels: Annotated[int, Key("Most labels of a series.", low=1, high=1000)] = 40
    max_label_name_bytes: Annotated[int, Key("Longest label name.", "size", low=16)] = 256
    max_label_value_bytes: Annotated[int, Key("Longest label value.", "size", low=16)] = 4096
    query_timeout: Annotated[int, Key("Longest time a query may take.", "duration", low=100)] = 120_000
    query_max_samples: Annotated[int, Key("Most samples a query may load.", low=1000)] = 50_000_000
    query_max_series: Annotated[int, Key("Most series a query may look at.", low=100)] = 1_000_000
    query_max_memory: Annotated[int, Key("Most memory a query may take.", "size", low=1 << 20)] = 1 << 30
    query_concurrency: Annotated[int, Key("Queries evaluated at once; more of them wait.", low=1, high=64)] = 4
    lookback: Annotated[int, Key("How old a sample may be and still count as current.", "duration", low=1000)] = 300_000
    push_ttl: Annotated[
        int,
        Key(
            "How long what is pushed to /metrics/job/… counts as current without another push.", "duration", low=60_000
        ),
    ] = 86_400_000
    stores: Annotated[Open, Key("A store plugin's own settings stand in [metrics.stores.NAME].", "open")] = {}
    rules: tuple[RuleFiles, ...] = ()
    influx: Influx = Influx()
    otlp: Otlp = Otlp()
    graphite: tuple[Graphite, ...] = ()


class Mail(Section, frozen=True):
    """How mail leaves."""

    transport: Annotated[str, Key("console prints mails, smtp sends them.", choices=("console", "smtp"))] = "console"
    sender: Annotated[str, Key("Address that mails come from.")] = "obsv@localhost"
    smtp_host: Annotated[str, Key("SMTP server.")] = ""
    smtp_port: Annotated[
        int, Key("Its port; 465 means TLS from the start, others STARTTLS where offered.", low=1, high=65535)
    ] = 587
    smtp_user: Annotated[str, Key("User name, if it wants one.")] = ""
    smtp_password: Annotated[str, Key("Password, if it wants one.", "secret")] = ""
    smtp_security: Annotated[
        str,
        Key(
            "starttls and tls refuse to send in the clear; none is for a relay on this host.",
            choices=("starttls", "tls", "none"),
        ),
    ] = "starttls"


class Argon2(Section, frozen=True):
    """Cost of hashing a password; not below OWASP's floor (19 MiB, 2 passes)."""

    time_cost: Annotated[int, Key("Passes.", low=1, high=20)] = 3
    memory_cost: Annotated[int, Key("Memory in KiB.", low=19456, high=1 << 20)] = 65536
    parallelism: Annotated[int, Key("Lanes.", low=1, high=8)] = 1


class AuthProvider(Section, frozen=True):
    """A service elsewhere that people may sign in with, by OAuth 2 or OpenID Connect."""

    slug: Annotated[
        str, Key("Its name in addresses: the service sends people back to BASE_URL/login/oauth/SLUG/callback.")
    ] = ""
    kind: Annotated[
        str,
        Key("What it speaks; oidc is any OpenID Connect service, found by its issuer.", choices=PROVIDER_KINDS),
    ] = "oidc"
    label: Annotated[str, Key("What the button calls it. Empty: GitHub, Google, or the slug.")] = ""
    issuer: Annotated[
        str, Key("The service's address, exactly as it names itself. Empty: github.com, or accounts.google.com.")
    ] = ""
    client_id: Annotated[str, Key("What the service calls this instance.")] = ""
    client_secret: Annotated[str, Key("What it gave to prove that; an oidc service may do without.", "secret")] = ""
    scopes: Annotated[
        tuple[str, ...], Key("What to ask for. Empty: who the person is and their email address, no more.")
    ] = ()
    hosts: Annotated[tuple[str, ...], Key("Further hosts of the service, where not all of it is at the issuer's.")] = ()
    allow_private: Annotated[
        bool, Key("Allow private addresses for it, and http on loopback; for a service on your own network.")
    ] = False


class Auth(Section, frozen=True):
    """Accounts and sessions."""

    registration: Annotated[
        str,
        Key(
            "Who may make an account: open (anybody), invite (by invitation), closed (nobody). Empty: as it is"
            " set in the cabinet, by invitation at first.",
            choices=("", "open", "invite", "closed"),
        ),
    ] = ""
    session_idle: Annotated[int, Key("A session ends after this long without use.", "duration", low=60_000)] = (
        14 * 86_400_000
    )
    session_absolute: Annotated[int, Key("A session ends after this long in any case.", "duration", low=60_000)] = (
        30 * 86_400_000
    )
    argon2: Argon2 = Argon2()
    providers: tuple[AuthProvider, ...] = ()


class Company(Section, frozen=True):
    """Who runs this instance; a production instance (https) needs all of it, and the privacy policy prints it."""

    name: Annotated[str, Key("Legal name.")] = ""
    legal_form: Annotated[str, Key("Legal form.")] = ""
    address: Annotated[str, Key("Postal address.")] = ""
    jurisdiction: Annotated[str, Key("Country or state whose law applies.")] = ""
    dpo_email: Annotated[str, Key("Address of the data protection contact.")] = ""
    supervisory_authority: Annotated[str, Key("Authority that people may complain to.")] = ""


class Egress(Section, frozen=True):
    """Where obsv may connect to."""

    hosts: Annotated[
        tuple[str, ...], Key("Further hosts that outgoing calls may reach; loopback must be listed to be allowed.")
    ] = ()
    allow_private: Annotated[bool, Key("Allow private addresses (10.0.0.0/8 and the like).")] = True


class Log(Section, frozen=True):
    """What the process prints."""

    format: Annotated[
        str, Key("auto is console on a terminal and json elsewhere.", choices=("auto", "json", "console"))
    ] = "auto"
    requests: Annotated[
        str,
        Key("Which requests get a line; never with their query string or address.", choices=("all", "failed", "none")),
    ] = "all"
    level: Annotated[str, Key("Least important level shown.", choices=("debug", "info", "warning", "error"))] = "info"


class Plan(Section, frozen=True):
    """What an organisation may use; the first plan is every new organisation's."""

    name: Annotated[str, Key("Name of the plan.")] = "self-host"
    series: Annotated[int, Key("Most active series.", low=1)] = 1_000_000
    samples_per_s: Annotated[int, Key("Most samples a second.", low=1)] = 5_000_000
    retention: Annotated[int, Key("How long metrics are kept, sample by sample.", "duration", low=86_400_000)] = (
        400 * 86_400_000
    )
    retention_5m: Annotated[
        int,
        Key("How long roll-ups of 5 minutes are kept, at least as long as samples; 0s makes none.", "duration", low=0),
    ] = 0
    retention_1h: Annotated[
        int,
        Key("How long roll-ups of an hour are kept, at least as long as finer data; 0s makes none.", "duration", low=0),
    ] = 0
    dashboards: Annotated[int, Key("Most dashboards.", low=1)] = 10_000
    monitors: Annotated[int, Key("Most uptime monitors and heartbeats.", low=0)] = 5_000
    rules: Annotated[int, Key("Most rules that are made in the cabinet.", low=0)] = 10_000

    @property
    def retentions(self) -> dict[int, int]:
        """How long what is kept, in ms, by the width of a bucket in ms; 0 stands for the samples themselves."""
        rolled = {300_000: self.retention_5m, 3_600_000: self.retention_1h}
        return {0: self.retention} | {width: kept for width, kept in rolled.items() if kept}

    @property
    def longest_retention(self) -> int:
        """How long anything of metrics is kept, in ms."""
        return max(self.retentions.values())


class DashboardFiles(Section, frozen=True):
    """Dashboards that stand in files, as `obsv export` writes them; the cabinet shows them and leaves them alone."""

    dir: Annotated[str, Key("Folder with the files, read again as they change. Empty: none.")] = ""
    org: Annotated[str, Key("Slug of the organisation that sees them.")] = "operator"


class Settings(Section, frozen=True):
    """What stands before the first table."""

    data_dir: Annotated[str, Key("Folder that holds everything obsv keeps.")] = "./data"
    server: Server = Server()
    database: DatabaseSection = DatabaseSection()
    secrets: Secrets = Secrets()
    agent: AgentSection = AgentSection()
    metrics: Metrics = Metrics()
    dashboards: DashboardFiles = DashboardFiles()
    mail: Mail = Mail()
    auth: Auth = Auth()
    company: Company = Company()
    egress: Egress = Egress()
    log: Log = Log()
    plans: tuple[Plan, ...] = (Plan(),)
    scrapes: tuple[Scrape, ...] = ()

    @property
    def is_production(self) -> bool:
        """Whether people reach this instance by https; then it refuses what is only fit for trying out."""
        return self.server.base_url.startswith("https://")
