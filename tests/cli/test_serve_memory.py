"""What a server does not need is not loaded."""

from __future__ import annotations

import subprocess
import sys


def test_the_application_loads_no_library_that_it_has_no_use_for() -> None:
    code = "import sys; from obsv.app import create_app; create_app(); print(*sorted(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(told.stdout.split())
    assert "litestar" in loaded
    assert not loaded & {"pydantic", "webauthn", "segno", "joserfc", "jinja2", "markdown_it", "numpy.testing", "Cython"}
