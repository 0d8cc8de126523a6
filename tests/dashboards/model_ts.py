"""Writes the dashboard model's TypeScript twin: `python -m tests.dashboards.model_ts`.

Types are made from what msgspec decodes, so names, choices and defaults cannot drift apart; a test fails when it is stale.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
from msgspec import inspect

from obsv.dashboards import model

TARGET: Final = Path(__file__).parents[2] / "obsv" / "web" / "src" / "dashboards" / "model.ts"
HEAD: Final = (
    "/**\n"
    " * A dashboard as a document, complete: what a stored one leaves out is filled in by `complete.ts`.\n"
    " * Made from obsv/dashboards/model.py by `python -m tests.dashboards.model_ts`; do not edit.\n"
    " */\n"
    "/* eslint-disable max-lines -- as long as the model is */\n"
)
SIMPLE: Final = {
    inspect.StrType: "string",
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.BoolType: "boolean",
    inspect.NoneType: "null",
}


def is_view(types: tuple[inspect.Type, ...]) -> bool:
    """Whether a union is the one of what a panel can show: structs told apart by their kind."""
    return all(isinstance(one, inspect.StructType) for one in types)


def literal(values: tuple[Any, ...]) -> str:
    """A union of constants."""
    return " | ".join(f"'{value}'" for value in values)


CALCULATIONS: Final = get_args(model.Calculation)


class Writer:
    """Walks the types once; `structs` are in the order in which they are first met."""

    def __init__(self) -> None:
        self.structs: dict[str, inspect.StructType] = {}

    def visit(self, kind: inspect.Type) -> None:
        """Note every struct below."""
        match kind:
            case inspect.StructType(cls=cls, fields=fields):
                if cls.__name__ not in self.structs:
                    self.structs[cls.__name__] = kind
                    for field in fields:
                        self.visit(field.type)
            case inspect.UnionType(types=types):
                for one in types:
                    self.visit(one)
            case inspect.VarTupleType(item_type=item):
                self.visit(item)
            case _:
                pass

    def name(self, kind: inspect.Type) -> str:
        """The TypeScript type."""
        match kind:
            case inspect.StructType(cls=cls):
                return cls.__name__
            case inspect.LiteralType(values=values):
                return "Calculation" if set(values) == set(CALCULATIONS) else literal(values)
            case inspect.UnionType(types=types) if is_view(types):
                return "View"
            case inspect.UnionType(types=types):
                return " | ".join(self.name(one) for one in types)
            case inspect.VarTupleType(item_type=item):
                inner = self.name(item)
                return f"({inner})[]" if " | " in inner else f"{inner}[]"
            case _:
                return SIMPLE[type(kind)]

    def parts(self, kind: inspect.Type) -> str | None:
        """The struct that a field is, or holds many of."""
        match kind:
            case inspect.StructType(cls=cls):
                return cls.__name__
            case inspect.VarTupleType(item_type=item):
                return self.parts(item)
            case inspect.UnionType(types=types) if is_view(types):
                return "View"
            case inspect.UnionType(types=types):
                return next((found for one in types if (found := self.parts(one))), None)
            case _:
                return None

    def interface(self, name: str, struct: inspect.StructType) -> Iterator[str]:
        """Lines of one interface."""
        doc = (struct.cls.__doc__ or "").strip().splitlines()
        yield (
            f"/** {doc[0]} */"
            if len(doc) == 1
            else "/**\n" + "\n".join(f" * {one.strip()}".rstrip() for one in doc) + "\n */"
        )
        yield f"export interface {name} {{"
        if struct.tag is not None:
            yield f"  kind: '{struct.tag}'"
        for field in struct.fields:
            yield f"  {field.encode_name}: {self.name(field.type)}"
        yield "}"

    def shape(self, name: str, struct: inspect.StructType) -> str:
        """The row of the table of defaults."""
        defaults: dict[str, object] = {}
        parts: dict[str, str] = {}
        for field in struct.fields:
            part = self.parts(field.type)
            if part is not None:
                parts[field.encode_name] = part
            if field.required:
                continue
            defaults[field.encode_name] = msgspec.to_builtins(field.default)
        return f"  {name}: {{ defaults: {script(defaults)}, parts: {script(parts)} }},"

    def write(self) -> str:
        """The whole module."""
        self.visit(inspect.type_info(model.Dashboard))
        views = [name for name, struct in self.structs.items() if struct.tag is not None]
        out = [HEAD, f"export const COLUMNS = {model.COLUMNS}", ""]
        out += [f"export type Calculation = {literal(CALCULATIONS)}", ""]
        for name, struct in self.structs.items():
            out += [*self.interface(name, struct), ""]
        kinds = ", ".join(f"{script(str(self.structs[name].tag))}: '{name}'" for name in views)
        out += [f"export type View = {' | '.join(views)}", "", f"export const VIEWS = {{ {kinds} }} as const", ""]
        out += ["/** By part: what is left out where it is this, and which of its fields are parts themselves. */"]
        out += [
            "export const SHAPES = {",
            *(self.shape(name, struct) for name, struct in self.structs.items()),
            "} as const",
        ]
        return "\n".join(out) + "\n"


def script(value: object) -> str:
    """A value as TypeScript source."""
    match value:
        case dict():
            inner = ", ".join(
                f"{key if str(key).isidentifier() else script(key)}: {script(one)}" for key, one in value.items()
            )
            return f"{{ {inner} }}" if inner else "{}"
        case list() | tuple():
            return f"[{', '.join(map(script, value))}]"
        case str():
            return "'" + json.dumps(value)[1:-1].replace("'", "\\'") + "'"
        case _:
            return json.dumps(value)


def main() -> int:
    """Write it."""
    TARGET.write_text(Writer().write(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
