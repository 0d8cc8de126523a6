"""Where words were found, and the text around them."""

from __future__ import annotations

import msgspec

from obsv.dashboards.model import Dashboard
from obsv.dashboards.search import MAX_MATCHES, SNIPPET, matches, searched, words_of
from tests.dashboards.grown import GROWN

GROWN_UP = msgspec.convert(GROWN, Dashboard)


def test_words() -> None:
    assert words_of("  Disk  load DISK ") == ["disk", "load"]
    assert len(words_of(" ".join(map(str, range(50))))) == 10
    assert words_of("a\x00b") == ["ab"]


def test_all_text_is_searched() -> None:
    text = searched(GROWN_UP)
    for found in ("all ", "several", "a/b c", "y z", "label_values(up", "rate", "sum by (job)", "# hi"):
        assert found in text


def test_each_word_is_shown_once_first() -> None:
    shown = matches(GROWN_UP, ["rate", "hi", "job"])
    assert [(one.where, one.panel) for one in shown] == [
        *(("panel", 7), ("text", 1), ("expression", 7), ("variable", None))
    ]
    assert len(matches(GROWN_UP, ["a"])) == MAX_MATCHES


def test_a_piece_of_a_long_text() -> None:
    long = msgspec.structs.replace(GROWN_UP, description="x " * 500 + "needle" + " y" * 500)
    (one,) = matches(long, ["needle"])
    assert "needle" in one.text
    assert one.text.startswith("…")
    assert one.text.endswith("…")
    assert len(one.text) == SNIPPET + 2
