"""What people write on a status page: single lines, and Markdown that is shown as HTML."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


def clean_line(text: str) -> str:
    """One line without stray blanks."""
    return " ".join(text.replace("\x00", "").split())


def clean_text(text: str) -> str:
    """Several lines, without what no database keeps."""
    return text.replace("\x00", "").replace("\r\n", "\n").strip()


def to_html(markdown: str) -> str:
    """Safe HTML: raw HTML is shown as text, and images are left out, for they would come from elsewhere."""
    return str(_markdown().render(markdown))


def to_paragraphs(markdown: str) -> tuple[str, ...]:
    """For a mail in plain text: the source is made to be read as it is."""
    return tuple(part.strip() for part in markdown.split("\n\n") if part.strip())


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415  # not before somebody reads

    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable("image")
