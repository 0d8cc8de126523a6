"""Values of JSON by their line."""

from __future__ import annotations

from obsv.core.value_lines import value_lines

TEXT = r"""{
  "a": [1, {"b\"c":
    "d, ]}"}],
  "e": {},
  "f": [],
  "g": -1.5e3
}"""


def test_lines() -> None:
    assert value_lines(TEXT) == {"a": 2, "a.0": 2, "a.1": 2, 'a.1.b"c': 3, "e": 4, "f": 5, "g": 6}
