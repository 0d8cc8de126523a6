"""Carries templates out.  Source: Go's text/template, exec.go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from obsv.core.gotemplate.functions import BUILTINS, SHORT_CIRCUIT, Function
from obsv.core.gotemplate.nodes import (
    Action,
    Branch,
    Call,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Jump,
    Literal,
    Node,
    Pipe,
    Template,
    Text,
    Variable,
)
from obsv.core.gotemplate.values import MISSING, Missing, StringMap, Struct, TemplateFailed, is_true, show, type_of
from obsv.core.gotemplate.verbs import quoted

DEEPEST: Final = 50
_NONE: Final = object()
"""No value came through the pipe."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one template may cost: characters that it writes or makes on its way, and nodes that it visits."""

    output: int = 65_536
    steps: int = 100_000


@dataclass(slots=True)
class Spent:
    """What was spent of the limits; a function that renders in its turn hands on the one it belongs to."""

    output: int = 0
    steps: int = 0
    depth: int = 0


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


def render(
    template: Template,
    data: object,
    functions: Mapping[str, Function] | None = None,
    limits: Limits | None = None,
    *,
    start: str = "",
    spent: Spent | None = None,
) -> str:
    """What the template `start` (by default the whole text) makes of `data`.  Raises TemplateFailed.

    What a function raises that is no TemplateFailed comes through as it is.
    """
    run = _Run(template, functions or {}, limits or Limits(), spent or Spent())
    name = start or template.name
    if name not in template.defined:
        raise TemplateFailed(f"template: no template {quoted(name)} associated with template {quoted(template.name)}")
    try:
        run.template_named(name, data)
    except RecursionError:
        raise TemplateFailed(f"template: {template.name}: exceeded maximum template depth") from None
    return "".join(run.out)


