"""A module that lives in this process gets a change, in place: nothing is imported anew.

Functions keep who they are and run other code, so that whoever imported them by name has the
change too. A constant is made again, with the constants that are made of it, wherever its name
stands for it. What cannot be put in so is `Unfit`.
"""

import ast
import enum
import functools
import gc
import sys
import types
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

IS_FUNCTION: Final = 0x1
Pair = tuple[types.CodeType, types.CodeType]


class Unfit(Exception):  # noqa: N818 - control flow
    """A change that cannot be put into what lives."""


def changed_functions(before: types.CodeType, after: types.CodeType) -> Iterator[Pair]:
    """Give the outermost functions whose code differs. Raises `Unfit` where more than that does."""
    if _own(before) != _own(after):
        raise Unfit
    for old, new in zip(_inner(before), _inner(after), strict=True):
        if old == new:
            continue
        if old.co_flags & IS_FUNCTION:
            if old.co_freevars != new.co_freevars:
                raise Unfit
            yield old, new
        else:
            yield from changed_functions(old, new)


def _own(code: types.CodeType) -> tuple[object, ...]:
    plain = [repr(one) for one in code.co_consts if not isinstance(one, types.CodeType)]
    return code.co_code, plain, code.co_names, code.co_varnames, len(code.co_consts)


def _inner(code: types.CodeType) -> list[types.CodeType]:
    return [one for one in code.co_consts if isinstance(one, types.CodeType)]


class Living:
    """The functions of some files that live in this process, by the code that they run."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Look for them once: each look goes through everything that is held."""
        self._functions: dict[object, list[types.FunctionType]] = {}
        self._cached: list[Any] = []
        wanted = set(paths)
        for one in gc.get_objects():
            if isinstance(one, types.FunctionType) and one.__code__.co_filename in wanted:
                self._functions.setdefault(_place(one.__code__), []).append(one)
            elif isinstance(one, functools._lru_cache_wrapper) and _is_ours(one):
                self._cached.append(one)

    def look_for(self, pairs: Sequence[Pair]) -> None:
        """Raise `Unfit` where nobody holds a function, as of what makes a constant's parts."""
        if any(_place(old) not in self._functions for old, _ in pairs):
            raise Unfit

    def swap(self, pairs: Sequence[Pair]) -> None:
        """Let the functions run other code. Raises `Unfit` for one that nobody holds."""
        self.look_for(pairs)
        for old, new in pairs:
            for one in self._functions[_place(old)]:
                one.__code__ = new

    def forget(self) -> None:
        """Empty our own caches: what they keep was computed without the change."""
        for cache in self._cached:
            cache.cache_clear()


def _is_ours(cached: Any) -> bool:
    # A library's cache holds nothing of the rules, and filling it again takes longer than a test.
    code = getattr(cached.__wrapped__, "__code__", None)
    return code is None or not code.co_filename.startswith((sys.prefix, sys.base_prefix))


def _place(code: types.CodeType) -> object:
    # Two lambdas of one line differ by their columns alone.
    return code.co_filename, code.co_qualname, code.co_firstlineno, tuple(code.co_positions())


def make_again(module: types.ModuleType, tree: ast.Module, number: int) -> None:
    """Run a changed statement of a module again, and those that its names went into.

    Raises `Unfit` where that is no constant, no plain class and no function's default, or what the
    change makes the module raise.
    """
    names: set[str] = set()
    for statement in tree.body[number:]:
        if statement is tree.body[number] or names & set(_used(statement)):
            names |= _again(module, statement)


def _used(statement: ast.stmt) -> Iterator[str]:
    """Name what a statement needs when it is run: of a function its defaults alone."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        parts: list[ast.AST | None] = [*statement.args.defaults, *statement.args.kw_defaults]
    elif isinstance(statement, ast.ClassDef):
        parts = [one for one in statement.body if not isinstance(one, ast.FunctionDef)]
    else:
        parts = [statement]
    for part in parts:
        for node in ast.walk(part) if part is not None else ():
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                yield node.id


def _again(module: types.ModuleType, statement: ast.stmt) -> set[str]:
    made = dict(vars(module))
    exec(  # noqa: S102 - the module's own statement
        compile(ast.Module([statement], []), str(module.__file__), "exec"), made
    )
    changed: set[str] = set()
    for name, new in made.items():
        old = vars(module).get(name)
        if new is old or name.startswith("__"):
            continue
        changed.add(name)
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            _replace(name, old, new)
        elif isinstance(statement, ast.ClassDef) and isinstance(new, type):
            _into_class(old, new)
        elif isinstance(statement, ast.FunctionDef):
            _into_function(old, new)
        else:
            raise Unfit
    return changed


def _replace(name: str, old: Any, new: Any) -> None:
    for module in list(sys.modules.values()):
        held = getattr(module, "__dict__", {})
        if held.get(name, module) is old:
            held[name] = new


def _into_class(old: Any, new: type) -> None:
    if issubclass(new, enum.Enum) or hasattr(new, "model_fields"):
        raise Unfit
    for name, value in vars(new).items():
        if isinstance(value, types.FunctionType):
            _into_function(vars(old).get(name), value)
        elif not name.startswith("__") and not hasattr(value, "__get__"):
            setattr(old, name, value)


def _into_function(old: Any, new: Any) -> None:
    old, new = getattr(old, "__wrapped__", old), getattr(new, "__wrapped__", new)
    if not isinstance(old, types.FunctionType) or not isinstance(new, types.FunctionType):
        raise Unfit
    old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__
