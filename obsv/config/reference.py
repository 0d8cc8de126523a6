"""Writes the configuration page of the documentation from the settings' structs.

python -m obsv.config.reference > obsv/site/docs/configuration.md
"""

from __future__ import annotations

from collections.abc import Iterator

from obsv.config.example import literal
from obsv.config.model import Section, Settings
from obsv.config.schema import Branch, Leaf, expectation, members

HEAD = """\
# Configuration

obsv needs none. What you want otherwise stands in a TOML file (`obsv serve --config obsv.toml`), in environment
variables, or in flags; a later one wins:

1. defaults, as listed below and in `config.example.toml`;
2. the TOML file;
3. variables: `OBSV_` and the key in capitals, with two underscores after each table: `[server] port` is
   `OBSV_SERVER__PORT`, `data_dir` is `OBSV_DATA_DIR`. Lists are separated by commas. Tables in double brackets
   (`[[plan]]`) stand in the file alone;
4. flags, such as `--port`.

A key marked *secret* can be read from a file, so that it stands in neither place: `smtp_password_file =
"/run/secrets/smtp"` or `OBSV_MAIL__SMTP_PASSWORD_FILE=/run/secrets/smtp`. Durations are written `200ms`, `15s`,
`1h30m`, `30d`; sizes `16MiB` or a number of bytes.

`obsv config check --config obsv.toml` reads it all as a start would, and names every mistake:

    obsv.toml:14: metrics.lookback: expected duration like "30d", got 30 (int)
    obsv.toml:15: metrics.lokback: unknown key; did you mean "lookback"?
    OBSV_SERVER__PORT: server.port: expected at most 65535, got 99999

## Production

An instance whose `server.base_url` begins with `https://` is a production instance: its cookie is bound to the host
and to TLS, browsers are told to come by https alone, and it does not start until `[company]` says who runs it. Put
a proxy that ends TLS in front; if that is on another host, name its address in `server.trusted_proxies`, or obsv
believes none of what it says about the client.

An instance that listens beyond loopback without https says at each start that passwords and tokens cross the
network readable.
"""


def _rows(section: Section) -> Iterator[str]:
    for leaf in (member for member in members(type(section)).values() if isinstance(member, Leaf)):
        if leaf.key.kind == "open":
            continue
        takes = expectation(leaf) + (", *secret*" if leaf.key.kind == "secret" else "")
        yield f"| `{leaf.name}` | {takes} | `{literal(leaf, getattr(section, leaf.field))}` | {leaf.key.doc} |"


def _tables(section: Section, path: str, heading: str) -> Iterator[str]:
    if rows := list(_rows(section)):
        yield f"\n## {heading}\n\n{(type(section).__doc__ or '').strip()}\n"
        yield "| key | takes | default | meaning |\n|---|---|---|---|"
        yield from rows
    for leaf in (member for member in members(type(section)).values() if isinstance(member, Leaf)):
        if leaf.key.kind == "open":
            yield f"\n## [{path}.{leaf.name}.NAME]\n\n{leaf.key.doc}"
    for branch in (member for member in members(type(section)).values() if isinstance(member, Branch)):
        name = f"{path}.{branch.name}" if path else branch.name
        value = getattr(section, branch.field)
        shown = (value[0] if value else branch.section()) if branch.is_array else value
        yield from _tables(shown, name, f"[[{name}]]" if branch.is_array else f"[{name}]")


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join(_tables(Settings(), "", "Top level")) + "\n"


if __name__ == "__main__":
    print(page(), end="")
