"""What a handler of this package asks for."""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from obsv.alertmanager.service import Alertmanager

Manager = NamedDependency[SkipValidation[Alertmanager]]
