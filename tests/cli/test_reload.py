"""What makes the development server start anew."""

from __future__ import annotations

import os
from pathlib import Path

from obsv.cli.reload import newest_change


def test_sources_count_and_packages_of_node_do_not(tmp_path: Path) -> None:
    for name, stamp in {"a.py": 100, "templates/b.html": 200, "node_modules/x/c.css": 900, "data.sqlite": 900}.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
        os.utime(file, (stamp, stamp))
    assert newest_change(tmp_path) == 200
    os.utime(tmp_path / "a.py", (300, 300))
    assert newest_change(tmp_path) == 300
