"""Who gets what from every route.  A route of the application that has no row here fails the tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Needs(Enum):
    """What a route asks for; from it follows what nobody (401) and a token without the scope (`token`) get."""

    PERSON = "a person who is signed in, whatever the role"
    MEMBER = "any member, or a token with the scope"
    ADMIN = "an admin or owner, or a token with the scope"
    OWNER = "an owner, never a token"
    INSTANCE = "who runs the instance, or such a token"

    @property
    def token(self) -> int:
        """Status for a token that lacks the scope; routes of a person take no tokens at all."""
        return 401 if self is Needs.PERSON else 403


@dataclass(frozen=True)
class Row:
    """Statuses when nothing but rights stands in the way of who asks with `body`.

    `viewer` is a viewer of Acme in Acme; `stranger` the owner of another organisation, in that one, with ids of Acme's.
    400, 409, 422: let through, and the body or the state is not what it takes. `{name}` in a text of a body is an id of Acme's.
    """

    needs: Needs
    viewer: int
    stranger: int
    body: dict[str, Any] = field(default_factory=dict[str, Any])
    headers: dict[str, str] = field(default_factory=dict[str, str])


PERSON, MEMBER, ADMIN, OWNER, INSTANCE = Needs
API = "/api/obsv/v1"
BEAT = {"key": "beat", "name": "Beat", "check": {"kind": "heartbeat"}}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TOLD = {"status": "identified", "text": "x"}
ROUTES: dict[str, Row] = {
    f"GET {API}/access-log": Row(ADMIN, 403, 200),
    f"GET {API}/access-log/export": Row(ADMIN, 403, 200),
    f"GET {API}/access-log/ingest": Row(ADMIN, 403, 200),
    f"GET {API}/alerts": Row(MEMBER, 200, 200),
    f"GET {API}/alerts/counts": Row(MEMBER, 200, 200),
    f"GET {API}/alerts/{{fingerprint}}": Row(MEMBER, 200, 404),
    f"POST {API}/alerts/acknowledge": Row(MEMBER, 403, 400),
    f"POST {API}/alerts/unacknowledge": Row(MEMBER, 403, 400),
    f"POST {API}/alerts/resolve": Row(MEMBER, 403, 400),
    f"GET {API}/announcements": Row(INSTANCE, 403, 403),
    f"POST {API}/announcements": Row(INSTANCE, 403, 403),
    f"POST {API}/announcements/preview": Row(INSTANCE, 403, 403),
    f"GET {API}/announcements/{{announcement_id}}": Row(INSTANCE, 403, 403),
    f"PUT {API}/announcements/{{announcement_id}}": Row(INSTANCE, 403, 403),
    f"DELETE {API}/announcements/{{announcement_id}}": Row(INSTANCE, 403, 403),
    f"POST {API}/announcements/{{announcement_id}}/send": Row(INSTANCE, 403, 403),
    f"POST {API}/announcements/{{announcement_id}}/pause": Row(INSTANCE, 403, 403),
    f"POST {API}/announcements/{{announcement_id}}/resume": Row(INSTANCE, 403, 403),
    f"GET {API}/audit": Row(ADMIN, 403, 200),
    f"POST {API}/audit/export": Row(ADMIN, 403, 200),
    f"GET {API}/channel-kinds": Row(MEMBER, 200, 200),
    f"GET {API}/channels": Row(MEMBER, 200, 200),
    f"POST {API}/channels": Row(MEMBER, 403, 400),
    f"GET {API}/channels/{{channel_id}}": Row(MEMBER, 200, 404),
    f"PUT {API}/channels/{{channel_id}}": Row(MEMBER, 403, 404, {"name": "log", "kind": "console"}),
    f"DELETE {API}/channels/{{channel_id}}": Row(MEMBER, 403, 404),
    f"POST {API}/channels/{{channel_id}}/test": Row(MEMBER, 403, 404),
    f"GET {API}/alert-events": Row(MEMBER, 200, 200),
    f"GET {API}/alert-events/{{alert_event_id}}": Row(MEMBER, 404, 404),
    f"GET {API}/alert-firings": Row(MEMBER, 200, 200),
    f"POST {API}/backtest": Row(MEMBER, 403, 400),
    f"GET {API}/dashboards": Row(MEMBER, 200, 200),
    f"POST {API}/dashboards": Row(MEMBER, 403, 400),
    f"GET {API}/dashboards/{{key}}": Row(MEMBER, 200, 404),
    f"PUT {API}/dashboards/{{key}}": Row(MEMBER, 403, 400),
    f"DELETE {API}/dashboards/{{key}}": Row(MEMBER, 403, 404),
    f"GET {API}/dashboards/{{key}}/diff": Row(MEMBER, 400, 400),
    f"GET {API}/dashboards/{{key}}/file": Row(MEMBER, 200, 404),
    f"GET {API}/dashboards/{{key}}/grafana": Row(MEMBER, 200, 404),
    f"POST {API}/dashboards/import": Row(MEMBER, 422, 422),
    f"POST {API}/dashboards/{{key}}/duplicate": Row(MEMBER, 403, 404),
    f"GET {API}/dashboards/{{key}}/links": Row(MEMBER, 403, 404),
    f"POST {API}/dashboards/{{key}}/links": Row(MEMBER, 403, 400),
    f"DELETE {API}/dashboards/{{key}}/links/{{link_id}}": Row(MEMBER, 403, 404),
    f"PUT {API}/dashboards/{{key}}/star": Row(MEMBER, 204, 404),
    f"DELETE {API}/dashboards/{{key}}/star": Row(MEMBER, 204, 404),
    f"POST {API}/dashboards/{{key}}/undelete": Row(MEMBER, 403, 404),
    f"GET {API}/dashboards/{{key}}/versions": Row(MEMBER, 200, 404),
    f"GET {API}/dashboards/{{key}}/versions/{{version}}": Row(MEMBER, 200, 404),
    f"POST {API}/dashboards/{{key}}/versions/{{version}}/restore": Row(MEMBER, 403, 404),
    f"GET {API}/deliveries": Row(MEMBER, 200, 200),
    f"GET {API}/deliveries/{{delivery_id}}": Row(MEMBER, 404, 404),  # there is none yet: tests/notify
    f"POST {API}/deliveries/{{delivery_id}}/retry": Row(MEMBER, 403, 404),
    f"GET {API}/events": Row(MEMBER, 200, 200),
    f"POST {API}/events": Row(MEMBER, 403, 400),
    f"DELETE {API}/events/{{event_id}}": Row(MEMBER, 403, 404),
    f"GET {API}/folder-editors": Row(ADMIN, 403, 200),
    f"POST {API}/folder-editors": Row(ADMIN, 403, 400),
    f"DELETE {API}/folder-editors/{{editor_id}}": Row(ADMIN, 403, 404),
    f"GET {API}/folders": Row(MEMBER, 200, 200),
    f"PUT {API}/folders/{{folder}}": Row(MEMBER, 403, 404, {"path": "Elsewhere"}),
    f"GET {API}/hosts": Row(MEMBER, 200, 200),
    f"GET {API}/incidents": Row(MEMBER, 200, 200),
    f"POST {API}/incidents": Row(MEMBER, 403, 400),
    f"GET {API}/incidents/{{incident_id}}": Row(MEMBER, 200, 404),
    f"PATCH {API}/incidents/{{incident_id}}": Row(MEMBER, 403, 404),
    f"DELETE {API}/incidents/{{incident_id}}": Row(MEMBER, 403, 404),
    f"PUT {API}/incidents/{{incident_id}}/postmortem": Row(MEMBER, 403, 404, {"text": "x"}),
    f"POST {API}/incidents/{{incident_id}}/publish": Row(MEMBER, 403, 404),
    f"POST {API}/incidents/{{incident_id}}/updates": Row(MEMBER, 403, 404, TOLD),
    f"PUT {API}/incidents/{{incident_id}}/updates/{{update_id}}": Row(MEMBER, 403, 404, {"text": "x"}),
    f"DELETE {API}/incidents/{{incident_id}}/updates/{{update_id}}": Row(MEMBER, 403, 404),
    f"GET {API}/instance/audit": Row(INSTANCE, 403, 403),
    f"GET {API}/instance": Row(INSTANCE, 403, 403),
    f"GET {API}/instance/jobs": Row(INSTANCE, 403, 403),
    f"POST {API}/instance/jobs/{{name}}/run": Row(INSTANCE, 403, 403),
    f"GET {API}/instance/organisations": Row(INSTANCE, 403, 403),
    f"POST {API}/instance/organisations": Row(INSTANCE, 403, 403),
    f"GET {API}/instance/registration": Row(INSTANCE, 403, 403),
    f"PUT {API}/instance/registration": Row(INSTANCE, 403, 403),
    f"GET {API}/instance/users": Row(INSTANCE, 403, 403),
    f"POST {API}/instance/users/{{user_id}}/disable": Row(INSTANCE, 403, 403),
    f"POST {API}/instance/users/{{user_id}}/enable": Row(INSTANCE, 403, 403),
    f"POST {API}/instance/users/{{user_id}}/end-sessions": Row(INSTANCE, 403, 403),
    f"PUT {API}/instance/users/{{user_id}}/instance-admin": Row(INSTANCE, 403, 403),
    f"POST {API}/instance/users/{{user_id}}/send-reset": Row(INSTANCE, 403, 403),
    f"POST {API}/instance/users/{{user_id}}/factors/removal": Row(INSTANCE, 403, 403),
    f"DELETE {API}/instance/users/{{user_id}}/factors/removal": Row(INSTANCE, 403, 403),
    f"GET {API}/maintenances": Row(MEMBER, 200, 200),
    f"POST {API}/maintenances": Row(MEMBER, 403, 400),
    f"GET {API}/maintenances/{{maintenance_id}}": Row(MEMBER, 200, 404),
    f"PATCH {API}/maintenances/{{maintenance_id}}": Row(MEMBER, 403, 404),
    f"DELETE {API}/maintenances/{{maintenance_id}}": Row(MEMBER, 403, 404),
    f"POST {API}/maintenances/{{maintenance_id}}/step": Row(MEMBER, 403, 404, {"step": "begin"}),
    f"GET {API}/me": Row(PERSON, 200, 200),
    f"PATCH {API}/me": Row(PERSON, 400, 400),
    f"POST {API}/me/email": Row(PERSON, 400, 400),
    f"POST {API}/me/email/verify": Row(PERSON, 409, 409),
    f"GET {API}/me/identities": Row(PERSON, 200, 200),
    f"DELETE {API}/me/identities/{{provider}}": Row(PERSON, 404, 404),
    f"POST {API}/me/identities/{{provider}}/confirm": Row(PERSON, 404, 404),
    f"POST {API}/me/identities/{{provider}}/link": Row(PERSON, 404, 404),
    f"GET {API}/me/mail": Row(PERSON, 200, 200),
    f"PUT {API}/me/mail": Row(PERSON, 200, 200),
    f"GET {API}/me/passkeys": Row(PERSON, 200, 200),
    f"POST {API}/me/passkeys": Row(PERSON, 400, 400),
    f"POST {API}/me/passkeys/options": Row(PERSON, 200, 200),
    f"DELETE {API}/me/passkeys/{{passkey_id}}": Row(PERSON, 404, 404),
    f"PATCH {API}/me/passkeys/{{passkey_id}}": Row(PERSON, 404, 404, {"name": "x"}),
    f"POST {API}/me/password": Row(PERSON, 400, 400),
    f"POST {API}/me/recovery-codes": Row(PERSON, 409, 409),
    f"PUT {API}/me/preferences": Row(PERSON, 200, 200),
    f"GET {API}/me/security": Row(PERSON, 200, 200),
    f"GET {API}/me/sessions": Row(PERSON, 200, 200),
    f"POST {API}/me/sessions/end-others": Row(PERSON, 204, 204),
    f"DELETE {API}/me/sessions/{{session_id}}": Row(PERSON, 404, 404),
    f"GET {API}/me/tokens": Row(PERSON, 200, 200),
    f"POST {API}/me/tokens": Row(PERSON, 400, 400),
    f"DELETE {API}/me/tokens/{{token_id}}": Row(PERSON, 404, 404),
    f"DELETE {API}/me/totp": Row(PERSON, 404, 404),
    f"POST {API}/me/totp": Row(PERSON, 200, 200),
    f"POST {API}/me/totp/confirm": Row(PERSON, 400, 400),
    f"GET {API}/metrics/cardinality": Row(MEMBER, 200, 200),
    f"GET {API}/metrics/unread": Row(MEMBER, 200, 200),
    f"POST {API}/metrics/flush": Row(INSTANCE, 403, 403),
    f"GET {API}/monitor-counts": Row(MEMBER, 200, 200),
    f"GET {API}/monitors": Row(MEMBER, 200, 200),
    f"POST {API}/monitors": Row(MEMBER, 403, 400),
    f"POST {API}/monitors/test": Row(MEMBER, 403, 400),
    f"GET {API}/monitors/{{monitor_id}}": Row(MEMBER, 200, 404),
    f"PUT {API}/monitors/{{monitor_id}}": Row(MEMBER, 403, 404, {"monitor": BEAT}),
    f"DELETE {API}/monitors/{{monitor_id}}": Row(MEMBER, 403, 404),
    f"POST {API}/monitors/{{monitor_id}}/address": Row(MEMBER, 403, 404),
    f"GET {API}/monitors/{{monitor_id}}/days": Row(MEMBER, 200, 404),
    f"POST {API}/monitors/{{monitor_id}}/duplicate": Row(MEMBER, 403, 404),
    f"GET {API}/monitors/{{monitor_id}}/events": Row(MEMBER, 200, 404),
    f"POST {API}/monitors/{{monitor_id}}/pause": Row(MEMBER, 403, 404),
    f"GET {API}/monitors/{{monitor_id}}/pings": Row(MEMBER, 200, 404),
    f"GET {API}/monitors/{{monitor_id}}/response-times": Row(MEMBER, 200, 404),
    f"POST {API}/monitors/{{monitor_id}}/resume": Row(MEMBER, 403, 404),
    f"POST {API}/monitors/{{monitor_id}}/test": Row(MEMBER, 403, 404),
    f"GET {API}/org": Row(MEMBER, 200, 200),
    f"PATCH {API}/org": Row(ADMIN, 403, 200),
    f"GET {API}/org/invitations": Row(ADMIN, 403, 200),
    f"POST {API}/org/invitations": Row(ADMIN, 403, 400),
    f"DELETE {API}/org/invitations/{{invitation_id}}": Row(ADMIN, 403, 404),
    f"GET {API}/org/members": Row(ADMIN, 403, 200),
    f"DELETE {API}/org/members/{{user_id}}": Row(ADMIN, 403, 404),  # everybody may leave: tests/accounts/orgs
    f"PATCH {API}/org/members/{{user_id}}": Row(ADMIN, 403, 404, {"role": "viewer"}),
    f"GET {API}/org/support": Row(ADMIN, 403, 200),
    f"POST {API}/org/support": Row(OWNER, 403, 400),
    f"DELETE {API}/org/support/{{grant_id}}": Row(OWNER, 403, 404),
    f"GET {API}/org/teams": Row(ADMIN, 403, 200),
    f"POST {API}/org/teams": Row(ADMIN, 403, 400),
    f"DELETE {API}/org/teams/{{team_id}}": Row(ADMIN, 403, 404),
    f"PATCH {API}/org/teams/{{team_id}}": Row(ADMIN, 403, 404),
    f"PUT {API}/org/teams/{{team_id}}/members/{{user_id}}": Row(ADMIN, 403, 404),
    f"DELETE {API}/org/teams/{{team_id}}/members/{{user_id}}": Row(ADMIN, 403, 404),
    f"POST {API}/org/transfer": Row(OWNER, 403, 404, {"user_id": "{user_id}"}),
    f"GET {API}/routing": Row(MEMBER, 200, 200),
    f"PUT {API}/routing": Row(MEMBER, 403, 422),
    f"POST {API}/routing/import": Row(MEMBER, 400, 400),
    f"POST {API}/routing/test": Row(MEMBER, 400, 400),
    f"GET {API}/rule-groups": Row(MEMBER, 200, 200),
    f"POST {API}/rule-groups": Row(MEMBER, 403, 400),
    f"GET {API}/rule-groups/export": Row(MEMBER, 200, 200),
    f"POST {API}/rule-groups/import": Row(MEMBER, 403, 400),
    f"GET {API}/rule-groups/{{group_id}}": Row(MEMBER, 200, 404),
    f"PUT {API}/rule-groups/{{group_id}}": Row(MEMBER, 403, 404, {"group": {"name": "web"}}),
    f"DELETE {API}/rule-groups/{{group_id}}": Row(MEMBER, 403, 404),
    f"GET {API}/rule-presets": Row(MEMBER, 200, 200),
    f"PUT {API}/rule-presets/{{preset}}": Row(MEMBER, 403, 400),
    f"GET {API}/rules": Row(MEMBER, 200, 200),
    f"POST {API}/rules": Row(MEMBER, 403, 400),
    f"GET {API}/rules/{{rule_id}}": Row(MEMBER, 200, 404),
    f"PUT {API}/rules/{{rule_id}}": Row(MEMBER, 403, 404, {"rule": {"alert": "Busy", "expr": "up"}}),
    f"DELETE {API}/rules/{{rule_id}}": Row(MEMBER, 403, 404),
    f"PUT {API}/rules/{{rule_id}}/paused": Row(MEMBER, 403, 404, {"paused": True}),
    f"GET {API}/rules/{{rule_id}}/versions": Row(MEMBER, 200, 404),
    f"GET {API}/session": Row(PERSON, 200, 200),
    f"POST {API}/session/end": Row(PERSON, 204, 204),
    f"GET {API}/session/step-up": Row(PERSON, 200, 200),
    f"POST {API}/session/step-up": Row(PERSON, 422, 422),
    f"POST {API}/session/step-up/mail": Row(PERSON, 409, 409),
    f"POST {API}/session/step-up/options": Row(PERSON, 404, 404),
    f"GET {API}/silences": Row(MEMBER, 200, 200),
    f"POST {API}/silences": Row(MEMBER, 403, 400),
    f"GET {API}/silences/{{silence_id}}": Row(MEMBER, 200, 404),
    f"PUT {API}/silences/{{silence_id}}": Row(
        MEMBER, 403, 404, {"matchers": ["a=b"], "ends_at_ms": 4_102_444_800_000, "comment": "work"}
    ),
    f"DELETE {API}/silences/{{silence_id}}": Row(MEMBER, 403, 404),
    f"POST {API}/silences/preview": Row(MEMBER, 400, 400),
    f"GET {API}/status-pages": Row(MEMBER, 200, 200),
    f"POST {API}/status-pages": Row(MEMBER, 403, 400),
    f"GET {API}/status-pages/{{page_id}}": Row(MEMBER, 200, 404),
    f"PUT {API}/status-pages/{{page_id}}": Row(MEMBER, 403, 404, {"slug": "mine", "title": "Mine"}),
    f"DELETE {API}/status-pages/{{page_id}}": Row(MEMBER, 403, 404),
    f"GET {API}/status-pages/{{page_id}}/components": Row(MEMBER, 200, 404),
    f"POST {API}/status-pages/{{page_id}}/components": Row(MEMBER, 403, 404, {"name": "x"}),
    f"PUT {API}/status-pages/{{page_id}}/components/order": Row(MEMBER, 403, 404, {"ids": []}),
    f"PUT {API}/status-pages/{{page_id}}/components/{{component_id}}": Row(MEMBER, 403, 404, {"name": "x"}),
    f"DELETE {API}/status-pages/{{page_id}}/components/{{component_id}}": Row(MEMBER, 403, 404),
    f"PUT {API}/status-pages/{{page_id}}/components/{{component_id}}/state": Row(
        MEMBER, 403, 404, {"state": "degraded"}
    ),
    f"GET {API}/subscribers": Row(MEMBER, 403, 404),
    f"GET {API}/subscribers/count": Row(MEMBER, 403, 404),
    f"DELETE {API}/subscribers/{{subscriber_id}}": Row(MEMBER, 403, 404),
    f"GET {API}/tokens": Row(ADMIN, 403, 200),
    f"POST {API}/tokens": Row(ADMIN, 403, 400),
    f"DELETE {API}/tokens/{{token_id}}": Row(ADMIN, 403, 404),
    f"GET {API}/tokens/{{token_id}}/arrivals": Row(ADMIN, 403, 404),
    "POST /api/v1/admin/tsdb/clean_tombstones": Row(ADMIN, 403, 204),
    "PUT /api/v1/admin/tsdb/clean_tombstones": Row(ADMIN, 403, 204),
    "POST /api/v1/admin/tsdb/delete_series": Row(ADMIN, 403, 400),
    "PUT /api/v1/admin/tsdb/delete_series": Row(ADMIN, 403, 400),
    "POST /api/v1/admin/tsdb/snapshot": Row(INSTANCE, 403, 403),
    "PUT /api/v1/admin/tsdb/snapshot": Row(INSTANCE, 403, 403),
    "GET /api/v1/alertmanagers": Row(MEMBER, 200, 200),
    "GET /api/v1/alerts": Row(MEMBER, 200, 200),
    "GET /api/v1/export": Row(MEMBER, 400, 400),
    "POST /api/v1/export": Row(MEMBER, 400, 400),
    "GET /api/v1/features": Row(MEMBER, 200, 200),
    "GET /api/v1/format_query": Row(MEMBER, 400, 400),
    "POST /api/v1/format_query": Row(MEMBER, 400, 400),
    "GET /api/v1/label/{name}/values": Row(MEMBER, 200, 200),
    "GET /api/v1/labels": Row(MEMBER, 200, 200),
    "POST /api/v1/labels": Row(MEMBER, 200, 200),
    "GET /api/v1/metadata": Row(MEMBER, 200, 200),
    "GET /api/v1/notifications": Row(MEMBER, 200, 200),
    "GET /api/v1/parse_query": Row(MEMBER, 400, 400),
    "POST /api/v1/parse_query": Row(MEMBER, 400, 400),
    "GET /api/v1/query": Row(MEMBER, 400, 400),
    "POST /api/v1/query": Row(MEMBER, 400, 400),
    "GET /api/v1/query_exemplars": Row(MEMBER, 400, 400),
    "POST /api/v1/query_exemplars": Row(MEMBER, 400, 400),
    "GET /api/v1/query_range": Row(MEMBER, 400, 400),
    "POST /api/v1/query_range": Row(MEMBER, 400, 400),
    "GET /api/v1/rules": Row(MEMBER, 200, 200),
    "GET /api/v1/scrape_pools": Row(MEMBER, 200, 200),
    "GET /api/v1/series": Row(MEMBER, 400, 400),
    "POST /api/v1/series": Row(MEMBER, 400, 400, headers=FORM),  # JSON is Datadog's: tests/metrics/ingest
    "GET /api/v1/status/buildinfo": Row(MEMBER, 200, 200),
    "GET /api/v1/status/config": Row(MEMBER, 200, 200),
    "GET /api/v1/status/flags": Row(MEMBER, 200, 200),
    "GET /api/v1/status/runtimeinfo": Row(MEMBER, 200, 200),
    "GET /api/v1/status/tsdb": Row(MEMBER, 200, 200),
    "GET /api/v1/status/walreplay": Row(MEMBER, 200, 200),
    "GET /api/v1/targets": Row(MEMBER, 200, 200),
    "GET /api/v1/targets/metadata": Row(MEMBER, 200, 200),
    "GET /federate": Row(MEMBER, 200, 200),
}

STATUS_PATHS = (
    *("", "/history", "/incidents/{incident_id:str}", "/maintenances/{maintenance_id:str}"),
    *("/feed.rss", "/feed.atom", "/feed.json", "/summary.json"),
)
STATUS_FORMS = ("subscribe", "confirm", "manage", "unsubscribe")
PAGES = {
    # Pages, and doors: forms that check for themselves where they come from (tests/accounts, tests/site).
    *("GET /", "GET /docs", "GET /docs/{name:str}", "GET /docs/api", "GET /static/{name:str}"),
    *("GET /setup", "POST /setup", "GET /register", "POST /register", "GET /invite", "POST /invite"),
    *("GET /login", "POST /login", "GET /login/age", "POST /login/age", "GET /login/factor", "POST /login/factor"),
    *("POST /login/factor/options", "POST /login/factor/passkey", "POST /login/passkey", "POST /login/passkey/options"),
    *("GET /login/oauth", "POST /login/oauth/{provider:str}", "GET /login/oauth/{provider:str}/callback"),
    *("GET /forgot", "POST /forgot", "GET /reset", "POST /reset", "GET /verify", "POST /verify"),
    *("GET /alert", "POST /alert"),
    *("GET /factors/keep", "POST /factors/keep"),
    *("GET /email/confirm", "POST /email/confirm", "GET /email/undo", "POST /email/undo"),
    # Status pages, and what the links in their mails lead to (tests/status).
    *("GET /status", "GET /status/assets/{name:str}", "GET /mail/unsubscribe", "POST /mail/unsubscribe"),
    *(f"GET /status/{{slug:str}}{path}" for path in STATUS_PATHS),
    *(f"{method} /status/{{slug:str}}/{form}" for method in ("GET", "POST") for form in STATUS_FORMS),
    # The cabinet's shell, the shared page's, and their files hold no data.
    *("GET /shared/{token:str}", "GET /app", "GET /app/{path:path}", "GET /app/assets/{name:str}"),
}
PUBLIC = {
    # Whether it works, what it can be asked, and the program that a host downloads.
    *("GET /healthz", "GET /readyz", "GET /-/healthy", "GET /-/ready", "GET /api/health", "GET /agent.pyz"),
    # What Influx' clients ask before they have shown a token.
    *("GET /ping", "HEAD /ping", "GET /influx/ping", "HEAD /influx/ping", "GET /influx/health"),
    # Where jobs report in: who knows the address is who may (tests/monitors).
    *(f"{method} /ping/{{ping_id:str}}{tail}" for method in ("GET", "HEAD", "POST") for tail in ("", "/{signal:str}")),
    *(f"GET {API}/schema", f"GET {API}/schema/openapi.json", f"GET {API}/schema/{{path:str}}"),
}
SHARED = {
    f"GET {API}/shared/{{token:str}}",
    f"POST {API}/shared/{{token:str}}/query",
    f"POST {API}/shared/{{token:str}}/variables",
}
"""For whoever has a shared link (tests/dashboards)."""
MACHINES = {
    *("ANY /api/v1/write", "POST /api/v1/read", "GET /metrics"),
    *("POST /write", "POST /api/v2/write", "POST /influx/write", "POST /influx/api/v2/write"),
    *("GET /query", "POST /query", "GET /influx/query", "POST /influx/query"),
    *("POST /v1/metrics", "POST /api/v1/otlp/v1/metrics", "POST /opentelemetry/v1/metrics"),
    *("POST /api/v2/series", "POST /datadog/api/v1/series", "POST /datadog/api/v2/series"),
    *("POST /api/v1/import", "POST /api/v1/import/prometheus", "POST /api/v1/import/prometheus/metrics/{group:path}"),
    *("PUT /metrics/{group:path}", "POST /metrics/{group:path}", "DELETE /metrics/{group:path}"),
    *("POST /api/v2/alerts", "GET /api/v2/alerts", "GET /api/v2/alerts/groups"),
    *("GET /api/v2/silences", "POST /api/v2/silences", "GET /api/v2/receivers", "GET /api/v2/status"),
    *("GET /api/v2/silence/{silence_id:str}", "DELETE /api/v2/silence/{silence_id:str}"),
    *("GET /api/v1/validate", "GET /datadog/api/v1/validate"),
}
"""Protocols with a token each (tests/metrics, tests/journeys)."""
