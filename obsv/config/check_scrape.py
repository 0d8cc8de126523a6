"""What must hold in [[scrape]] and [[metrics.rules]]; the rules of relabelling are Prometheus'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import re2

from obsv.config.model import Relabel, RuleFiles, Scrape

NEEDS_TARGET = frozenset({"replace", "hashmod", "lowercase", "uppercase", "keepequal", "dropequal"})


def check_scrapes(scrapes: Sequence[Scrape]) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) of every rule that is broken."""
    seen: set[tuple[str, str]] = set()
    for index, scrape in enumerate(scrapes):
        where = f"scrape.{index}"
        for problem in _scrape(scrape):
            yield where, problem
        if (scrape.org, scrape.job) in seen:
            yield where, "expected a different job for each [[scrape]] of an organisation"
        seen.add((scrape.org, scrape.job))
        for kind, rules in (("relabel", scrape.relabel), ("metric_relabel", scrape.metric_relabel)):
            for number, rule in enumerate(rules):
                for problem in _relabel(rule):
                    yield f"{where}.{kind}.{number}", problem


def check_rule_files(entries: Sequence[RuleFiles]) -> Iterator[tuple[str, str]]:
    """The same for files of rules."""
    for index, entry in enumerate(entries):
        for name in ("org", "files"):
            if not getattr(entry, name):
                yield f"metrics.rules.{index}", f"{name} is needed"


def _scrape(scrape: Scrape) -> Iterator[str]:
    for name in ("org", "job"):
        if not getattr(scrape, name):
            yield f"{name} is needed"
    if not scrape.targets and not scrape.file_sd:
        yield "targets or file_sd is needed"
    if scrape.timeout > scrape.interval:
        yield "timeout: expected at most interval"
    if scrape.bearer_token and scrape.user:
        yield "expected user and password, or bearer_token, not both"
    for target in scrape.targets:
        # Rules may make an address out of anything, such as a URL that another program probes.
        if not target or ("/" in target and not scrape.relabel):
            yield f"targets: expected host:port without scheme and path, got {target!r}"
    for file in scrape.file_sd:
        if not file.endswith((".json", ".yml", ".yaml")):
            yield f"file_sd: expected a path that ends with .json, .yml or .yaml, got {file!r}"


def _relabel(rule: Relabel) -> Iterator[str]:
    if rule.action in NEEDS_TARGET and not rule.target_label:
        yield f'target_label is needed for action = "{rule.action}"'
    if rule.action == "hashmod" and not rule.modulus:
        yield 'modulus is needed for action = "hashmod"'
    try:
        options = re2.Options()
        options.log_errors = False
        re2.compile(rule.regex, options)
    except re2.error as wrong:
        reason = wrong.args[0]
        yield f"regex: {reason.decode() if isinstance(reason, bytes) else reason}"
