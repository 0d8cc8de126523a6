"""The agent's options: command line over environment over TOML file."""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import Mapping, NamedTuple, Sequence, cast

from .arguments import add_arguments
from .scrape import Target, parse_target
from .spool import DEFAULT_LIMIT
from .version import VERSION

__all__ = ["Options", "OptionsError", "build_parser", "from_arguments", "parse_interval"]

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
    parent: int = 0
    """The process to end with; 0 for none.  The appliance sets it for the agent that it runs."""


def from_arguments(arguments: argparse.Namespace, env: Mapping[str, str] = os.environ) -> Options:
    """Put the three sources together; raise `OptionsError` naming what is missing or wrong."""
    table = _read_table(arguments.config) if arguments.config else {}
    given = {key: getattr(arguments, key, None) for key in _KEYS}
    given["url"] = given["url"] or _variable(env, "URL")
    if not given["token"] and not given["token_file"]:
        given["token"] = _variable(env, "TOKEN")
        given["token_file"] = _variable(env, "TOKEN_FILE")
    if given["token"] or given["token_file"]:
        table = {key: value for key, value in table.items() if key not in {"token", "token_file"}}
    merged = {key: given[key] or table.get(key) for key in _KEYS}
    if not merged["url"]:
        raise OptionsError("where to? give --url (or OBSV_AGENT_URL), e.g. --url https://obsv.example.com")
    name = str(merged["name"] or os.uname().nodename)
    return Options(
        url=str(merged["url"]),
        token=_token(merged),
        name=name,
        state_dir=str(merged["state_dir"] or _state_dir(env)),
        interval=parse_interval(str(merged["interval"] or "15s")),
        targets=_targets(_strings("scrape", merged["scrape"]), name),
        collect=_strings("collect", merged["collect"]),
        ca_file=str(merged["ca_file"] or ""),
        once=arguments.once,
        parent=_parent(env),
    )


def _variable(env: Mapping[str, str], key: str) -> str | None:
    """Read OBSV_AGENT_…, or with two underscores as for every setting of the server."""
    return env.get(f"OBSV_AGENT_{key}") or env.get(f"OBSV_AGENT__{key}")


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


def _parent(env: Mapping[str, str]) -> int:
    number = env.get("OBSV_AGENT_PARENT", "")
    return int(number) if number.isdigit() else 0


def _token(merged: Mapping[str, object]) -> str:
    """Take the token itself or from its file."""
    if merged["token"]:
        return str(merged["token"]).strip()
    if merged["token_file"]:
        path = str(merged["token_file"])
        try:
            with open(path, encoding="utf-8") as file:
                return file.read().strip()
        except OSError as error:
            raise OptionsError(f"cannot read the token from {path}: {error.strerror}") from error
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
    parser.add_argument("--config", metavar="F", help="read these options from the [agent] table of a TOML file")
    parser.add_argument(
        "--install", action="store_true", help="install as a systemd service instead of running (as root)"
    )
    parser.add_argument("--verbose", action="store_true", help="log more")
    parser.add_argument("--version", action="version", version=f"obsv-agent {VERSION}")
    return parser
