"""Letters: both parts say the same, and nothing that somebody typed becomes markup."""

from __future__ import annotations

from html.parser import HTMLParser

from obsv.outbox import Letter, compose

LETTER = Letter(
    "Join <Acme> & Sons",
    ("Hello <b>you</b>.", "Second paragraph."),
    ("Join", "https://obsv.example/invite?code=a&b=<c>"),
    {"From": 'Firefox "on" Linux'},
    "If you expected nothing, do nothing.",
)


class Reader(HTMLParser):
    """The text, links and elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.links, self.elements = "", list[str](), set[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_both_parts_say_the_same() -> None:
    mail = compose("ann@example.org", LETTER)
    page = Reader(mail.html)
    for words in (
        *LETTER.paragraphs,
        *LETTER.facts.values(),
        LETTER.closing,
        "https://obsv.example/invite?code=a&b=<c>",
    ):
        assert words in mail.text
        assert words in page.text
    assert mail.subject == "Join <Acme> & Sons"


def test_nothing_is_loaded_and_nothing_typed_is_markup() -> None:
    page = Reader(compose("ann@example.org", LETTER).html)
    assert page.links == ["https://obsv.example/invite?code=a&b=<c>"]
    assert not page.elements & {"img", "script", "link", "b", "acme"}


def test_a_letter_of_words_alone() -> None:
    assert compose("a@b.example", Letter("S", ("One.",))).text == "One.\n"
