"""What must not be logged is taken out; what one needs to understand a log stays."""

from __future__ import annotations

import pytest

from obsv.core.redact import redact


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("got obsv_pat_ab12cd34_" + "x" * 43 + "_000000.", "got [token]."),
        ("Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer [token]"),
        ("postgres://obsv:pass@db:5432/obsv", "postgres://obsv:[password]@db:5432/obsv"),
        ("mail to a.b+c@example.co.uk failed", "mail to [email] failed"),
        ("from 198.51.100.7:80", "from [address]:80"),
        ("on 127.0.0.1:8450", "on 127.0.0.1:8450"),
        ("/setup?code=abc&x=1", "/setup?code=[secret]&x=1"),
        ("disk full: /data/metrics", "disk full: /data/metrics"),
        ("path=/api/obsv/v1/shared/CMlE4RvYqb_LE7O-PM5TEP9wBvnMBnRM/query", "path=/api/obsv/v1/shared/[secret]/query"),
    ],
)
def test_redact(text: str, clean: str) -> None:
    assert redact(text) == clean
