"""Ready groups for what most people watch; each is one switch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from obsv.alerts import store
from obsv.alerts.documents import GroupDocument, RuleDocument
from obsv.alerts.service import RuleBook
from obsv.alerts.types import PresetList, PresetView
from obsv.audit import Who
from obsv.core.errors import Conflict, NotFound

_PSEUDO: Final = "tmpfs|ramfs|overlay|squashfs|iso9660|devtmpfs|fuse.*"


@dataclass(frozen=True, slots=True)
class Preset:
    """A ready group."""

    key: str
    title: str
    description: str
    group: GroupDocument


def _rule(alert: str, expr: str, for_: str, severity: str, texts: tuple[str, str], **more: str) -> RuleDocument:
    summary, description = texts
    policies: Mapping[str, str] = more
    return RuleDocument(
        alert=alert,
        expr=expr,
        for_=for_,
        labels={"severity": severity},
        annotations={"summary": summary, "description": description},
        no_data="ok" if policies.get("no_data") == "ok" else "keep",
    )


_ON: Final = "{{ $labels.instance }}"
HOSTS: Final = Preset(
    "hosts",
    "Hosts",
    "A host is silent, or short of disk, memory or processors.",
    GroupDocument(
        name="Hosts",
        rules=(
            _rule(
                "HostSilent",
                "count by (job, instance) (count_over_time(node_load1[1d])) unless"
                " count by (job, instance) (count_over_time(node_load1[5m]))",
                "0s",
                "critical",
                (f"{_ON} is silent", "Nothing came of this host for five minutes, and it was here within a day."),
                no_data="ok",
            ),
            _rule(
                "HostDiskFull",
                f'100 * (1 - node_filesystem_avail_bytes{{fstype!~"{_PSEUDO}"}}'
                f' / (node_filesystem_size_bytes{{fstype!~"{_PSEUDO}"}} > 0)) > 85',
                "5m",
                "warning",
                (
                    f'{_ON}: {{{{ $labels.mountpoint }}}} is {{{{ printf "%.0f" $value }}}} % full',
                    "More than 85 % of this file system is taken.",
                ),
            ),
            _rule(
                "HostMemoryFull",
                "100 * (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) > 90",
                "5m",
                "warning",
                (f'{_ON}: {{{{ printf "%.0f" $value }}}} % of the memory is in use', "Less than 10 % is available."),
            ),
            _rule(
                "HostLoadHigh",
                "node_load5 / on (job, instance) group_left ()"
                ' count by (job, instance) (node_cpu_seconds_total{mode="idle"}) > 2',
                "10m",
                "warning",
                (
                    f'{_ON}: the load is {{{{ printf "%.1f" $value }}}} a processor',
                    "More than twice as much wants to run as there are processors.",
                ),
            ),
        ),
    ),
)
CONTAINERS: Final = Preset(
    "containers",
    "Containers",
    "A container restarts again and again, is out of memory, or is throttled.",
    GroupDocument(
        name="Containers",
        rules=(
            _rule(
                "ContainerRestarts",
                'changes(container_start_time_seconds{name!=""}[15m]) > 2',
                "0s",
                "warning",
                ("{{ $labels.name }} restarts again and again", "{{ $value }} restarts within 15 minutes."),
            ),
            _rule(
                "ContainerMemoryFull",
                '100 * container_memory_working_set_bytes{name!=""}'
                ' / (container_spec_memory_limit_bytes{name!=""} > 0) > 90',
                "5m",
                "warning",
                (
                    '{{ $labels.name }} uses {{ printf "%.0f" $value }} % of its memory',
                    "It is ended when it wants more than its limit.",
                ),
            ),
            _rule(
                "ContainerThrottled",
                '100 * rate(container_cpu_cfs_throttled_periods_total{name!=""}[5m])'
                ' / (rate(container_cpu_cfs_periods_total{name!=""}[5m]) > 0) > 25',
                "15m",
                "info",
                ('{{ $labels.name }} is throttled {{ printf "%.0f" $value }} % of the time', "Its CPU limit is low."),
            ),
        ),
    ),
)
DATABASES: Final = Preset(
    "databases",
    "Databases",
    "PostgreSQL, MySQL or Redis is away, or short of connections or memory.",
    GroupDocument(
        name="Databases",
        rules=(
            _rule(
                "DatabaseDown",
                "pg_up == 0 or mysql_up == 0 or redis_up == 0",
                "1m",
                "critical",
                (f"The database of {_ON} does not answer", "Its exporter cannot reach it."),
                no_data="ok",
            ),
            _rule(
                "PostgresConnections",
                "100 * sum by (instance) (pg_stat_activity_count) / on (instance) pg_settings_max_connections > 80",
                "5m",
                "warning",
                (f'{_ON}: {{{{ printf "%.0f" $value }}}} % of the connections are taken', "Few are left."),
            ),
            _rule(
                "PostgresDeadlocks",
                "increase(pg_stat_database_deadlocks[10m]) > 5",
                "0s",
                "warning",
                (f"{_ON}: deadlocks in {{{{ $labels.datname }}}}", "Transactions wait for each other."),
            ),
            _rule(
                "MysqlConnections",
                "100 * mysql_global_status_threads_connected / mysql_global_variables_max_connections > 80",
                "5m",
                "warning",
                (f'{_ON}: {{{{ printf "%.0f" $value }}}} % of the connections are taken', "Few are left."),
            ),
            _rule(
                "RedisMemoryFull",
                "100 * redis_memory_used_bytes / (redis_memory_max_bytes > 0) > 90",
                "5m",
                "warning",
                (f'{_ON}: Redis uses {{{{ printf "%.0f" $value }}}} % of its memory', "It evicts or refuses soon."),
            ),
        ),
    ),
)
_MONITOR: Final = "{{ $labels.monitor }}"
MONITORS: Final = Preset(
    "monitors",
    "Monitors",
    "A monitor is down, slow, cannot be checked, goes up and down, or a job does not report.",
    GroupDocument(
        name="Monitors",
        rules=(
            _rule(
                "MonitorDown",
                'monitor_up{job="monitor",type!="heartbeat"} == 0',
                "0s",
                "critical",
                (f"{_MONITOR} is down", "{{ $labels.type }} {{ $labels.instance }}"),
                no_data="ok",
            ),
            _rule(
                "HeartbeatMissing",
                'monitor_up{job="monitor",type="heartbeat"} == 0',
                "0s",
                "critical",
                (f"{_MONITOR} did not report, or failed", "Expected: {{ $labels.instance }}"),
                no_data="ok",
            ),
            _rule(
                "MonitorNotChecked",
                'probe_success{job="monitor"} == 0 unless on (monitor) monitor_up{job="monitor"}',
                "15m",
                "warning",
                (f"{_MONITOR} cannot be checked", "It is neither up nor down; its page says why."),
                no_data="ok",
            ),
            _rule(
                "MonitorFlapping",
                'changes(monitor_up{job="monitor"}[1h]) > 4',
                "0s",
                "warning",
                (f"{_MONITOR} goes up and down", "{{ $value }} changes within an hour."),
                no_data="ok",
            ),
            _rule(
                "MonitorSlow",
                'avg_over_time(probe_duration_seconds{job="monitor",type!="heartbeat"}[10m]) > 2',
                "10m",
                "warning",
                (f"{_MONITOR} takes {{{{ $value | humanizeDuration }}}}", "On average, over ten minutes."),
                no_data="ok",
            ),
        ),
    ),
)
CERTIFICATES: Final = Preset(
    "certificates",
    "Certificates",
    "A certificate that a monitor or a blackbox exporter sees ends soon, or has ended.",
    GroupDocument(
        name="Certificates",
        rules=(
            _rule(
                "CertificateEndsSoon",
                "0 < probe_ssl_earliest_cert_expiry - time() < 14 * 86400",
                "1h",
                "warning",
                (f"The certificate of {_ON} ends in {{{{ $value | humanizeDuration }}}}", "Renew it."),
                no_data="ok",
            ),
            _rule(
                "CertificateEnded",
                "probe_ssl_earliest_cert_expiry - time() <= 0",
                "0s",
                "critical",
                (f"The certificate of {_ON} has ended", "Renew it now."),
                no_data="ok",
            ),
        ),
    ),
)
OBSV: Final = Preset(
    "obsv",
    "obsv itself",
    "This instance is slow, refuses data, or its rules fail; needs its own /metrics to be scraped.",
    GroupDocument(
        name="obsv itself",
        rules=(
            _rule(
                "TargetDown",
                "up == 0",
                "5m",
                "warning",
                (f"{{{{ $labels.job }}}} of {_ON} cannot be scraped", "It has not answered for five minutes."),
                no_data="ok",
            ),
            _rule(
                "ObsvRulesFail",
                'increase(obsv_rule_evaluations_total{outcome="failed"}[10m]) > 0',
                "10m",
                "warning",
                ("Rules fail to be evaluated", "The list of rules says which, and why."),
            ),
            _rule(
                "ObsvRulesLate",
                "increase(obsv_rule_group_iterations_missed_total[10m]) > 0",
                "0s",
                "warning",
                ("Evaluations of rules were left out", "There are more rules than there is time for."),
            ),
            _rule(
                "ObsvLogDamaged",
                "increase(obsv_log_damaged_total[1h]) > 0",
                "0s",
                "critical",
                ("The log of samples was damaged", "The disk of this instance may be failing."),
            ),
        ),
    ),
)
PRESETS: Final = {preset.key: preset for preset in (HOSTS, CONTAINERS, DATABASES, MONITORS, CERTIFICATES, OBSV)}


class Presets:
    """Switches ready groups on and off."""

    def __init__(self, book: RuleBook) -> None:
        self._book = book

    async def listed(self, org: int) -> PresetList:
        """All of them, and which are on."""
        return PresetList([await self._view(org, preset) for preset in PRESETS.values()])

    async def switch(self, org: int, key: str, *, on: bool, by: Who) -> PresetView:
        """Put a group there, or take it away with what was changed in it.  Raises `NotFound`, `Conflict`."""
        preset = PRESETS.get(key)
        if preset is None:
            raise NotFound("There is no such preset.", code="no_preset")
        async with self._book.locked(org):
            there = await store.find_by_preset(org, key)
            if on and there is None:
                try:
                    await self._book.create(org, preset.group, by=by, message="Switched on", preset=key)
                except Conflict:
                    named = msgspec.structs.replace(preset.group, name=f"{preset.group.name} (preset)")
                    await self._book.create(org, named, by=by, message="Switched on", preset=key)
            elif not on and there is not None:
                await self._book.delete(org, there.id, by=by)
        return await self._view(org, preset)

    async def _view(self, org: int, preset: Preset) -> PresetView:
        there = await store.find_by_preset(org, preset.key)
        is_changed = there is not None and preset.group.rules != tuple(
            msgspec.structs.replace(rule, id="") for rule in there.document.rules
        )
        group_id = there.id if there else ""
        return PresetView(
            *(preset.key, preset.title, preset.description, preset.group, there is not None, group_id, is_changed)
        )
