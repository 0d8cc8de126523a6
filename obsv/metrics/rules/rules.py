"""All rules."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

import structlog

from obsv.metrics.rules.group import GroupRunner, Ports
from obsv.metrics.rules.model import GroupStatus, RuleGroup

_log = structlog.get_logger("obsv.rules")


class Rules:
    """Runs the groups that the configuration names."""

    def __init__(self, groups: Iterable[RuleGroup], ports: Ports) -> None:
        groups = sorted(groups, key=lambda group: (group.file, group.name))
        recorded = Counter((group.org, rule.name) for group in groups for rule in group.rules)
        self._ports = ports
        self._runners = [
            GroupRunner(
                group, ports, {name for (org, name), count in recorded.items() if org == group.org and count > 1}
            )
            for group in groups
        ]
        if alerts := sum(len(group.alerts) for group in groups):
            _log.warning("rules.alerts_not_evaluated", count=alerts)

    async def run(self) -> None:
        """Evaluate until cancelled; for the node that leads alone."""
        async with asyncio.TaskGroup() as tasks:
            for runner in self._runners:
                tasks.create_task(runner.run())

    async def of(self, org: int) -> list[GroupStatus]:
        """An organisation's groups, by file and name; a node that does not lead knows of no evaluation."""
        slugs = {runner.group.org for runner in self._runners}
        own = {slug for slug in slugs if await self._ports.organisation(slug) == org}
        return [runner.status() for runner in self._runners if runner.group.org in own]
