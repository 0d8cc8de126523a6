"""One letter, told twice: as plain text, and as HTML that mail programs show alike, with no image and no tracker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from obsv.outbox.message import Mail

_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>{subject}</title></head>
<body style="margin:0;padding:24px 12px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif">
<table role="presentation" width="100%" style="max-width:560px;margin:0 auto;border-collapse:collapse"><tr><td>
<h1 style="font-size:20px;line-height:1.3;margin:0 0 16px">{subject}</h1>
{body}
<p style="margin:24px 0 0;font-size:13px;opacity:.75">{closing}</p>
</td></tr></table>
</body></html>
"""
_BUTTON = (
    '<p style="margin:24px 0"><a href="{url}" style="display:inline-block;padding:10px 18px;border-radius:6px;'
    'background:#0b6b70;color:#fff;text-decoration:none;font-weight:600">{label}</a></p>'
    '<p style="margin:0 0 12px;font-size:13px;word-break:break-all">{url}</p>'
)


@dataclass(frozen=True, slots=True)
class Letter:
    """`action` is what the reader may do (label, address), `facts` what they may check, `closing` the small print.

    `html` stands for the paragraphs in the part for mail programs: made from them by us, and safe.
    """

    subject: str
    paragraphs: tuple[str, ...]
    action: tuple[str, str] | None = None
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    closing: str = ""
    html: str = ""


def compose(to: str, letter: Letter) -> Mail:
    """The mail, with both parts."""
    return Mail(to=to, subject=letter.subject, text=_text(letter), html=_html(letter))


def _text(letter: Letter) -> str:
    parts = list(letter.paragraphs)
    if letter.action:
        label, url = letter.action
        parts.append(f"{label}:\n{url}")
    if letter.facts:
        parts.append("\n".join(f"{name}: {value}" for name, value in letter.facts.items()))
    if letter.closing:
        parts.append(letter.closing)
    return "\n\n".join(parts) + "\n"


def _html(letter: Letter) -> str:
    body = [f'<p style="margin:0 0 12px">{escape(paragraph)}</p>' for paragraph in letter.paragraphs]
    body = [letter.html] if letter.html else body
    if letter.action:
        label, url = letter.action
        body.append(_BUTTON.format(url=escape(url), label=escape(label)))
    if letter.facts:
        rows = "".join(
            f'<tr><td style="padding:2px 16px 2px 0;opacity:.75">{escape(name)}</td><td>{escape(value)}</td></tr>'
            for name, value in letter.facts.items()
        )
        body.append(f'<table role="presentation" style="margin:12px 0;border-collapse:collapse">{rows}</table>')
    return _PAGE.format(subject=escape(letter.subject), body="\n".join(body), closing=escape(letter.closing))
