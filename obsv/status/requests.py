"""What a handler asks of a request about status pages."""

from __future__ import annotations

from typing import Final

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from obsv.accounts import requires_scope
from obsv.status.services import StatusServices

Services = NamedDependency[SkipValidation[StatusServices]]

READING: Final = [requires_scope("monitors:read")]
WRITING: Final = [requires_scope("status:write")]
