"""Facts of a source laid out by kind and by column, so that leaves share what they read of them.

A column is made once for a path, however many leaves and filters ask for it; each is a list in the
order of the facts' ids, so that no figure depends on the order in which facts came.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, overload

Fact = Mapping[str, Any]
Path = tuple[str, ...]
NUMBER: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,6})?")


class Gone:
    """What a column holds where its path ends early: how deep, and at what.

    Nothing is there: `Gone(depth)`. Something that cannot be stepped into: it is kept, since a
    filter may read it.
    """

    __slots__ = ("at", "depth", "is_there")

    def __init__(self, depth: int, at: object = None, *, is_there: bool = False) -> None:
        """Say at which step, counted from 0, and what stood in the way."""
        self.depth, self.at, self.is_there = depth, at, is_there


THEMSELVES: Final = frozenset({str, type(None)})
# A step that is missing is the same everywhere: one object for each depth, told apart by identity.
MISSING: Final = tuple(Gone(depth) for depth in range(64))


@lru_cache(maxsize=1024)
def steps_of(path: str) -> Path:
    """Split a dotted path once: it is followed for every fact."""
    return tuple(path.split("."))


def _missing(depth: int) -> Gone:
    return MISSING[depth] if depth < len(MISSING) else Gone(depth)


def _stepped(parents: Sequence[Any], step: str, depth: int) -> list[Any]:
    """Take one step from every parent; facts come from JSON, so what can be entered is a dict."""
    missing = _missing(depth)
    with suppress(AttributeError):
        # Of what JSON has, a dict alone can be asked: so nearly every column is made.
        return [one.get(step, missing) for one in parents]
    return [
        one.get(step, missing)
        if one.__class__ is dict
        else one
        if one.__class__ is Gone
        else Gone(depth, one, is_there=True)
        for one in parents
    ]


def _key(value: object) -> object:
    """Give what a verdict is remembered by: the type keeps 1, 1.0 and true apart."""
    if value.__class__ in THEMSELVES:
        return value
    if value.__class__ is Gone:
        gone: Any = value
        return (gone.depth, gone.at.__class__, gone.at) if gone.is_there else gone
    return (value.__class__, value)


def _keyed(column: list[Any]) -> list[Any]:
    """Give the keys of a column; most hold values of one type, which are then told at once."""
    types = set(map(type, column))
    if types <= THEMSELVES:
        return column
    if len(types) == 1 and Gone not in types:
        return list(zip(map(type, column), column, strict=True))
    return [one if one.__class__ in THEMSELVES else _key(one) for one in column]


def figure_of(value: object) -> object:
    """Give what is a number of a value: money's is its amount (分)."""
    return value.get("amount") if isinstance(value, dict) else value


def number_of(value: object) -> int | Fraction | None:
    """Read a number: an integer, or a decimal's text; anything else, a float included, is none.

    Whole numbers stay integers, since adding fractions is slow and most are whole.
    """
    if value.__class__ is int:
        return value
    return _number_in(value) if isinstance(value, str) else None


@lru_cache(maxsize=65_536)
def _number_in(text: str) -> int | Fraction | None:
    if not NUMBER.fullmatch(text):
        return None
    return Fraction(text) if "." in text else int(text)


class Records:
    """Facts of one kind in the order of their ids, with the columns that were asked for."""

    __slots__ = ("_keys", "_numbers", "_raw", "_types", "facts", "ids", "said")

    def __init__(self, facts: Iterable[Fact]) -> None:
        """Put facts in order; all are of one kind."""
        self.facts = list(facts)
        self.ids = [str(fact["id"]) for fact in self.facts]
        if self.ids != sorted(self.ids):
            self.facts.sort(key=lambda fact: str(fact["id"]))
            self.ids.sort()
        self._raw: dict[Path, list[Any]] = {(): self.facts}
        self._keys: dict[Path, list[Any]] = {}
        self._types: dict[Path, list[Any]] = {}
        # What was said of them, by what judged and its days: filters have clauses in common.
        self.said: dict[Any, Sequence[bool | None]] = {}
        self._numbers: dict[str, list[int | Fraction | None]] = {}

    def raw(self, path: Path) -> list[Any]:
        """Give what stands at a path in each fact; `Gone` where there is nothing."""
        column = self._raw.get(path)
        if column is None:
            *before, last = path
            column = _stepped(self.raw(tuple(before)), last, len(before))
            self._raw[path] = column
        return column

    def values(self, path: str) -> list[Any]:
        """Give what stands at a dotted path in each fact, None where there is nothing."""
        return [None if one.__class__ is Gone else one for one in self.raw(steps_of(path))]

    def keys(self, path: Path) -> list[Any]:
        """Give what a verdict on the value at a path can be remembered by."""
        column = self._keys.get(path)
        if column is None:
            column = self._keys[path] = _keyed(self.raw(path))
        return column

    def types(self, path: Path) -> list[Any]:
        """Give the type of what stands at a path, or where the path ends: for "is it there?"."""
        column = self._types.get(path)
        if column is None:
            raw = self.raw(path)
            types: list[Any] = list(map(type, raw))
            if Gone in types:
                types = [_key(one) if one.__class__ is Gone else one.__class__ for one in raw]
            column = self._types[path] = types
        return column

    def numbers(self, path: str) -> list[int | Fraction | None]:
        """Give the number at a dotted path in each fact, None where there is none."""
        column = self._numbers.get(path)
        if column is None:
            figures = self.raw(steps_of(path))
            if dict in set(map(type, figures)):
                figures = [figure_of(one) if one.__class__ is dict else one for one in figures]
            if set(map(type, figures)) != {int}:
                figures = [one if one.__class__ is int else number_of(one) for one in figures]
            column = self._numbers[path] = figures
        return column

    def has_below_zero(self, path: str) -> bool:
        """Tell whether any number at a dotted path is below zero."""
        # What is no number, and zero itself, is left out at once.
        others: Iterator[Any] = filter(None, self.numbers(path))
        least: int | Fraction = min(others, default=0)
        return least < 0


class Facts(Sequence[Fact]):
    """Facts of a source, in the order they came; sorted into kinds once somebody asks for one."""

    __slots__ = ("_by_kind", "_facts", "_records")

    def __init__(self, facts: Iterable[Fact]) -> None:
        """Keep them. They do not change from now on: columns are made of them once."""
        self._facts = tuple(facts)
        self._by_kind: dict[str, list[Fact]] | None = None
        self._records: dict[str, Records] = {}

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> "Facts":
        """Give the facts with their columns, those that are there already included."""
        return facts if isinstance(facts, Facts) else cls(facts)

    def __len__(self) -> int:
        """Count them."""
        return len(self._facts)

    def __iter__(self) -> Iterator[Fact]:
        """Go through them as they came."""
        return iter(self._facts)

    @overload
    def __getitem__(self, at: int) -> Fact: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Fact]: ...
    def __getitem__(self, at: int | slice) -> Fact | Sequence[Fact]:
        """Give one, or some, as they came."""
        return self._facts[at]

    def of_kind(self, kind: str) -> Records:
        """Give the facts of a kind; there may be none."""
        if kind not in self._records:
            if self._by_kind is None:
                self._by_kind = {}
                for fact in self._facts:
                    self._by_kind.setdefault(fact["kind"], []).append(fact)
            self._records[kind] = Records(self._by_kind.get(kind, ()))
        return self._records[kind]
