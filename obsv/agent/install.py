"""Installs the zipapp as a systemd service, saying each thing it does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from typing import Callable, Sequence

from .options import Options, OptionsError
from .send import write_url

__all__ = ["install"]

_PROGRAM = "/usr/local/lib/obsv-agent/obsv-agent.pyz"
_ENVIRONMENT = "/etc/obsv-agent/environment"
_UNIT = "/etc/systemd/system/obsv-agent.service"
_USER = "obsv-agent"
_UNIT_TEXT = """\
[Unit]
Description=obsv agent: sends this host's metrics
After=network-online.target
Wants=network-online.target

[Service]
ExecStart={command}
EnvironmentFile={environment}
User={user}
StateDirectory=obsv-agent
StateDirectoryMode=0700
Restart=always
RestartSec=5
Nice=5
MemoryMax=128M
NoNewPrivileges=yes
CapabilityBoundingSet=
RestrictSUIDSGID=yes

[Install]
WantedBy=multi-user.target
"""


def install(
    options: Options,
    program: str,
    *,
    root: str = "",
    execute: Callable[[Sequence[str]], object] = subprocess.check_call,
) -> int:
    """Copy the zipapp, write its environment and unit, make its user, start it."""
    if not zipfile.is_zipfile(program):
        raise OptionsError("--install works from the downloaded file: python3 obsv-agent.pyz --install …")
    if not root and (os.geteuid() != 0 or not os.path.isdir("/run/systemd/system")):
        raise OptionsError("--install needs root rights and a host that runs systemd")
    _say(f"copying this file to {_PROGRAM}")
    os.makedirs(root + os.path.dirname(_PROGRAM), exist_ok=True)
    shutil.copyfile(program, root + _PROGRAM)
    _say(f"writing the server's address and the token to {_ENVIRONMENT} (readable by root only)")
    _write(root + _ENVIRONMENT, f"OBSV_AGENT_URL={options.url}\nOBSV_AGENT_TOKEN={options.token}\n", 0o600)
    _say(f"writing {_UNIT}")
    unit = _UNIT_TEXT.format(command=_command(options), environment=_ENVIRONMENT, user=_USER)
    _write(root + _UNIT, unit, 0o644)
    if not _has_user():
        _say(f"adding the system user {_USER}, which owns nothing and cannot sign in")
        execute(["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _USER])
    _say("starting it, now and at every boot: systemctl enable --now obsv-agent")
    execute(["systemctl", "daemon-reload"])
    execute(["systemctl", "enable", "obsv-agent"])
    execute(["systemctl", "restart", "obsv-agent"])
    _say(f"done: it sends to {write_url(options.url)}; its log: journalctl -u obsv-agent")
    return 0


def _command(options: Options) -> str:
    """The unit's command line: all options but those in the environment file."""
    words = [sys.executable or "/usr/bin/python3", "-I", _PROGRAM, "--interval", f"{options.interval:g}s"]
    if options.name != os.uname().nodename:
        words += ["--name", options.name]
    for target in options.targets:
        words += ["--scrape", f"{target.job}={target.url}"]
    for name in options.collect:
        words += ["--collect", name]
    if options.ca_file:
        words += ["--ca-file", os.path.abspath(options.ca_file)]
    return " ".join(_quote(word) for word in words)


def _quote(word: str) -> str:
    """Quote a word for systemd, to whom `%` and `$` mean something."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or " " in word else word


def _write(path: str, text: str, mode: int) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "w") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)


def _has_user() -> bool:
    import pwd  # noqa: PLC0415

    try:
        pwd.getpwnam(_USER)
    except KeyError:
        return False
    return True


def _say(text: str) -> None:
    print(f"obsv-agent: {text}", flush=True)
