"""What one function says: the codes that it refuses with, and those that it hands back."""

import ast
import functools
import re
import types
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import TextClause
from sqlmodel import SQLModel

from shared.http.words import CODES
from shared.rules import Rule, Severity
from tests.contract.speech.names import (
    MISSING,
    Bound,
    Function,
    hints_of,
    is_ours,
    name_of,
    tree_of,
    unwrapped,
)
from tests.contract.speech.nodes import Node, Said
from tests.contract.speech.scope import Scope
from tests.contract.speech.tables import constraints_of, tables_by_name

if TYPE_CHECKING:
    from tests.contract.speech.graph import House

RAISING: Final = {"require", "Refused", "Failure"}
WRITING: Final = {"insert", "pg_insert", "update", "merge", "copy_rows"}
STATEMENT: Final = re.compile(r"(?:INSERT INTO|UPDATE) ([a-z_]+)")


class Reading(Scope):
    """One function while it is read: what flows where."""

    def __init__(
        self, house: "House", function: Function, tree: ast.AST, bound: Bound = ()
    ) -> None:
        """Begin with what the function is told."""
        super().__init__(function, tree, bound)
        self.house = house
        name = name_of(function, bound)
        self.refuses = house.said("refuses", name)
        self.gives = house.said("gives", name)

    def read(self) -> None:  # noqa: C901 - one case for each kind of node
        """Follow whatever the function refers to, calls, raises and returns."""
        swallowed = self._swallowed()
        for node in self._everything():
            if id(node) in swallowed:
                continue
            match node:
                case ast.Raise(exc=ast.expr() as raised):
                    self._flow(self.refuses, raised)
                case ast.Call():
                    self._read_call(node)
                    called = unwrapped(self.resolved(node.func))
                    if isinstance(called, Function) and is_ours(called):
                        swallowed.add(id(node.func))
                        name = self.house.enter(called, self._binding(called, node))
                        self.refuses.after.add(Node("refuses", name))
                case ast.Name() | ast.Attribute() if isinstance(node.ctx, ast.Load):
                    thing = self.resolved(node)
                    self._follow(self.refuses, thing, "refuses")
                    if isinstance(thing, str | TextClause):
                        self._read_statement(str(thing))
                case ast.Constant(value=str(text)):
                    self._read_statement(text)
                case ast.Attribute() if isinstance(node.ctx, ast.Store):
                    self._write(node.value, node.attr)
            match node:
                case ast.Return(value=ast.expr() as given) | ast.Yield(value=ast.expr() as given):
                    self._flow(self.gives, given)
        if not isinstance(self.body, list):
            self._flow(self.gives, self.body)

    def _swallowed(self) -> set[int]:
        """Find what stands under a `try` whose handler keeps a refusal to itself."""
        found: set[int] = set()
        for node in self._everything():
            if isinstance(node, ast.Try) and any(keeps(one) for one in node.handlers):
                found |= {id(part) for one in node.body for part in ast.walk(one)}
        return found

    def _read_call(self, node: ast.Call) -> None:
        called = unwrapped(self.resolved(node.func))
        name = getattr(called, "__name__", "") or last_of(node.func)
        arguments = [*node.args, *(one.value for one in node.keywords)]
        if name in RAISING or (isinstance(called, Function) and requires_what_it_gets(called)):
            for one in arguments:
                self._flow(self.refuses, one)
        if isinstance(called, type):
            self._written(called, None)
        if name == "setattr" and self.house.broad:
            self._write(node.args[0], None)
        if name == "sqlmodel_update" and isinstance(node.func, ast.Attribute) and self.house.broad:
            self._write(node.func.value, None)
        if name in WRITING or "insert" in name or "copy" in name:
            for one in arguments:
                self._written(self.resolved(one), None)

    def _read_statement(self, text: str) -> None:
        """A statement of our own writes the tables that it names so."""
        if "INSERT INTO" in text or "UPDATE " in text:
            for name in STATEMENT.findall(text):
                if name in tables_by_name():
                    self._written(tables_by_name()[name], None)

    def _write(self, whole: ast.expr, column: str | None) -> None:
        for kind in self.types_of(whole):
            self._written(kind, column)

    def _written(self, table: object, column: str | None) -> None:
        """A row is made, or one of its columns set: its constraints may refuse it."""
        if not (isinstance(table, type) and issubclass(table, SQLModel)):
            return
        for constraint, code, columns in (
            constraints_of(table) if hasattr(table, "__table__") else ()
        ):
            if column is None or columns is None or column in columns:
                node = Node("constraint", constraint)
                self.house.said(node.way, node.name).codes.add(code)
                self.refuses.after.add(node)

    def _follow(self, to: Said, thing: object, way: str) -> None:
        """Take what another function says, or what functions and codes a constant holds."""
        for one in held_by(thing):
            if isinstance(one, str):
                if way == "gives":
                    to.codes.add(one)
            elif isinstance(one, Function | type):
                to.after.add(Node(way, self.house.enter(one)))

    def _flow(  # noqa: C901 - one case for each expression
        self, to: Said, node: ast.AST, seen: frozenset[str] = frozenset()
    ) -> None:
        """Let the codes of whatever an expression is made of flow to where it goes."""
        match node:
            case ast.Constant(value=str(text)):
                if text in CODES:
                    to.codes.add(text)
            case ast.Name(id=name):
                self._flow_name(to, name, seen)
            case ast.Attribute(value=value):
                self._follow(to, self.resolved(node), "gives")
                self._flow(to, value, seen)
            case ast.Call():
                self._flow_call(to, node, seen)
            case ast.IfExp(test=test, body=body, orelse=other):
                verdict = self._verdict(test)
                if verdict is not False:
                    self._flow(to, body, seen)
                if verdict is not True:
                    self._flow(to, other, seen)
            case ast.Compare() | ast.JoinedStr():
                pass
            case ast.ListComp(elt=one) | ast.SetComp(elt=one) | ast.GeneratorExp(elt=one):
                self._flow(to, one, seen)
            case ast.DictComp(key=key, value=value):
                self._flow(to, key, seen)
                self._flow(to, value, seen)
            case _:
                for part in ast.iter_child_nodes(node):
                    self._flow(to, part, seen)

    def _flow_name(self, to: Said, name: str, seen: frozenset[str]) -> None:
        if name in seen:
            return
        seen |= {name}
        parts = [
            *self.values.get(name, ()), *self.items.get(name, ()), *self.nested.get(name, ()),
        ]  # fmt: skip
        for one in parts:
            self._flow(to, one, seen)
        if not parts and name not in self.parameters:
            self._follow(to, self.names.get(name, MISSING), "gives")

    def _flow_call(  # noqa: C901 - what is called may be many things
        self, to: Said, node: ast.Call, seen: frozenset[str]
    ) -> None:
        """What a function gives, and what it was handed where it may hand that on."""
        called = self.resolved(node.func)
        arguments = [*node.args, *(one.value for one in node.keywords)]
        if any(self.resolved(one) is Severity.WARNING for one in arguments):
            self._flow_warning(to, arguments, seen)
            return
        function = unwrapped(called)
        if isinstance(function, Function) and is_ours(function):
            name = self.house.enter(function, self._binding(function, node))
            to.after.add(Node("gives", name))
        else:
            self._follow(to, called, "gives")
        if isinstance(node.func, ast.Attribute):
            if node.func.attr == "check":
                self._flow_check(to, node, seen)
                return
            self._flow(to, node.func.value, seen)
        elif not isinstance(node.func, ast.Name):
            self._flow(to, node.func, seen)  # One of several, by a table that stands here.
        elif self._is_local(node.func.id):
            self._flow(to, node.func, seen)
        plain = isinstance(function, Function) and not takes_checks(function)
        for one in arguments:
            if self.house.broad or not plain or isinstance(one, ast.Constant | ast.IfExp):
                self._flow(to, one, seen)

    def _flow_warning(self, to: Said, arguments: Iterable[ast.AST], seen: frozenset[str]) -> None:
        for one in arguments:
            warned = Said()
            self._flow(warned, one, seen)
            to.warned |= warned.codes

    def _flow_check(self, to: Said, node: ast.Call, seen: frozenset[str]) -> None:
        """A check says its first argument; the figures beside it are no codes."""
        first = node.args[0] if node.args else None
        for one in node.keywords:
            first = one.value if one.arg == "code" else first
        if first is not None:
            self._flow(to, first, seen)


