"""What is wrong with a form, field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from obsv.core.errors import FieldError, Invalid


class BadFields(Invalid):
    """A form that cannot be taken as it is; `fields` says for each field how to mend it."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        errors = [FieldError(f"/{field}", problem) for field, problem in fields.items()]
        super().__init__(" ".join(fields.values()), code="bad_fields", errors=errors)
        self.fields = dict(fields)


class Check:
    """Collects the problems of a form, so that a person sees all of them at once."""

    def __init__(self) -> None:
        self._problems: dict[str, str] = {}

    def require(self, field: str, *, holds: bool, problem: str) -> None:
        """Note `problem` unless it holds."""
        if not holds:
            self._problems.setdefault(field, problem)

    def note(self, field: str, problem: str | None) -> None:
        """Note a problem, if there is one."""
        if problem:
            self._problems.setdefault(field, problem)

    def clean(self, field: str, work: Callable[[], str]) -> str:
        """What `work` makes of a field, "" with a problem noted where it raises `Invalid`."""
        try:
            return work()
        except Invalid as problem:
            self.note(field, problem.detail)
            return ""

    def done(self) -> None:
        """Raise `BadFields` if anything was noted."""
        if self._problems:
            raise BadFields(self._problems)
