"""The tree of a template; `str` of a node is how it is named in messages."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Node:
    """`at` is the node's place in the text."""

    at: int


@dataclass(slots=True)
class Text(Node):
    """Goes out as it is."""

    text: str


@dataclass(slots=True)
class Literal(Node):
    """A constant, with its spelling; `nil` has the value None."""

    value: str | int | float | bool | None
    spelling: str

    def __str__(self) -> str:
        return self.spelling


@dataclass(slots=True)
class Dot(Node):
    """`.`"""  # that is all of it

    def __str__(self) -> str:
        return "."


@dataclass(slots=True)
class Field(Node):
    """`.A.B`"""

    names: list[str]

    def __str__(self) -> str:
        return "".join(f".{name}" for name in self.names)


@dataclass(slots=True)
class Variable(Node):
    """`$x.A`, with the dollar in its name."""

    name: str
    names: list[str]

    def __str__(self) -> str:
        return ".".join([self.name, *self.names])


@dataclass(slots=True)
class Identifier(Node):
    """The name of a function."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(slots=True)
class Chain(Node):
    """Fields of what another node gives."""

    node: Node
    names: list[str]

    def __str__(self) -> str:
        inner = f"({self.node})" if isinstance(self.node, Pipe) else str(self.node)
        return inner + "".join(f".{name}" for name in self.names)


@dataclass(slots=True)
class Command(Node):
    """A value, or a function with its arguments."""

    args: list[Node]

    def __str__(self) -> str:
        return " ".join(f"({arg})" if isinstance(arg, Pipe) else str(arg) for arg in self.args)


@dataclass(slots=True)
class Pipe(Node):
    """Commands, each of which gets what the one before gave; the result goes to the variables."""

    commands: list[Command]
    variables: list[str] = field(default_factory=list[str])
    is_assignment: bool = False

    def __str__(self) -> str:
        named = ", ".join(self.variables) + (" = " if self.is_assignment else " := ") if self.variables else ""
        return named + " | ".join(map(str, self.commands))


@dataclass(slots=True)
class Action(Node):
    """What a pipe gives goes out."""

    pipe: Pipe


@dataclass(slots=True)
class Branch(Node):
    """`if`, `with` and `range`."""

    word: str
    pipe: Pipe
    body: list[Node]
    otherwise: list[Node] | None


@dataclass(slots=True)
class Jump(Node):
    """`break` and `continue`."""

    word: str


@dataclass(slots=True)
class Call(Node):
    """`template "name" pipe`."""

    name: str
    pipe: Pipe | None


@dataclass(slots=True)
class Template:
    """A text that was read; `defined` are the templates that it names, itself among them."""

    name: str
    text: str
    defined: dict[str, list[Node]]

    def place(self, at: int) -> str:
        """Name, line and column in bytes, as in messages."""
        before = self.text[:at]
        column = len(before[before.rfind("\n") + 1 :].encode("utf-8", "surrogatepass"))
        return f"{self.name}:{before.count(chr(10)) + 1}:{column}"