def held_by(thing: object, depth: int = 0) -> Iterator[object]:  # noqa: C901 - one case each
    """Give the functions, classes and codes that a value holds."""
    function = unwrapped(thing)
    if isinstance(thing, Enum | Rule) or thing is MISSING or depth > 3:
        return
    if isinstance(thing, str):
        if thing in CODES:
            yield thing
    elif isinstance(function, Function | type):
        if is_ours(function):
            yield function
    elif isinstance(thing, dict | types.MappingProxyType):
        for key, value in thing.items():
            yield from held_by(key, depth + 1)
            yield from held_by(value, depth + 1)
    elif isinstance(thing, list | tuple | set | frozenset):
        for value in thing:
            yield from held_by(value, depth + 1)
    elif is_ours(type(thing)):
        for name in getattr(type(thing), "__dataclass_fields__", ()):
            yield from held_by(getattr(thing, name, None), depth + 1)


def last_of(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def keeps(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler takes a refusal and raises none; one that is kept may come later."""
    kinds = {last_of(one) for one in ast.walk(handler.type)} if handler.type else {"Exception"}
    takes = bool(kinds & {"Refused", "Exception", "BaseException"})
    inside = [one for part in handler.body for one in ast.walk(part)]
    raises = any(isinstance(one, ast.Raise) for one in inside)
    kept = any(isinstance(one, ast.Name) and one.id == handler.name for one in inside)
    return takes and not raises and not kept


@functools.cache
def takes_checks(function: Function) -> bool:
    """Tell whether a function is handed checks, or things of no declared type."""
    hints = hints_of(function)
    return any("Check" in str(kind) or kind is Any for kind in hints.values())


@functools.cache
def requires_what_it_gets(function: Function) -> bool:
    """Tell whether a function refuses by the checks that it was handed, itself or by another."""
    tree = tree_of(function)
    if tree is None or not is_ours(function) or isinstance(tree, ast.Lambda):
        return False
    own = Scope(function, tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = unwrapped(own.resolved(node.func))
        further = isinstance(called, Function) and called is not function
        if last_of(node.func) in {"require", "Refused"} or (
            further and takes_checks(called) and requires_what_it_gets(called)
        ):
            handed = _names_behind(own, node) & own.parameters
            if any("Check" in str(own.hints.get(name)) for name in handed):
                return True
    return False


def _names_behind(own: Scope, node: ast.AST) -> set[str]:
    """Give the names that an expression is made of, and those that these are made of."""
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    waiting = set(names)
    while waiting:
        waiting = {
            one.id
            for name in waiting
            for value in (*own.values.get(name, ()), *own.items.get(name, ()))
            for one in ast.walk(value)
            if isinstance(one, ast.Name)
        } - names
        names |= waiting
    return names
