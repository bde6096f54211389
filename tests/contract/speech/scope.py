"""The names of one function, and what they are."""

import ast
import builtins
import functools
import inspect
import typing
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

from tests.contract.speech.names import (
    MISSING,
    Bound,
    Function,
    classes_in,
    elements_of,
    hints_of,
    is_ours,
    told_by_word,
    tree_of,
    unwrapped,
)

KEEPING: Final = {"append", "extend", "add", "insert", "update", "setdefault"}


class Scope:
    """The names of one function: what is assigned to them, of which type, and which parts live."""

    def __init__(self, function: Function, tree: ast.AST, bound: Bound = ()) -> None:
        """Collect the function's own names."""
        self.bound = dict(bound)
        self.function = function
        self.values: dict[str, list[ast.AST]] = {}
        self.body = getattr(tree, "body", [])
        self.names = {**vars(builtins), **function.__globals__, **closed_over(function)}
        arguments: Any = getattr(tree, "args", None)
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        self.parameters = {one.arg for one in every}
        if arguments.vararg:
            self.parameters.add(arguments.vararg.arg)
        for one, default in zip(
            reversed([*arguments.posonlyargs, *arguments.args]),
            reversed(arguments.defaults),
            strict=False,
        ):
            self.values.setdefault(one.arg, []).append(default)
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if default is not None:
                self.values.setdefault(one.arg, []).append(default)
        self.hints = hints_of(function)
        self.kinds: dict[str, list[Any]] = {}
        self.items: dict[str, list[ast.AST]] = {}
        self.nested: dict[str, list[ast.AST]] = {}
        self._collect()

    # What is assigned to a name, in whatever way.
    def _collect(self) -> None:  # noqa: C901 - one case for each way to assign
        for node in self._everything():
            match node:
                case ast.Assign():
                    for target in node.targets:
                        self._assign(target, node.value)
                case ast.AnnAssign() | ast.AugAssign() | ast.NamedExpr() if node.value is not None:
                    self._assign(node.target, node.value)
                case ast.For() | ast.AsyncFor() | ast.comprehension():
                    self._assign(node.target, node.iter, of=self.items)
                case ast.withitem() if node.optional_vars is not None:
                    self._assign(node.optional_vars, node.context_expr)
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                    self.parameters |= {one.arg for one in node.args.args}
                    if not isinstance(node, ast.Lambda):
                        self.nested[node.name] = [
                            one.value
                            for one in ast.walk(node)
                            if isinstance(one, ast.Return | ast.Yield) and one.value is not None
                        ]
                case ast.Call(func=ast.Attribute(value=value, attr=how)) if how in KEEPING:
                    self.values.setdefault(_root(value), []).extend(node.args)
                case ast.MatchAs(name=str(bound)) | ast.MatchStar(name=str(bound)):
                    self.values.setdefault(bound, [])
                case ast.ExceptHandler(name=str(bound)):
                    self.values.setdefault(bound, [])

    def _everything(self) -> Iterator[ast.AST]:
        for statement in self.body if isinstance(self.body, list) else [self.body]:
            yield from self._living(statement)

    def _living(self, node: ast.AST) -> Iterator[ast.AST]:
        """Walk through whatever the words that were told do not exclude."""
        yield node
        dead: list[ast.AST] = []
        if isinstance(node, ast.If | ast.IfExp):
            verdict = self._verdict(node.test)
            taken: list[ast.AST] = [*node.body] if isinstance(node.body, list) else [node.body]
            other: list[ast.AST] = (
                [*node.orelse] if isinstance(node.orelse, list) else [node.orelse]
            )
            dead = taken if verdict is False else other if verdict is True else []
        for part in ast.iter_child_nodes(node):
            if not any(part is one for one in dead):
                yield from self._living(part)

    def _verdict(self, test: ast.expr) -> bool | None:
        """Judge a condition by the words that were told, where these decide it."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                verdict = self._verdict(operand)
                return None if verdict is None else not verdict
            case ast.BoolOp(op=how, values=values):
                verdicts = [self._verdict(one) for one in values]
                deciding = isinstance(how, ast.Or)
                if deciding in verdicts:
                    return deciding
                return None if None in verdicts else not deciding
            case ast.Name(id=name) if name in self.bound:
                return bool(self.bound[name])
            case ast.Compare(left=ast.Name(id=name), ops=[how], comparators=[other]):
                value = self._word(other)
                if name not in self.bound or value is MISSING:
                    return None
                return compared(self.bound[name], how, value)
        return None

    def _word(self, node: ast.expr) -> Any:
        """Give what an expression says for good; `MISSING` where it depends on what is sent."""
        match node:
            case ast.Constant(value=None | bool() as value):
                return value
            case ast.Name(id=name) if name in self.bound:
                return self.bound[name]
            case ast.Set(elts=parts) | ast.Tuple(elts=parts):
                words = [self._word(one) for one in parts]
                return MISSING if any(one is MISSING for one in words) else words
        value = self.resolved(node)
        return value if isinstance(value, Enum | frozenset | tuple) else MISSING

    def _binding(self, called: Function, node: ast.Call) -> Bound:
        """Give the words that a call tells a function."""
        asked = told_by_word(called)
        if not asked or any(isinstance(one, ast.Starred) for one in node.args):
            return ()
        parameters = inspect.signature(called).parameters
        names = [one for one in parameters if one not in {"self", "cls"}]
        given = {one.arg: one.value for one in node.keywords}
        if None in given:
            return ()
        given |= dict(zip(names, node.args, strict=False))
        found = {}
        for name in sorted(asked):
            value = parameters[name].default
            if name in given:
                value = self._word(given[name])
            if value is None or isinstance(value, bool | Enum):
                found[name] = value
        return tuple(found.items())

    def _assign(
        self, target: ast.expr, value: ast.AST, of: dict[str, list[ast.AST]] | None = None
    ) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            parts = value.elts if isinstance(value, ast.Tuple) else None
            for at, one in enumerate(target.elts):
                same = parts is not None and len(parts) == len(target.elts)
                self._assign(
                    one, parts[at] if same and parts else value, self.items if not same else of
                )
        elif isinstance(target, ast.Starred):
            self._assign(target.value, value, of)
        elif isinstance(target, ast.Name):
            (self.values if of is None else of).setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            self.values.setdefault(target.value.id, []).append(value)

    def _is_local(self, name: str) -> bool:
        return name in self.parameters or name in self.values or name in self.items

    # What an expression is, where the imported modules can tell.
    def resolved(self, node: ast.AST) -> Any:
        if isinstance(node, ast.Name):
            return MISSING if self._is_local(node.id) else self.names.get(node.id, MISSING)
        if isinstance(node, ast.Attribute):
            base = self.resolved(node.value)
            if base is not MISSING:
                return getattr(base, node.attr, MISSING)
            for kind in self.types_of(node.value):
                found = inspect.getattr_static(kind, node.attr, MISSING)
                if found is not MISSING and isinstance(unwrapped(found), Function):
                    return found
        return MISSING

    def types_of(self, node: ast.AST) -> list[Any]:  # noqa: C901 - one case for each expression
        """Give the types that an expression may be of, as far as they are declared."""
        match node:
            case ast.Await(value=value) | ast.Starred(value=value) | ast.NamedExpr(value=value):
                return self.types_of(value)
            case ast.Name(id=name):
                if name not in self.kinds:
                    self.kinds[name] = []  # What is asked for while it is being answered.
                    self.kinds[name] = self._types_of_name(name)
                return self.kinds[name]
            case ast.Call():
                return self._types_of_call(node)
            case ast.Attribute(value=value, attr=attribute):
                whole = self.resolved(node)
                if whole is not MISSING and not isinstance(unwrapped(whole), Function | type):
                    return [type(whole)]
                return [
                    part
                    for kind in self.types_of(value)
                    for part in classes_in(attribute_of(kind, attribute))
                ]
            case ast.Subscript(value=value):
                return [part for kind in self.types_of(value) for part in elements_of(kind)]
            case ast.IfExp(body=body, orelse=other):
                return [*self.types_of(body), *self.types_of(other)]
            case ast.BoolOp(values=values):
                return [kind for one in values for kind in self.types_of(one)]
        return []

    def _types_of_name(self, name: str) -> list[Any]:
        if not self._is_local(name):
            known = self.names.get(name, MISSING)
            return [] if known is MISSING or isinstance(known, type) else [type(known)]
        if name == "self" and "." in self.function.__qualname__:
            owner = self._owner()
            return [] if owner is None else [owner]
        held = [kind for one in self.items.get(name, ()) for kind in self.types_of(one)]
        return [
            *classes_in(self.hints.get(name)),
            *(kind for one in self.values.get(name, ()) for kind in self.types_of(one)),
            *(part for kind in held for part in elements_of(kind)),
        ]

    def _owner(self) -> Any:
        here: Any = self.function.__globals__
        for part in self.function.__qualname__.split(".")[:-1]:
            here = here.get(part) if isinstance(here, dict) else getattr(here, part, None)
        return here if isinstance(here, type) else None

    def _types_of_call(self, node: ast.Call) -> list[Any]:
        called = unwrapped(self.resolved(node.func))
        if isinstance(called, type):
            return [called]
        if isinstance(called, Function):
            given = hints_of(called).get("return")
            if isinstance(given, typing.TypeVar):
                return [kind for one in node.args for kind in self.types_of(one)]
            return list(classes_in(given))
        return []


def _root(node: ast.expr) -> str:
    """Name what a part belongs to: `found` of `found[key]` and of `found.checks`."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def compared(word: object, how: ast.cmpop, other: Any) -> bool | None:
    match how:
        case ast.Is() | ast.Eq():
            return bool(word == other)
        case ast.IsNot() | ast.NotEq():
            return bool(word != other)
        case ast.In():
            return bool(word in other)
        case ast.NotIn():
            return bool(word not in other)
    return None


def closed_over(function: Function) -> dict[str, Any]:
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            continue
    return found


def attribute_of(kind: Any, name: str) -> Any:
    """Give the declared type of an attribute, also of one that `__init__` sets."""
    if not isinstance(kind, type):
        return None
    function = unwrapped(inspect.getattr_static(kind, name, None))
    if isinstance(function, Function):
        return hints_of(function).get("return")
    return hints_of(kind).get(name) or _set_in_init(kind).get(name)


@functools.cache
def _set_in_init(kind: type) -> dict[str, Any]:
    made = vars(kind).get("__init__")
    if not isinstance(made, Function) or not is_ours(kind):
        return {}
    tree = tree_of(made)
    if tree is None:
        return {}
    reading = Scope(made, tree)
    found: dict[str, Any] = {}
    for node in ast.walk(tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Attribute) and isinstance(node, ast.Assign):
            for one in reading.types_of(node.value):
                found[target.attr] = one
    return found
