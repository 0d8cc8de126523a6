"""States of systemd's units, asked of systemctl."""

from __future__ import annotations

import os
import re
import subprocess
import time
from typing import Callable, Iterator

from ..sample import Sample
from .files import Roots

__all__ = ["Systemd", "run_systemctl"]

_STATES: tuple[str, ...] = ("active", "activating", "deactivating", "inactive", "failed")
_EXCLUDED = re.compile(r"^.+\.(automount|device|mount|scope|slice|target)$")
_TYPES_FOR_S = 600.0
_TIMEOUT_S = 10.0
_VERSION = re.compile(r"[0-9]+(\.[0-9]+)?")


def run_systemctl(arguments: list[str]) -> str:
    """Run systemctl and return what it says; raise `OSError` if it cannot."""
    environment = {"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
    try:
        done = subprocess.run(
            ["systemctl", "--no-pager", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=_TIMEOUT_S,
            check=True,
        )
    except subprocess.SubprocessError as error:
        raise OSError(str(error)) from error
    return done.stdout.decode("utf-8", "replace")


class Systemd:
    """`node_systemd_*`.

    Listing units is one cheap call; the types of services need one per unit inside systemd, so they are kept until
    the set of services changes, and asked again now and then.
    """

    def __init__(self, roots: Roots, *, systemctl: Callable[[list[str]], str] = run_systemctl) -> None:
        self._roots = roots
        self._systemctl = systemctl
        self._types: dict[str, str] = {}
        self._version: list[Sample] = []
        self._services: frozenset[str] = frozenset()
        self._asked = 0.0

    def __call__(self) -> Iterator[Sample]:
        """Yield units by state, each unit's state, and the connections of sockets."""
        if not os.path.isdir(self._roots.at("/run/systemd/system")):
            raise FileNotFoundError("systemd is not running")
        listed = self._systemctl(["list-units", "--all", "--plain", "--no-legend", "--full"])
        units = [line.lstrip("● *").split(None, 4) for line in listed.splitlines()]
        units = [unit for unit in units if len(unit) >= 4]
        summary = dict.fromkeys(_STATES, 0.0)
        for unit in units:
            summary[unit[2]] = summary.get(unit[2], 0.0) + 1.0
        for state, count in summary.items():
            yield Sample("node_systemd_units", (("state", state),), count)
        loaded = {unit[0]: unit[2] for unit in units if unit[1] == "loaded" and not _EXCLUDED.match(unit[0])}
        self._refresh(frozenset(name for name in loaded if name.endswith(".service")))
        yield from self._version
        for name, active in loaded.items():
            labels = (("name", name), ("type", self._types.get(name, "")))
            for state in _STATES:
                yield Sample("node_systemd_unit_state", (*labels, ("state", state)), float(state == active))
        if any(name.endswith(".socket") for name in loaded):
            yield from self._sockets()

    def _refresh(self, services: frozenset[str]) -> None:
        now = time.monotonic()
        if self._asked and services == self._services and now - self._asked < _TYPES_FOR_S:
            return
        shown = _blocks(self._systemctl(["show", "--property=Id,Type", *sorted(services)])) if services else []
        self._types = {block.get("Id", ""): block.get("Type", "") for block in shown}
        for block in _blocks(self._systemctl(["show", "--property=Version,Virtualization"])):
            self._version = _manager(block)
        self._services, self._asked = services, now

    def _sockets(self) -> Iterator[Sample]:
        properties = "--property=Id,NAccepted,NConnections,NRefused"
        for block in _blocks(self._systemctl(["show", "--all", properties, "*.socket"])):
            name = (("name", block.get("Id", "")),)
            for key, metric in (
                ("NAccepted", "node_systemd_socket_accepted_connections_total"),
                ("NConnections", "node_systemd_socket_current_connections"),
                ("NRefused", "node_systemd_socket_refused_connections_total"),
            ):
                if block.get(key, "").isdigit():
                    yield Sample(metric, name, float(block[key]))


def _manager(block: dict[str, str]) -> list[Sample]:
    """Describe systemd itself."""
    samples: list[Sample] = []
    number = _VERSION.search(block.get("Version", ""))
    if number:
        samples.append(Sample("node_systemd_version", (("version", block["Version"]),), float(number.group())))
    kind = block.get("Virtualization", "") or "none"
    samples.append(Sample("node_systemd_virtualization_info", (("virtualization_type", kind),), 1.0))
    return samples


def _blocks(text: str) -> list[dict[str, str]]:
    """Split the output of `systemctl show` into a mapping a unit."""
    blocks: list[dict[str, str]] = []
    for part in text.strip().split("\n\n"):
        block: dict[str, str] = {}
        for line in part.splitlines():
            key, _, value = line.partition("=")
            block[key] = value
        blocks.append(block)
    return blocks
