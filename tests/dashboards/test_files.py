"""Files of dashboards: every mistake is named by its line, and what is written is what is read."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsv.config import ConfigError
from obsv.core.toml_text import toml_text
from obsv.dashboards.files import SPREAD, read_file, read_folder, written
from obsv.dashboards.model import Dashboard
from tests.dashboards.grown import GROWN

plain = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
tables = st.dictionaries(st.text(max_size=6), plain, max_size=5)


@given(tables)
def test_any_table_is_read_as_it_was_written(table: dict[str, Any]) -> None:
    text = toml_text(table, spread=("a",))
    # A whole number with a point is the same number without one.
    assert tomllib.loads(text) == table
    assert text == toml_text(table, spread=("a",))


@pytest.mark.parametrize("form", ["toml", "json"])
def test_a_grown_dashboard_there_and_back(tmp_path: Path, form: Any) -> None:
    dashboard = msgspec.convert(GROWN, Dashboard)
    text = written(dashboard, form)
    path = tmp_path / f"grown.{form}"
    path.write_text(text)
    assert read_file(path) == dashboard
    assert written(read_file(path), form) == text


def test_toml_is_pleasant_to_read() -> None:
    text = written(msgspec.convert(GROWN, Dashboard), "toml")
    assert 'key = "grown"\n' in text
    assert 'tags = ["x", "y z"]\n' in text
    assert "[[panels]]\nid = 7\n" in text
    assert "grid = { y = 3, w = 24 }\n" in text
    assert "[[panels.queries]]\nexpr = '''\nsum by (job) (\n" in text
    assert text.count("[[panels]]") == 4
    assert SPREAD[0] == "panels"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.toml", 'key = "a"\ntitle = 5\n', "a.toml:2: title: expected `str`, got `int`"),
        ("a.toml", 'key = "a"\n', "a.toml:1: table missing required key `title`"),
        ("a.toml", 'key = "a"\ntitle = "A"\n\n[[panels]]\nid = 1\n\n[[panels]]\nid = 1\n', "a.toml:8: panels.1.id: is there twice: 1"),
        ("a.toml", 'key = "a"\ntitle = "A"\n[[panels]]\nid = 1\nfield = { min = nan }\n', "a.toml:5: panels.0.field.min: "),
        ("a.toml", 'key = "a"\ntitle = \n', "a.toml:2: cannot be read"),
        ("a.json", '{"key": "a",\n"title": "A",\n"panels": [{"id": 1},\n {"id": 2, "queries": [{"expr":\n7}]}]}', "a.json:5: panels.1.queries.0.expr: "),
        ("a.json", '{"key": "a"\n"title": "A"}', "a.json:2: cannot be read"),
    ],
)  # fmt: skip
def test_mistakes(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError) as bad:
        read_folder(tmp_path)
    (problem,) = bad.value.problems
    assert str(problem).startswith(f"{tmp_path}/{said}")


def test_folders_within(tmp_path: Path) -> None:
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "a.json").write_text(json.dumps({"key": "a", "title": "A"}))
    (tmp_path / "b.toml").write_text('key = "b"\ntitle = "B"\n')
    (tmp_path / "README.md").write_text("# Ours")
    assert {key: one.name for key, one in read_folder(tmp_path).items()} == {"a": "team/a.json", "b": "b.toml"}
