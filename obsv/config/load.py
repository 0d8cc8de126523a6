"""Settings from defaults, a TOML file, environment variables and flags, in rising order; every mistake is reported."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from obsv.config.check import check
from obsv.config.lines import key_lines
from obsv.config.model import Section, Settings
from obsv.config.schema import Branch, Leaf, convert, convert_text, members

PREFIX = "OBSV_"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: in which file (or variable) and line (0 = none), at which key, and what was expected."""

    source: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}" if self.line else self.source
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ConfigError(Exception):
    """The configuration cannot be used; `problems` has all of it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


Values = dict[str, Any]


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f'; did you mean "{near[0]}"?' if near else ""


class _Reader:
    """Collects values and problems of one load."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.origin: dict[str, tuple[str, int]] = {}

    def report(self, source: str, line: int, key: str, message: str) -> None:
        self.problems.append(Problem(source, line, key, message))

    def unknown(self, source: str, line: int, key: str, known: Iterable[str]) -> None:
        self.report(source, line, key, f"unknown key{_nearest(key.rsplit('.', 1)[-1], known)}")

    def table(
        self, section: type[Section], raw: Mapping[str, object], path: str, source: str, lines: Mapping[str, int]
    ) -> Values:
        """Values of a TOML table by field name."""
        values: Values = {}
        known = members(section)
        self.origin[path] = (source, lines.get(path, 0))
        for name, value in raw.items():
            where = f"{path}.{name}" if path else name
            line = lines.get(where) or lines.get(path) or 0
            self.origin[where] = (source, line)
            member = known.get(name)
            try:
                match member:
                    case Leaf():
                        values[member.field] = convert(member, value)
                    case Branch(is_array=False) if isinstance(value, dict):
                        values[member.field] = self.table(member.section, value, where, source, lines)  # pyright: ignore[reportUnknownArgumentType]
                    case Branch(is_array=True) if isinstance(value, list):
                        values[member.field] = tuple(
                            member.section(**self.table(member.section, item, f"{where}.{i}", source, lines))  # pyright: ignore[reportUnknownArgumentType]
                            for i, item in enumerate(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
                        )
                    case Branch():
                        self.report(
                            source, line, where, "expected a table" if not member.is_array else f"expected [[{name}]]"
                        )
                    case None:
                        secret = known.get(name.removesuffix("_file"))
                        if name.endswith("_file") and isinstance(secret, Leaf) and secret.key.kind == "secret":
                            values[secret.field] = self.secret(secret, str(value))
                        else:
                            self.unknown(source, line, where, known)
            except ValueError as wrong:
                self.report(source, line, where, str(wrong))
        return values

    def secret(self, leaf: Leaf, path: str) -> object:
        """A secret that stands in a file of its own; a list has one a line."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except OSError as gone:
            raise ValueError(f"cannot read {path}: {gone.strerror}") from None
        return convert(
            leaf, [line.strip() for line in text.splitlines() if line.strip()] if leaf.is_list else text.strip()
        )

    def variables(self, env: Mapping[str, str]) -> Values:
        """Values of OBSV_SECTION__KEY variables; variables without `__` are ours only if they name a top-level key."""
        values: Values = {}
        for variable, text in sorted(env.items()):
            parts = variable.removeprefix(PREFIX).lower().split("__")
            if not variable.startswith(PREFIX) or (
                len(parts) == 1 and not isinstance(members(Settings).get(parts[0]), Leaf)
            ):
                continue
            section: type[Section] = Settings
            target = values
            for depth, part in enumerate(parts[:-1]):
                branch = members(section).get(part)
                if isinstance(branch, Leaf) and branch.key.kind == "open" and len(parts) == depth + 3:
                    target.setdefault(branch.field, {}).setdefault(parts[-2], {})[parts[-1]] = text
                    break
                if not isinstance(branch, Branch) or branch.is_array:
                    self.report(variable, 0, ".".join(parts), f"unknown table{_nearest(part, members(section))}")
                    break
                section, target = branch.section, target.setdefault(branch.field, {})
            else:
                self.variable(section, target, variable, parts, text)
        return values

    def variable(self, section: type[Section], target: Values, variable: str, parts: list[str], text: str) -> None:
        """Put one variable's value into its table."""
        name, known = parts[-1], members(section)
        self.origin[".".join(parts)] = (variable, 0)
        leaf, secret = known.get(name), known.get(name.removesuffix("_file"))
        try:
            if isinstance(leaf, Leaf):
                target[leaf.field] = convert_text(leaf, text)
            elif name.endswith("_file") and isinstance(secret, Leaf) and secret.key.kind == "secret":
                target[secret.field] = self.secret(secret, text)
            else:
                self.unknown(variable, 0, ".".join(parts), known)
        except ValueError as wrong:
            self.report(variable, 0, ".".join(parts), str(wrong))


S = TypeVar("S", bound=Section)


def _merge(section: S, values: Values) -> S:
    return msgspec.structs.replace(
        section, **{field: _merged(getattr(section, field), value) for field, value in values.items()}
    )


def _merged(present: object, value: Any) -> object:
    if isinstance(present, Section):
        return _merge(present, value)
    if isinstance(present, dict):
        names = {**present, **value}
        return {name: {**present.get(name, {}), **value.get(name, {})} for name in names}
    return value


def _file(reader: _Reader, path: Path) -> Values:
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except OSError as gone:
        reader.report(str(path), 0, "", f"cannot be read: {gone.strerror}")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        place = str(wrong)
        line = int(place.rsplit("line ", 1)[1].split(",", maxsplit=1)[0]) if "(at line " in place else 0
        reader.report(str(path), line, "", place)
        return {}
    return reader.table(Settings, raw, "", str(path), key_lines(text))


def load_settings(
    path: Path | None = None,
    *,
    env: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """Settings from `path` (None: defaults), then `env` (None: the process'), then `overrides` by dotted field path.

    Raises ConfigError with every problem, each by file, line, key and what was expected.
    """
    reader = _Reader()
    settings = Settings()
    if path is not None:
        settings = _merge(settings, _file(reader, path))
    settings = _merge(settings, reader.variables(os.environ if env is None else env))
    nested: Values = {}
    for dotted, value in (overrides or {}).items():
        *tables, field = dotted.split(".")
        target = nested
        for table in tables:
            target = target.setdefault(table, {})
        target[field] = value
    settings = _merge(settings, nested)
    if not settings.server.base_url:
        derived = msgspec.structs.replace(settings.server, base_url=f"http://localhost:{settings.server.port}")
        settings = msgspec.structs.replace(settings, server=derived)
    if not reader.problems:
        for key, message in check(settings):
            source, line = reader.origin.get(key, (str(path) if path else "defaults", 0))
            reader.report(source, line, key, message)
    if reader.problems:
        raise ConfigError(reader.problems)
    return settings
