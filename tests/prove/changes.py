"""What is changed in a rule, one thing at a time: nodes of its syntax tree.

Both sides of each boundary, the other word, the other sign, one more or less, the other branch, a
loop that never runs. Left alone is what shows nowhere in a rule's answer: annotations, decorators
(whether a class has slots, how much a cache keeps), whether lists of one length are held to it
(`strict`), and texts: a refusal's words are held by its code. What would be the same change twice
is made once: the other branch of a single comparison is that comparison turned round.
"""

import ast
import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, Final, TypeVar

COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
}  # fmt: skip
UNTOUCHED: Final = {"annotation", "returns", "decorator_list", "type_comment"}
MOST_SHOWN: Final = 100
Node = TypeVar("Node", bound=ast.AST)


@dataclass
class Change:
    """One change of one module: a node that takes another's place."""

    line: int
    """Where the changed thing stands."""
    within: str
    """The dotted name of the function or class around it, or of the constant that it makes."""
    statement: int
    """Which statement of the module it lies in."""
    first: int
    last: int
    """The lines of the outermost function around it; of the statement where there is none."""
    text: str
    owner: ast.AST
    field: str
    index: int | None
    node: Any


class Source:
    """A module's syntax tree, into which one change at a time is put."""

    def __init__(self, path: Path) -> None:
        """Read the module, and list its changes: in one order for one text."""
        self.path = str(path)
        text = path.read_text(encoding="utf-8")
        self._lines = text.splitlines()
        self.tree = ast.parse(text)
        self.before = self.compiled()
        self.changes = [
            change
            for number, statement in enumerate(self.tree.body)
            for change in _changes(
                statement, number, (statement.lineno, _end(statement)), _named(statement)
            )
        ]

    def used_at(self, change: Change) -> set[int]:
        """List the lines that use what a statement of the module makes, or what is made of that."""
        made, lines = {_named(self.tree.body[change.statement])}, set[int]()
        for number, statement in enumerate(self.tree.body):
            if number == change.statement:
                continue
            used = {
                node.lineno
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and node.id in made
            }
            lines |= used
            if used and isinstance(statement, ast.Assign | ast.AnnAssign):
                made.add(_named(statement))
        return lines

    def line_of(self, change: Change) -> str:
        """Give the text of the line in which a change stands."""
        return self._lines[change.line - 1].strip()

    def compiled(self) -> CodeType:
        """Give the code of the module as it stands."""
        return compile(self.tree, self.path, "exec")

    @contextmanager
    def changed(self, change: Change) -> Iterator[None]:
        """Let the tree have a change in it."""
        before = _put(change, change.node)
        try:
            yield
        finally:
            _put(change, before)


def _put(change: Change, node: Any) -> Any:
    place = getattr(change.owner, change.field)
    if change.index is None:
        setattr(change.owner, change.field, node)
        return place
    before = place[change.index]
    place[change.index] = node
    return before


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _named(node: ast.AST) -> str:
    """Name what a statement makes: a function, a class, a constant."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        first = node.targets[0] if isinstance(node, ast.Assign) else node.target
        return ast.unparse(first)
    return getattr(node, "name", "")


def _changes(
    node: ast.AST, statement: int, around: tuple[int, int], within: str, *, inside: bool = False
) -> Iterator[Change]:
    """Give the changes of what a node holds; `around` is the outermost function, when `inside`."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not inside:
        around, inside = (node.lineno, _end(node)), True
    for field, value in ast.iter_fields(node):
        if field in UNTOUCHED or (isinstance(node, ast.keyword) and node.arg == "strict"):
            continue
        many = isinstance(value, list)
        for index, one in enumerate(value if many else [value]):
            if not isinstance(one, ast.AST):
                continue
            for instead in _instead(one, node, field):
                text = f"{_shown(one)} → {_shown(instead)}"
                line = getattr(one, "lineno", around[0])
                place = index if many else None
                yield Change(line, within, statement, *around, text, node, field, place, instead)
            inner = isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            name = f"{within}.{_named(one)}" if inner else within
            yield from _changes(one, statement, around, name, inside=inside)


def _instead(node: ast.AST, owner: ast.AST, field: str) -> Iterator[ast.AST]:
    """Give what may stand in a node's place."""
    for kind, others in OTHERS.items():
        if isinstance(node, kind):
            yield from others(node)
    if isinstance(owner, ast.For | ast.comprehension) and field == "iter":
        yield ast.copy_location(ast.Tuple([], ast.Load()), node)
    if _is_asked(owner, field) and isinstance(node, ast.expr) and not _turns_anyway(node):
        yield ast.copy_location(ast.UnaryOp(ast.Not(), node), node)


def _other_comparisons(node: ast.Compare) -> Iterator[ast.AST]:
    for index, op in enumerate(node.ops):
        for other in COMPARISONS[type(op)]:
            yield _like(node, ops=[*node.ops[:index], other(), *node.ops[index + 1 :]])


def _other_sums(node: ast.BinOp) -> Iterator[ast.AST]:
    if type(node.op) in ARITHMETIC:
        yield _like(node, op=ARITHMETIC[type(node.op)]())


def _other_words(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield _like(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


def _without_sign(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not | ast.USub):
        yield node.operand


def _other_constants(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield _like(node, value=not value)
    elif isinstance(value, int | float):
        yield _like(node, value=value + 1)
        yield _like(node, value=value - 1)


OTHERS: Final[Mapping[type[ast.AST], Callable[[Any], Iterator[ast.AST]]]] = {
    ast.Compare: _other_comparisons,
    ast.BinOp: _other_sums,
    ast.BoolOp: _other_words,
    ast.UnaryOp: _without_sign,
    ast.Constant: _other_constants,
    ast.Break: lambda node: iter([ast.copy_location(ast.Continue(), node)]),
    ast.Continue: lambda node: iter([ast.copy_location(ast.Break(), node)]),
}


def _is_asked(owner: ast.AST, field: str) -> bool:
    conditional = isinstance(owner, ast.If | ast.While | ast.IfExp | ast.Assert)
    return (conditional and field == "test") or (
        isinstance(owner, ast.comprehension) and field == "ifs"
    )


def _turns_anyway(node: ast.expr) -> bool:
    """Whether it is turned round already: `not x`, `a < b`, `a is b`, or a plain truth."""
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Compare) and len(node.ops) == 1)


def _like(node: Node, **over: Any) -> Node:
    other = copy.copy(node)
    for name, value in over.items():
        setattr(other, name, value)
    return other


def _shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"
