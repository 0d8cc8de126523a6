"""Templates as trees.  Source: Go's text/template/parse, parse.go."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, NoReturn

from obsv.core.gotemplate.functions import BUILTINS
from obsv.core.gotemplate.lex import Kind, Token, tokens
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
from obsv.core.gotemplate.unquote import character, unquoted
from obsv.core.gotemplate.values import TemplateFailed
from obsv.core.gotemplate.verbs import quoted

DEEPEST: Final = 100
_FLOAT: Final = re.compile(r"[.eEpP]")


def parse_template(name: str, text: str, functions: Collection[str] = ()) -> Template:
    """Read a template that may use the built-in functions and those named.  Raises TemplateFailed."""
    parser = _Parser(name, text, {*BUILTINS, *functions})
    body, _ = parser.items(at_top=True)
    template = Template(name, text, parser.defined)
    template.defined[name] = body
    return template


class _Parser:
    def __init__(self, name: str, text: str, functions: Collection[str]) -> None:
        self._name, self._text, self._functions = name, text, functions
        self._tokens, self._i = list(tokens(text)), 0
        self._variables = ["$"]
        self._depth = self._loops = 0
        self.defined: dict[str, list[Node]] = {}

    # -- tokens --

    def _peek(self) -> Token:
        return self._tokens[min(self._i, len(self._tokens) - 1)]

    def _next(self) -> Token:
        token = self._peek()
        self._i += 1
        return token

    def _peek_solid(self) -> Token:
        while self._peek().kind == "space":
            self._i += 1
        return self._peek()

    def _solid(self) -> Token:
        self._peek_solid()
        return self._next()

    def _fail(self, problem: str, at: int | None = None) -> NoReturn:
        raise self._failure(problem, at)

    def _failure(self, problem: str, at: int | None = None) -> TemplateFailed:
        place = self._peek().at if at is None else at
        return TemplateFailed(f"template: {self._name}:{self._text.count(chr(10), 0, place) + 1}: {problem}")

    def _unexpected(self, token: Token, context: str) -> NoReturn:
        self._fail(str(token) if token.kind == "error" else f"unexpected {token} in {context}", token.at)

    def _expect(self, kind: Kind, context: str) -> Token:
        token = self._solid()
        if token.kind != kind:
            self._unexpected(token, context)
        return token

    # -- lists --

    def items(self, *, at_top: bool = False) -> tuple[list[Node], Token | None]:
        """Nodes up to the end or to `else` or `end`, which comes back."""
        found: list[Node] = []
        while True:
            token = self._next()
            if token.kind == "text":
                found.append(Text(token.at, token.text))
            elif token.kind == "left":
                node = self._action(at_top=at_top)
                if isinstance(node, Token):
                    if at_top:
                        self._fail(f"unexpected {{{{{node.text}}}}}", node.at)
                    return found, node
                if node is not None:
                    found.append(node)
            elif token.kind == "eof" and at_top:
                return found, None
            elif token.kind == "eof":
                self._fail("unexpected EOF", token.at)
            else:
                self._unexpected(token, "input")

    def _action(self, *, at_top: bool) -> Node | Token | None:
        token = self._peek_solid()
        if token.kind == "keyword":
            self._solid()
            return self._keyword(token, at_top=at_top)
        mark = len(self._variables)
        pipe = self._pipe("command", "right")
        assert len(self._variables) >= mark
        return Action(pipe.at, pipe)

    def _keyword(self, token: Token, *, at_top: bool) -> Node | Token | None:
        match token.text:
            case "else" | "end":
                if token.text == "end":
                    self._expect("right", "end")
                return token
            case "if" | "with" | "range":
                return self._branch(token)
            case "template":
                return self._call()
            case "block":
                return self._block(token)
            case "define":
                if not at_top:
                    self._unexpected(token, "command")
                self._define()
                return None
            case _:
                if not self._loops:
                    self._fail(f"{{{{{token.text}}}}} outside {{{{range}}}}", token.at)
                self._expect("right", f"{{{{{token.text}}}}}")
                return Jump(token.at, token.text)

    def _branch(self, token: Token) -> Branch:
        word, mark = token.text, len(self._variables)
        self._deeper()
        pipe = self._pipe(word, "right")
        self._loops += word == "range"
        body, end = self.items()
        self._loops -= word == "range"
        otherwise: list[Node] | None = None
        if end is not None and end.text == "else":
            after = self._peek_solid()
            if after.kind == "keyword" and after.text == word and word in ("if", "with"):
                self._solid()
                otherwise = [self._branch(after)]
            else:
                self._expect("right", "else")
                otherwise, end = self.items()
                if end is not None and end.text != "end":
                    self._fail(f"expected end; found {{{{{end.text}}}}}", end.at)
        del self._variables[mark:]
        self._depth -= 1
        return Branch(token.at, word, pipe, body, otherwise)

    def _call(self) -> Call:
        at = self._peek_solid().at
        name = self._name_of("template clause")
        pipe: Pipe | None = None
        if self._peek_solid().kind == "right":
            self._solid()
        else:
            pipe = self._pipe("template clause", "right")
        return Call(at, name, pipe)

    def _block(self, token: Token) -> Call:
        name = self._name_of("block clause")
        pipe = self._pipe("block clause", "right")
        self._body_of(name, "block clause")
        return Call(token.at, name, pipe)

    def _define(self) -> None:
        name = self._name_of("define clause")
        self._expect("right", "define clause")
        self._body_of(name, "define clause")

    def _body_of(self, name: str, context: str) -> None:
        self._deeper()
        outer, self._variables, loops, self._loops = self._variables, ["$"], self._loops, 0
        body, end = self.items()
        if end is None or end.text != "end":
            self._fail(f"unexpected {{{{{end.text if end else ''}}}}} in {context}")
        self._variables, self._loops = outer, loops
        self._depth -= 1
        self.defined[name] = body

    def _name_of(self, context: str) -> str:
        token = self._solid()
        if token.kind not in ("string", "raw"):
            self._unexpected(token, context)
        return unquoted(token.text)

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            self._fail(f"nested more than {DEEPEST} deep")

    # -- pipes --

    def _pipe(self, context: str, end: Kind) -> Pipe:
        begin = self._peek_solid()
        pipe = Pipe(begin.at, [])
        self._declarations(pipe, context)
        while True:
            token = self._solid()
            if token.kind == end:
                self._check(pipe, context)
                return pipe
            if token.kind in (
                "bool",
                "char",
                "dot",
                "field",
                "identifier",
                "number",
                "nil",
                "raw",
                "string",
                "variable",
                "(",
            ):
                self._i -= 1
                pipe.commands.append(self._command())
            else:
                self._unexpected(token, context)

    def _declarations(self, pipe: Pipe, context: str) -> None:
        """`$a :=`, `$a =`, and `$i, $e :=` of a range."""
        while self._peek_solid().kind == "variable":
            mark, token = self._i, self._solid()
            after = self._peek_solid()
            if after.kind in (":=", "="):
                self._solid()
                pipe.is_assignment = after.kind == "="
                pipe.variables.append(token.text)
                if after.kind == ":=":
                    self._variables += pipe.variables
                return
            if after.kind == "," and context == "range" and not pipe.variables:
                self._solid()
                pipe.variables.append(token.text)
                if self._peek_solid().kind != "variable":
                    self._fail("range can only initialize variables")
                continue
            if after.kind == ",":
                self._fail(f"too many declarations in {context}")
            self._i = mark
            return

    def _check(self, pipe: Pipe, context: str) -> None:
        if not pipe.commands:
            self._fail(f"missing value for {context}")
        for i, command in enumerate(pipe.commands[1:], 2):
            if isinstance(command.args[0], Literal | Dot):
                self._fail(f"non executable command in pipeline stage {i}")

    def _command(self) -> Command:
        command = Command(self._peek_solid().at, [])
        while True:
            self._peek_solid()
            operand = self._operand()
            if operand is not None:
                command.args.append(operand)
            token = self._next()
            if token.kind == "space":
                continue
            if token.kind in ("right", ")"):
                self._i -= 1
            elif token.kind != "|":
                self._unexpected(token, "operand")
            break
        if not command.args:
            self._fail("empty command")
        return command

    def _operand(self) -> Node | None:
        node = self._term()
        if node is None or self._peek().kind != "field":
            return node
        at, names = self._peek().at, list[str]()
        while self._peek().kind == "field":
            names.append(self._next().text[1:])
        match node:
            case Field():
                return Field(at, node.names + names)
            case Variable():
                return Variable(at, node.name, node.names + names)
            case Literal():
                pass
            case _:
                return Chain(at, node, names)
        raise self._failure(f"unexpected . after term {quoted(str(node))}")

    def _term(self) -> Node | None:
        token = self._solid()
        match token.kind:
            case "identifier":
                if token.text not in self._functions:
                    self._fail(f"function {quoted(token.text)} not defined", token.at)
                return Identifier(token.at, token.text)
            case "dot":
                return Dot(token.at)
            case "nil":
                return Literal(token.at, None, "nil")
            case "variable":
                if token.text not in self._variables:
                    self._fail(f"undefined variable {quoted(token.text)}", token.at)
                return Variable(token.at, token.text, [])
            case "field":
                return Field(token.at, [token.text[1:]])
            case "bool":
                return Literal(token.at, token.text == "true", token.text)
            case "char" | "number" | "string" | "raw":
                return Literal(token.at, self._constant(token), token.text)
            case "(":
                self._deeper()
                pipe = self._pipe("parenthesized pipeline", ")")
                self._depth -= 1
                return pipe
            case _:
                self._i -= 1
                return None

    def _constant(self, token: Token) -> str | int | float:
        try:
            match token.kind:
                case "char":
                    return character(token.text)
                case "number":
                    return number(token.text)
                case _:
                    return unquoted(token.text)
        except ValueError as wrong:
            self._fail(str(wrong), token.at)


def number(text: str) -> int | float:
    """A number as Go reads it.  Raises ValueError."""
    plain = text.replace("_", "")
    digits = plain.lstrip("+-").lower()
    try:
        if digits.startswith("0x") and not re.search(r"[.p]", digits):
            return _whole(int(plain, 16))
        if digits.startswith(("0b", "0o")):
            return _whole(int(plain, 0))
        if digits.startswith("0x"):
            return float.fromhex(plain)
        if _FLOAT.search(plain):
            return float(plain)
        return _whole(int(plain, 8) if digits.startswith("0") and len(digits) > 1 else int(plain))
    except (ValueError, OverflowError):
        raise ValueError(f"illegal number syntax: {quoted(text)}") from None


def _whole(value: int) -> int:
    """One that Go's int holds.  Raises OverflowError."""
    if not -(2**63) <= value < 2**63:
        raise OverflowError
    return value
