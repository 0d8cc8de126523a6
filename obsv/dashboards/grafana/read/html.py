"""HTML of text panels as Markdown: what Markdown has is kept, styles are not."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_AROUND: Final = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`", "s": "~~", "del": "~~"}
_HEADINGS: Final = {f"h{level}": "#" * level for level in range(1, 7)}
_BLOCKS: Final = {
    "p",
    "div",
    "section",
    "article",
    "header",
    "footer",
    "center",
    "blockquote",
    "table",
    "ul",
    "ol",
    "dl",
}
_SILENT: Final = {
    "span",
    "font",
    "small",
    "u",
    "sup",
    "sub",
    "tbody",
    "thead",
    "tfoot",
    "html",
    "body",
    "head",
    "label",
}
_DROPPED: Final = {"style", "script", "iframe", "svg", "object", "template", "title"}
_LOOKS: Final = {
    "style",
    "class",
    "id",
    "align",
    "width",
    "height",
    "color",
    "size",
    "bgcolor",
    "border",
    "valign",
    "target",
    "rel",
}


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.made: list[str] = []
        self.lost: dict[str, None] = {}
        self.lists: list[str] = []
        self.hrefs: list[str] = []
        self.cells = 0
        self.is_head = False
        self.dropping = 0
        self.verbatim = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in _DROPPED:
            self.dropping += 1
            self.lost[f"<{tag}>"] = None
        if self.dropping:
            return
        for name in values.keys() & _LOOKS:
            if name not in {"target", "rel", "id"}:
                self.lost[f"{name}="] = None
        if tag in _HEADINGS:
            self._block(f"{_HEADINGS[tag]} ")
        elif tag in _AROUND and not self.verbatim:
            self.made.append(_AROUND[tag])
        else:
            self._open(tag, values)

    def _open(self, tag: str, values: dict[str, str]) -> None:
        match tag:
            case "a":
                self.made.append("[")
                self.hrefs.append(values.get("href", ""))
            case "img":
                # Pictures come from elsewhere, which a page of ours may not load.
                self.made.append(f"[{values.get('alt') or 'picture'}]({values.get('src', '')})")
                self.lost["<img>, which is a link"] = None
            case "br":
                self.made.append("  \n")
            case "hr":
                self._block("---\n\n")
            case "ul" | "ol":
                self.lists.append(tag)
                self._block("" if len(self.lists) == 1 else None)
            case "li" | "dt" | "dd":
                mark = "1. " if self.lists[-1:] == ["ol"] else "- "
                self.made.append(f"\n{'  ' * max(len(self.lists) - 1, 0)}{mark}")
            case "pre":
                self.verbatim += 1
                self._block("```\n")
            case "tr":
                self.made.append("\n| ")
                self.cells = 0
            case "td" | "th":
                self.cells += 1
            case _ if tag in _BLOCKS:
                self.is_head = tag == "table"
                self._block("> " if tag == "blockquote" else "")
            case _ if tag not in _SILENT:
                self.lost[f"<{tag}>"] = None
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self.dropping = max(self.dropping - 1, 0)
            return
        if self.dropping:
            return
        if tag in _AROUND and not self.verbatim:
            self.made.append(_AROUND[tag])
        elif tag == "a" and self.hrefs:
            self.made.append(f"]({self.hrefs.pop()})")
        elif tag == "pre":
            self.verbatim = max(self.verbatim - 1, 0)
            self.made.append("\n```\n\n")
        elif tag in {"ul", "ol"}:
            self.lists = self.lists[:-1]
            self._block("" if not self.lists else None)
        elif tag in {"td", "th"}:
            self.made.append(" | ")
        elif tag == "tr" and self.is_head:
            self.made.append(f"\n|{' --- |' * self.cells}")
            self.is_head = False
        elif tag in _HEADINGS or tag in _BLOCKS:
            self._block("")

    def handle_data(self, data: str) -> None:
        if not self.dropping:
            self.made.append(data if self.verbatim else re.sub(r"\s+", " ", data))

    def _block(self, start: str | None) -> None:
        if start is not None:
            self.made.append(f"\n\n{start}")


def to_markdown(html: str) -> tuple[str, list[str]]:
    """The Markdown, and what of the HTML is not in it."""
    writer = _Writer()
    writer.feed(html)
    writer.close()
    text = re.sub(r"\n[ \t]+(?=\n)", "\n", "".join(writer.made))
    text = re.sub(r"(?m)^ (?! )", "", re.sub(r"\n{3,}", "\n\n", text))
    return text.strip(), sorted(writer.lost)
