"""What names and annotations of the real modules stand for."""

import ast
import functools
import inspect
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from shared.services import SERVICES, package_of

OURS: Final = ("shared", "gateway", *(package_of(name) for name in SERVICES))
MISSING: Final = object()

Function = types.FunctionType
# Parameters of which a call says for good what they are: a word of an enum, true, false or nothing.
Bound = tuple[tuple[str, Any], ...]


def is_ours(thing: object) -> bool:
    """Tell whether a function or class is defined in the project."""
    return str(getattr(thing, "__module__", "")).partition(".")[0] in OURS


def unwrapped(thing: object) -> object:
    """Give the function under decorators, `partial`, `property` and bound methods."""
    while True:
        if isinstance(thing, functools.partial):
            thing = thing.func
        elif isinstance(thing, property | functools.cached_property):
            thing = thing.fget if isinstance(thing, property) else thing.func
        elif isinstance(thing, types.MethodType | staticmethod | classmethod):
            thing = thing.__func__
        elif hasattr(thing, "__wrapped__"):
            thing = thing.__wrapped__
        else:
            return thing


def name_of(thing: Any, bound: Bound = ()) -> str:
    """Name a function as its reader finds it, with the words that it was told."""
    words = f"({', '.join(f'{name}={value}' for name, value in bound)})" if bound else ""
    return f"{thing.__module__}.{thing.__qualname__}{words}"


@functools.cache
def _definitions(path: str) -> dict[int, ast.AST]:
    """Every function of a file by its first line, decorators included, as code objects count."""
    found: dict[int, ast.AST] = {}
    if not Path(path).exists():
        return found  # What a dataclass makes by itself.
    for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[min([node.lineno, *(one.lineno for one in node.decorator_list)])] = node
        elif isinstance(node, ast.Lambda):
            found.setdefault(node.lineno, node)
    return found


def tree_of(function: Function) -> ast.AST | None:
    return _definitions(function.__code__.co_filename).get(function.__code__.co_firstlineno)


@functools.cache
def told_by_word(function: Function) -> frozenset[str]:
    """Name the parameters that a function asks what it is to do, and never sets itself."""
    tree = tree_of(function)
    if tree is None or isinstance(tree, ast.Lambda):
        return frozenset()
    tests = [one.test for one in ast.walk(tree) if isinstance(one, ast.If | ast.IfExp)]
    asked = {name.id for test in tests for name in ast.walk(test) if isinstance(name, ast.Name)}
    # What hands a word on asks it, too.
    asked |= {
        name.id
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for name in [*call.args, *(one.value for one in call.keywords)]
        if isinstance(name, ast.Name)
    }
    stored = {
        one.id
        for one in ast.walk(tree)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
    return frozenset(asked & set(inspect.signature(function).parameters)) - stored


@functools.cache
def hints_of(thing: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(thing)
    except (NameError, TypeError, RecursionError):
        # A type that holds itself, or a name that only a type checker imports.
        own = getattr(thing, "__annotations__", {})
        return {name: kind for name, kind in own.items() if not isinstance(kind, str)}


def classes_in(kind: Any) -> Iterator[Any]:
    """Give the classes that a value of a type may be of."""
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        yield from classes_in(typing.get_args(kind)[0])
    elif origin in (typing.Union, types.UnionType):
        for part in typing.get_args(kind):
            yield from classes_in(part)
    else:
        yield kind


def elements_of(kind: Any) -> Iterator[Any]:
    """Give the types of what a collection, an iterator or a tuple holds."""
    for one in classes_in(kind):
        for part in typing.get_args(one):
            if part is not Ellipsis and not isinstance(part, list):
                yield from classes_in(part)
