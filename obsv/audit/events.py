"""What may be written: the names of events and the keys of their details. Details are never personal data."""

from __future__ import annotations

_OBJECTS = (
    *("dashboard", "alert_rule", "channel", "silence", "agent", "datasource", "monitor", "site"),
    *("status_page", "status_component", "incident", "maintenance", "announcement"),
)

EVENTS: frozenset[str] = frozenset(
    {
        *("auth.login.success", "auth.login.failure", "auth.login.locked", "auth.logout"),
        *("auth.mfa.success", "auth.mfa.failure", "auth.stepup", "auth.recovery_code_used", "session.revoked"),
        *("user.registered", "user.email_verified", "user.name_changed", "user.email_changed"),
        *("user.password_changed", "user.password_reset_requested", "user.password_reset"),
        *("totp.enabled", "totp.disabled", "recovery_codes.regenerated"),
        *("passkey.added", "passkey.renamed", "passkey.removed", "passkey.clone_suspected"),
        *("factors.removal_asked", "factors.removal_cancelled"),
        *("oauth.linked", "oauth.unlinked"),
        *("token.created", "token.revoked", "token.expired", "token.leaked"),
        *("account.disabled", "account.enabled", "instance.admin_added", "instance.admin_removed", "job.requested"),
        *("account.closed", "account.reopened", "account.erased"),
        *("org.created", "org.renamed", "org.closed", "org.transferred", "org.mfa_required"),
        *("member.invited", "member.invitation_revoked", "member.joined", "member.role_changed", "member.removed"),
        *("team.created", "team.renamed", "team.role_changed", "team.removed", "team.member_added"),
        "team.member_removed",
        *(f"{thing}.{verb}" for thing in _OBJECTS for verb in ("created", "updated", "deleted")),
        *("dashboard.restored", "dashboard.shared", "dashboard.unshared", "folder.moved"),
        *("folder.editors_added", "folder.editors_removed", "annotation.created", "annotation.deleted"),
        "delivery.retried",
        *("alert.acknowledged", "alert.unacknowledged", "alert.resolved", "routing.updated"),
        *("subscriber.removed", "announcement.sent", "announcement.paused"),
        *("monitor.paused", "monitor.resumed", "monitor.tested", "monitor.address_changed"),
        *("channel.test_sent", "plan.changed", "dpa.accepted", "objection.recorded"),
        *("billing.address_changed", "billing.payment_failed", "billing.subscription_changed"),
        *("dsr.received", "dsr.answered", "dsr.exported", "dsr.erased"),
        *("processing.restricted", "processing.resumed", "hold.set", "hold.released"),
        *("support.granted", "support.accessed", "support.revoked"),
        *("config.changed", "key.rotated", "key.retired", "backup.created", "backup.restored"),
        *("purge.ran", "purge.held", "clock.accepted", "privacy.clause_failed", "privacy.clause_recovered"),
        *("subprocessor.changed", "egress.blocked", "audit.exported", "audit.accepted"),
        *("instance.set_up", "schema.migrated", "metrics.deleted"),
    }
)

DETAIL_KEYS: frozenset[str] = frozenset(
    {
        *("after", "before", "role", "role_after", "role_before", "scopes", "plan", "plan_after", "plan_before"),
        *("reason", "method", "kind", "count", "counts", "tables", "host", "purpose", "digest", "key_id"),
        *("migrations", "name_length", "expires_on", "case_ref", "clause", "member", "version", "classes", "until"),
        "person",
    }
)
