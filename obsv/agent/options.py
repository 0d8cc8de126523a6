"""The agent's options: command line over environment over TOML file."""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import Mapping, NamedTuple, Sequence, cast

from .collectors import OPTIONAL
from .scrape import Target, parse_target
from .spool import DEFAULT_LIMIT
from .version import VERSION

__all__ = ["Options", "OptionsError", "add_arguments", "build_parser", "from_arguments", "parse_interval"]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
_KEYS = ("url", "token", "token_file", "interval", "scrape", "state_dir", "name", "ca_file", "collect")
_SERVER_KEYS = ("self",)  # the appliance's own use of the same table


class OptionsError(Exception):
    """What is wrong with the options, for the person who gave them."""


class Options(NamedTuple):
    """Everything a run needs."""

    url: str
    token: str
    name: str
    state_dir: str
    interval: float = 15.0
    targets: tuple[Target, ...] = ()
    collect: tuple[str, ...] = ()
    ca_file: str = ""
    spool_bytes: int = DEFAULT_LIMIT
    once: bool = False
    supervised: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options on a parser."""
    add = parser.add_argument
    add("--url", metavar="U", help="the server's address, e.g. https://obsv.example.com (or OBSV_AGENT_URL)")
    add("--token", metavar="T", help="a token with the scope metrics:write (or OBSV_AGENT_TOKEN)")
    add("--token-file", metavar="F", help="read the token from a file, out of sight of other users of the host")
    add("--interval", metavar="D", help="time between samples, e.g. 15s or 1m (default 15s)")
    add("--scrape", metavar="[JOB=]URL", action="append", help="also scrape this Prometheus endpoint; may be repeated")
    add("--name", metavar="INSTANCE", help="the host's name in the instance label (default: its node name)")
    add(
        "--state-dir",
        metavar="D",
        help="where unsent data waits (default: /var/lib/obsv-agent, for others than root in ~)",
    )
    add("--collect", metavar="NAME", action="append", choices=OPTIONAL, help="collect this too: " + ", ".join(OPTIONAL))
    add(
        "--ca-file", metavar="F", help="certificates to trust besides the system's, for a server with its own authority"
    )
    add("--config", metavar="F", help="read these options from the [agent] table of a TOML file (Python 3.11 or newer)")
    add("--once", action="store_true", help="send one sample and end: 0 if the server took it")
    add("--supervised", action="store_true", help=argparse.SUPPRESS)


def from_arguments(arguments: argparse.Namespace, env: Mapping[str, str] = os.environ) -> Options:
    """Put the three sources together; raise `OptionsError` naming what is missing or wrong."""
    table = _read_table(arguments.config) if arguments.config else {}
    given = {key: getattr(arguments, key, None) for key in _KEYS}
    given["url"] = given["url"] or env.get("OBSV_AGENT_URL")
    if not given["token"] and not given["token_file"]:
        given["token"] = env.get("OBSV_AGENT_TOKEN")
        given["token_file"] = env.get("OBSV_AGENT_TOKEN_FILE")
    if given["token"] or given["token_file"]:
        table = {key: value for key, value in table.items() if key not in {"token", "token_file"}}
    merged = {key: given[key] or table.get(key) for key in _KEYS}
    if not merged["url"]:
        raise OptionsError("where to? give --url (or OBSV_AGENT_URL), e.g. --url https://obsv.example.com")
    name = str(merged["name"] or os.uname().nodename)
    return Options(
        url=str(merged["url"]),
        token=_token(merged, supervised=arguments.supervised),
        name=name,
        state_dir=str(merged["state_dir"] or _state_dir(env)),
        interval=parse_interval(str(merged["interval"] or "15s")),
        targets=_targets(_strings("scrape", merged["scrape"]), name),
        collect=_strings("collect", merged["collect"]),
        ca_file=str(merged["ca_file"] or ""),
        once=arguments.once,
        supervised=arguments.supervised,
    )


def parse_interval(text: str) -> float:
    """Read `15s`, `1m30s` or plain seconds; at least a second."""
    parts = _PART.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    else:
        try:
            seconds = float(text)
        except ValueError:
            raise OptionsError(f"not a time: {text!r} (write 15s or 1m)") from None
    if not 1.0 <= seconds <= 3600.0:
        raise OptionsError(f"the interval must be between 1s and 1h, not {text}")
    return seconds


def _read_table(path: str) -> dict[str, object]:
    """Read the [agent] table; other tables are the server's."""
    if sys.version_info < (3, 11):
        raise OptionsError(
            f"--config needs Python 3.11 or newer, and this is {sys.version.split()[0]}: use the other options"
        )
    import tomllib  # noqa: PLC0415

    try:
        with open(path, "rb") as file:
            table = tomllib.load(file).get("agent", {})
    except OSError as error:
        raise OptionsError(f"cannot read {path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise OptionsError(f"{path}: {error}") from error
    unknown = [key for key in table if key not in (*_KEYS, *_SERVER_KEYS)]
    if unknown:
        raise OptionsError(f"{path}: [agent] has no key {unknown[0]!r}; it has {', '.join(_KEYS)}")
    return cast("dict[str, object]", table)


def _token(merged: Mapping[str, object], *, supervised: bool) -> str:
    """Take the token itself or from its file; a supervisor hands it over on standard input."""
    if merged["token"]:
        return str(merged["token"]).strip()
    if merged["token_file"]:
        path = str(merged["token_file"])
        try:
            with open(path, encoding="utf-8") as file:
                return file.read().strip()
        except OSError as error:
            raise OptionsError(f"cannot read the token from {path}: {error.strerror}") from error
    if supervised:
        return ""
    raise OptionsError("which token? give --token, --token-file or OBSV_AGENT_TOKEN (one with the scope metrics:write)")


def _targets(urls: Sequence[str], name: str) -> tuple[Target, ...]:
    try:
        return tuple(parse_target(url, name) for url in urls)
    except ValueError as error:
        raise OptionsError(f"--scrape: {error}") from error


def _strings(key: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in items):
        raise OptionsError(f"{key} must be a list of texts")
    return tuple(str(item) for item in items)


def _state_dir(env: Mapping[str, str]) -> str:
    """Where unsent data waits unless told: systemd's choice, the system's place, or the person's."""
    if env.get("STATE_DIRECTORY"):
        return env["STATE_DIRECTORY"].split(":", 1)[0]
    if os.geteuid() == 0:
        return "/var/lib/obsv-agent"
    base = env.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(base, "obsv-agent")


def build_parser(program: str) -> argparse.ArgumentParser:
    """The parser of the stand-alone agent."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Sends this host's metrics, and those of the Prometheus endpoints it scrapes, to an obsv server.",
    )
    add_arguments(parser)
    parser.add_argument(
        "--install", action="store_true", help="install as a systemd service instead of running (as root)"
    )
    parser.add_argument("--verbose", action="store_true", help="log more")
    parser.add_argument("--version", action="version", version=f"obsv-agent {VERSION}")
    return parser
