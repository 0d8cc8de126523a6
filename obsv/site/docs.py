"""The documentation that comes with obsv: Markdown files shown as pages, offline, without a script."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from obsv.core.errors import NotFound

if TYPE_CHECKING:
    from markdown_it.token import Token

INDEX: Final = "index"


@dataclass(frozen=True, slots=True)
class DocPage:
    """One page: `html` is made from our own Markdown with raw HTML switched off."""

    name: str
    title: str
    html: str

    @property
    def href(self) -> str:
        """Where it is served."""
        return "/docs" if self.name == INDEX else f"/docs/{self.name}"


def render(name: str, text: str) -> DocPage:
    """A page from Markdown; its title is the first heading."""
    from markdown_it import MarkdownIt  # noqa: PLC0415  # not before somebody reads

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    title = ""
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            title = title or inline.content
            token.attrSet("id", anchor(inline.content))
    _rewrite_links(tokens)
    html = str(markdown.renderer.render(tokens, markdown.options, {}))
    # Wide tables scroll by themselves, and by keyboard, on a phone.
    html = html.replace("<table>", '<div class="table" tabindex="0"><table>').replace("</table>", "</table></div>")
    html = html.replace("<pre>", '<pre tabindex="0">')
    return DocPage(name, title.replace("`", "") or name, html)


def anchor(heading: str) -> str:
    """The id of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def _rewrite_links(tokens: Sequence[Token]) -> None:
    """Links between the files work both in a checkout (`agent.md`) and here (`/docs/agent`)."""
    for token in tokens:
        _rewrite_links(token.children or ())
        href = token.attrGet("href")
        if token.type == "link_open" and isinstance(href, str):
            token.attrSet("href", re.sub(r"^(?:\./)?([\w-]+)\.md(?=#|$)", r"/docs/\1", href))


@cache
def pages() -> dict[str, DocPage]:
    """All of them by name, the start page first, the rest by title."""
    folder = files("obsv.site").joinpath("docs")
    found = (file for file in folder.iterdir() if file.name.endswith(".md"))
    made = [render(file.name.removesuffix(".md"), file.read_text(encoding="utf-8")) for file in found]
    return {page.name: page for page in sorted(made, key=lambda page: (page.name != INDEX, page.title.casefold()))}


def get_page(name: str) -> DocPage:
    """One by name.  Raises `NotFound`."""
    found = pages().get(name)
    if found is None:
        raise NotFound(f"The documentation has no page {name!r}.", code="no_page")
    return found