class _Run:
    def __init__(self, template: Template, functions: Mapping[str, Function], limits: Limits, spent: Spent) -> None:
        self._template, self._functions, self._limits, self._spent = template, functions, limits, spent
        self._name = template.name
        self._variables: list[tuple[str, Any]] = []
        self._node: Node | None = None
        self.out: list[str] = []

    def template_named(self, name: str, data: Any) -> None:
        """Carry one out, with variables of its own."""
        outer, outer_name = self._variables, self._name
        self._variables, self._name = [("$", data)], name
        self._spent.depth += 1
        if self._spent.depth > DEEPEST:
            self._fail(f"exceeded maximum template depth ({DEEPEST})")
        self._walk_all(data, self._template.defined[name])
        self._spent.depth -= 1
        self._variables, self._name = outer, outer_name

    def _fail(self, problem: str) -> NoReturn:
        raise self._failure(problem)

    def _failure(self, problem: str) -> TemplateFailed:
        place = self._template.place(self._node.at) if self._node else self._template.name
        at = f" at <{self._node}>" if self._node else ""
        return TemplateFailed(f"template: {place}: executing {quoted(self._name)}{at}: {problem}")

    def _at(self, node: Node) -> None:
        self._node = node
        self._spent.steps += 1
        if self._spent.steps > self._limits.steps:
            self._fail(f"more than {self._limits.steps} steps")

    def _bounded(self, text: str) -> str:
        self._spent.output += len(text)
        if self._spent.output > self._limits.output:
            self._fail(f"more than {self._limits.output} characters")
        return text

    # -- nodes --

    def _walk_all(self, dot: Any, nodes: Iterable[Node]) -> None:
        for node in nodes:
            self._walk(dot, node)

    def _walk(self, dot: Any, node: Node) -> None:
        match node:
            case Text():
                self.out.append(self._bounded(node.text))
            case Action():
                self._at(node.pipe)
                value = self._pipe(dot, node.pipe)
                if not node.pipe.variables:
                    shown = "<no value>" if value is None or isinstance(value, Missing) else show(value)
                    self.out.append(self._bounded(shown))
            case Branch(word="range"):
                self._range(dot, node)
            case Branch():
                self._branch(dot, node)
            case Jump():
                raise _Break if node.word == "break" else _Continue
            case Call():
                self._node = None
                if node.name not in self._template.defined:
                    self._fail_call(node)
                self.template_named(node.name, self._pipe(dot, node.pipe) if node.pipe else None)
            case _:
                raise AssertionError(type(node))

    def _fail_call(self, node: Call) -> NoReturn:
        text = f"{{{{template {quoted(node.name)}{f' {node.pipe}' if node.pipe else ''}}}}}"
        place = self._template.place(node.at)
        raise TemplateFailed(
            f"template: {place}: executing {quoted(self._name)} at <{text}>: template {quoted(node.name)} not defined"
        )

    def _branch(self, dot: Any, node: Branch) -> None:
        mark = len(self._variables)
        value = self._pipe(dot, node.pipe)
        if is_true(value):
            self._walk_all(value if node.word == "with" else dot, node.body)
        elif node.otherwise is not None:
            self._walk_all(dot, node.otherwise)
        del self._variables[mark:]

    def _range(self, dot: Any, node: Branch) -> None:
        mark = len(self._variables)
        value = self._pipe(dot, node.pipe, declare=False)
        names = node.pipe.variables
        count = 0
        inner = len(self._variables)
        for key, item in self._pairs(node.pipe, value):
            count += 1
            self._at(node.pipe)
            given = [item] if len(names) == 1 else [key, item]
            for name, one in zip(names, given, strict=False):
                if node.pipe.is_assignment:
                    self._assign(name, one)
                else:
                    self._variables.append((name, one))
            try:
                self._walk_all(item, node.body)
            except _Break:
                break
            except _Continue:
                continue
            finally:
                del self._variables[inner:]
        if not count and node.otherwise is not None:
            self._walk_all(dot, node.otherwise)
        del self._variables[mark:]

    def _pairs(self, pipe: Pipe, value: Any) -> Iterable[tuple[Any, Any]]:
        match value:
            case None | Missing():
                return ()
            case bool() | float() | str() | Struct():
                pass
            case int():
                return ((i, i) for i in range(value))
            case Mapping():
                return [(key, value[key]) for key in sorted(value)]
            case Sequence():
                return enumerate(value)
            case _:
                pass
        self._at(pipe)
        raise self._failure(f"range can't iterate over {show(value)}")

    # -- values --

    def _pipe(self, dot: Any, pipe: Pipe, *, declare: bool = True) -> Any:
        self._at(pipe)
        value: Any = _NONE
        for command in pipe.commands:
            value = self._command(dot, command, value)
        for name in pipe.variables if declare else ():
            if pipe.is_assignment:
                self._assign(name, value)
            else:
                self._variables.append((name, value))
        return value

    def _assign(self, name: str, value: Any) -> None:
        for i in range(len(self._variables) - 1, -1, -1):
            if self._variables[i][0] == name:
                self._variables[i] = (name, value)
                return
        self._fail(f"undefined variable: {name}")

    def _command(self, dot: Any, command: Command, final: Any) -> Any:
        first, args = command.args[0], command.args[1:]
        match first:
            case Field():
                return self._chain(dot, first, dot, first.names, (args, final))
            case Chain():
                return self._chain(dot, first, self._arg(dot, first.node), first.names, (args, final))
            case Identifier():
                return self._function(dot, first, command, args, final)
            case Variable() if first.names:
                return self._chain(dot, first, self._variable(first.name), first.names, (args, final))
            case _:
                pass
        self._at(first)
        if args or final is not _NONE:
            self._fail(f"can't give argument to non-function {first}")
        if isinstance(first, Literal) and first.value is None:
            self._fail("nil is not a command")
        return self._arg(dot, first)

    def _arg(self, dot: Any, node: Node) -> Any:
        match node:
            case Literal():
                return node.value
            case Dot():
                return dot
            case Pipe():
                return self._pipe(dot, node)
            case Variable():
                value = self._variable(node.name)
                return self._chain(dot, node, value, node.names, ([], _NONE)) if node.names else value
            case Field():
                return self._chain(dot, node, dot, node.names, ([], _NONE))
            case Chain():
                return self._chain(dot, node, self._arg(dot, node.node), node.names, ([], _NONE))
            case Identifier():
                return self._function(dot, node, node, [], _NONE)
            case _:
                raise AssertionError(type(node))

    def _variable(self, name: str) -> Any:
        for known, value in reversed(self._variables):
            if known == name:
                return value
        raise self._failure(f"undefined variable: {name}")

    def _chain(self, dot: Any, node: Node, value: Any, names: Sequence[str], call: tuple[list[Node], Any]) -> Any:
        for i, name in enumerate(names):
            is_last = i == len(names) - 1
            value = self._field(dot, node, value, name, call if is_last else ([], _NONE))
        return value

    def _field(self, dot: Any, node: Node, value: Any, name: str, call: tuple[list[Node], Any]) -> Any:
        self._at(node)
        args, final = call
        has_args = bool(args) or final is not _NONE
        match value:
            case None | Missing():
                return MISSING
            case Struct(fields=fields) if name in fields:
                found = fields[name]
                if isinstance(found, Callable):  # type: ignore[arg-type]
                    given = [self._arg(dot, arg) for arg in args] + ([] if final is _NONE else [final])
                    return self._called(node, name, found, given)
                if has_args:
                    self._fail(f"{name} has arguments but cannot be invoked as function")
                return found
            case Mapping():
                if has_args:
                    self._fail(f"{name} is not a method but has arguments")
                return value.get(name, "" if isinstance(value, StringMap) else MISSING)
            case _:
                raise self._failure(f"can't evaluate field {name} in type {type_of(value)}")

    def _called(self, node: Node, name: str, call: Callable[..., Any], given: Sequence[Any]) -> Any:
        try:
            value = call(*given)
        except TemplateFailed as failed:
            self._at(node)
            self._fail(f"error calling {name}: {failed}")
        except TypeError as wrong:
            self._fail(f"wrong number of args for {name}: {wrong}")
        if isinstance(value, str):
            self._bounded(value)
        return value

    def _function(self, dot: Any, node: Identifier, whole: Node, args: Sequence[Node], final: Any) -> Any:
        self._at(node)
        name = node.name
        function = self._functions.get(name) or BUILTINS[name]
        count, params = len(args) + (final is not _NONE), function.params
        if function.is_variadic and count < len(params) - 1:
            self._fail(f"wrong number of args for {name}: want at least {len(params) - 1} got {len(args)}")
        if not function.is_variadic and count != len(params):
            self._fail(f"wrong number of args for {name}: want {len(params)} got {count}")
        if name in SHORT_CIRCUIT:
            return self._short_circuit(dot, name, args, final)
        given: list[Any] = []
        for i, arg in enumerate(args):
            given.append(self._typed(arg, self._arg(dot, arg), params[min(i, len(params) - 1)]))
        if final is not _NONE:
            given.append(self._typed(None, final, params[min(len(args), len(params) - 1)]))
        self._at(node)
        return self._called(whole, name, function.call, given)

    def _short_circuit(self, dot: Any, name: str, args: Sequence[Node], final: Any) -> Any:
        value: Any = None
        for arg in args:
            value = self._arg(dot, arg)
            if is_true(value) == (name == "or"):
                return value
        return value if final is _NONE else final

    def _typed(self, node: Node | None, value: Any, wanted: str) -> Any:
        """A value as an argument of a type."""
        if isinstance(value, Missing):
            value = None
        if wanted == "any":
            return value
        if node is not None:
            self._node = node
        if value is None:
            self._fail(f"invalid value; expected {wanted}")
        given = type_of(value)
        if given == wanted:
            return value
        if isinstance(node, Literal):
            if wanted == "float64" and given == "int":
                return float(value)
            if wanted in ("string", "float64", "int", "bool"):
                kind = {"float64": "float", "int": "integer"}.get(wanted, wanted)
                self._fail(f"expected {kind}; found {node}")
            self._fail(f"can't handle {node} for arg of type {wanted}")
        raise self._failure(f"wrong type for value; expected {wanted}; got {given}")
