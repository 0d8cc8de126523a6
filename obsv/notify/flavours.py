"""How each service writes bold text and links, and what must be escaped so that a label cannot pass for markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape as html_escape
from typing import Final

_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>])")
_MENTION: Final = re.compile(r"@(?=\w)")


@dataclass(frozen=True, slots=True)
class Flavour:
    """`bold` and `link` (label, address) take text that is not escaped yet; `size` is how the service counts."""

    escape: Callable[[str], str]
    bold: Callable[[str], str]
    link: Callable[[str, str], str]
    newline: str = "\n"
    size: Callable[[str], int] = len
    more: str = " · "


def utf16_size(text: str) -> int:
    """Length in UTF-16 code units, which is how chat services count."""
    return len(text.encode("utf-16-le")) // 2


def byte_size(text: str) -> int:
    """Length in bytes of UTF-8."""
    return len(text.encode())


def _plain(text: str) -> str:
    return text


def _markdown(text: str) -> str:
    # A zero-width space keeps @everyone from calling anybody.
    return _MENTION.sub("@\u200b", _MARKDOWN.sub(r"\\\1", text.replace("<", "&lt;")))


def _slack(text: str) -> str:
    """Source: docs.slack.dev, "Formatting message text", on escaping."""
    # There is no escape for the marks themselves; a zero-width space in front takes their meaning.
    return re.sub(r"([*_~`])", "\u200b\\1", _slack_address(text))


def _slack_address(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _html(text: str) -> str:
    return html_escape(text, quote=True)


def _address(url: str) -> str:
    """An address that ends no markup early."""
    return "".join(f"%{ord(one):02X}" if one in "<>()|[]\"'\\` \n\r" else one for one in url)


TEXT: Final = Flavour(_plain, _plain, lambda label, url: f"{label}: {url}", more="\n")
"""Plain text."""

MARKDOWN: Final = Flavour(
    _markdown, lambda text: f"**{_markdown(text)}**", lambda label, url: f"[{_markdown(label)}]({_address(url)})"
)
"""CommonMark, with hard line breaks where a service needs them."""

DISCORD: Final = Flavour(MARKDOWN.escape, MARKDOWN.bold, MARKDOWN.link, size=utf16_size)
"""Discord's, which counts as JavaScript does."""

PARAGRAPHS: Final = Flavour(MARKDOWN.escape, MARKDOWN.bold, MARKDOWN.link, newline="\n\n", size=byte_size)
"""Adaptive cards' part of Markdown: a single line break is none there."""

SLACK: Final = Flavour(
    _slack, lambda text: f"*{_slack(text)}*", lambda label, url: f"<{_slack_address(_address(url))}|{_slack(label)}>"
)
"""Slack's mrkdwn."""

HTML: Final = Flavour(
    _html,
    lambda text: f"<b>{_html(text)}</b>",
    lambda label, url: f'<a href="{_html(_address(url))}">{_html(label)}</a>',
    newline="<br>",
)
"""HTML as mail programs and Matrix show it."""

HTML_LINES: Final = Flavour(HTML.escape, HTML.bold, HTML.link, size=utf16_size)
"""HTML in which a line break is one, as Telegram's and Pushover's."""

BYTES_TEXT: Final = Flavour(TEXT.escape, TEXT.bold, TEXT.link, size=byte_size, more="\n")
"""Plain text for services that count bytes."""
