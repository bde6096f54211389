"""How the facts of a leaf become one figure: its query, run over facts in any order."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from evaluation.schemes.filter_rules import compiled
from evaluation.schemes.rules import Aggregate, FactQuery, Part

NUMBER: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a cycle judges, both included, as ISO text for comparing in filters."""

    from_on: str
    until_on: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A leaf's figure and the facts behind it; `raw` is None when nothing could be measured."""

    raw: Fraction | None
    fact_ids: tuple[str, ...] = field(default=())


Fact = Mapping[str, Any]


def number_at(fact: Fact, path: str) -> Fraction | None:
    """Read the number at a dotted path: an integer, a decimal text, or money (its 分).

    Anything else, a float included, is no number: None.
    """
    value = _figure_at(fact, path)
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return Fraction(value)
    return None


def is_negative(fact: Fact, path: str) -> bool:
    """Tell whether the number at a path is below zero; most are not, and are told at a glance."""
    value = _figure_at(fact, path)
    if isinstance(value, str) and not value.startswith("-"):
        return False
    return (number_at(fact, path) or 0) < 0


def _figure_at(fact: Fact, path: str) -> Any:  # noqa: ANN401 - facts hold JSON of any shape
    value = _value_at(fact, path)
    return value.get("amount") if isinstance(value, dict) else value


@lru_cache(maxsize=1024)
def steps_of(path: str) -> tuple[str, ...]:
    """Split a dotted path once: it is followed for every fact."""
    return tuple(path.split("."))


def _value_at(fact: Fact, path: str) -> Any:  # noqa: ANN401 - facts hold JSON of any shape
    value: Any = fact
    for step in steps_of(path):
        # Facts come from JSON: what can be stepped into is a dict, which is told faster.
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def kept(facts: Iterable[Fact], expression: str | None, period: Period) -> list[Fact]:
    """Keep the facts for which the expression is true.

    A fact that lacks a field which the expression reads does not match: a record without the
    evidence that an indicator asks for counts nothing.
    """
    if expression is None:
        return list(facts)
    return [fact for fact, said in judged(facts, expression, period) if said is True]


def judged(
    facts: Iterable[Fact], expression: str, period: Period
) -> Iterator[tuple[Fact, bool | None]]:
    """Say of each fact whether the expression is true; None where it lacks what is read."""
    says = compiled(expression).says
    days = {"from_on": period.from_on, "until_on": period.until_on}
    return ((fact, says(fact, days)) for fact in facts)


@dataclass(frozen=True, slots=True)
class Sifted:
    """What a query's filter did with the facts of its kind, each list in the order of ids."""

    counted: tuple[str, ...]
    left_out: tuple[str, ...]
    unreadable: tuple[str, ...]


def sift(query: FactQuery, facts: Iterable[Fact], period: Period) -> Sifted:
    """Tell which facts of a query's kind count, which are left out, and which cannot be read.

    Those last lack a field that the filter asks for.
    """
    of_kind = sorted(
        (fact for fact in facts if fact["kind"] == query.kind), key=lambda fact: str(fact["id"])
    )
    said = judged(of_kind, query.filter or "true", period)
    found: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for fact, verdict in said:
        found[verdict].append(str(fact["id"]))
    return Sifted(*(tuple(found[verdict]) for verdict in (True, False, None)))


def measure(query: FactQuery, facts: Iterable[Fact], period: Period) -> Measured:
    """Turn the facts of a source into a leaf's figure, in an order that facts do not decide."""
    of_kind = (fact for fact in facts if fact["kind"] == query.kind)
    ordered = sorted(kept(of_kind, query.filter, period), key=lambda fact: str(fact["id"]))
    ids = tuple(str(fact["id"]) for fact in ordered)
    if query.aggregate is Aggregate.RATIO:
        return Measured(_ratio(query, ordered, period), ids)
    return Measured(_figure(query, ordered), ids)


def _figure(query: FactQuery, facts: Sequence[Fact]) -> Fraction:
    if query.aggregate is Aggregate.COUNT:
        return Fraction(len(facts))
    if query.aggregate is Aggregate.DISTINCT:
        found = (_value_at(fact, query.path or "") for fact in facts)
        return Fraction(len({str(value) for value in found if value is not None}))
    if query.aggregate is Aggregate.SUM:
        return _sum(facts, query.path or "")
    return _weighted(query, facts)


def _sum(facts: Iterable[Fact], path: str) -> Fraction:
    return total_of(number_at(fact, path) for fact in facts)


def total_of(figures: Iterable[Fraction | None]) -> Fraction:
    """Add up figures; whole ones apart, since adding fractions is slow and most are whole."""
    whole, rest = 0, Fraction(0)
    for one in figures:
        if one is None:
            continue
        if one.denominator == 1:
            whole += one.numerator
        else:
            rest += one
    return rest + whole


def _weighted(query: FactQuery, facts: Iterable[Fact]) -> Fraction:
    """Add up amounts by the texts that weigh them, and weigh each sum once."""
    amounts: dict[tuple[str, ...], list[Fraction | None]] = {}
    for fact in facts:
        texts = tuple(str(_value_at(fact, one.path)) for one in query.weights)
        amount = Fraction(1) if query.path is None else number_at(fact, query.path)
        amounts.setdefault(texts, []).append(amount)
    return sum(
        (total_of(found) * _factor(query, texts) for texts, found in amounts.items()), Fraction(0)
    )


def _factor(query: FactQuery, texts: tuple[str, ...]) -> Fraction:
    factor = Fraction(1)
    for weighting, text in zip(query.weights, texts, strict=True):
        factor *= weighting.factors.get(text, Fraction(0))
    return factor


def _ratio(query: FactQuery, facts: Sequence[Fact], period: Period) -> Fraction | None:
    """Divide the two parts; nothing to divide by means that nothing was measured."""
    above, below = parts_of(query, facts, period)
    return above / below if below > 0 else None


def parts_of(query: FactQuery, facts: Sequence[Fact], period: Period) -> tuple[Fraction, Fraction]:
    """Give both sides of a ratio over the facts that its filter kept."""
    above, below = (_part(part, facts, period) for part in (query.numerator, query.denominator))
    return above, below


def _part(part: Part | None, facts: Sequence[Fact], period: Period) -> Fraction:
    if part is None:
        return Fraction(0)
    chosen = kept(facts, part.filter, period)
    if part.aggregate is Aggregate.COUNT:
        return Fraction(len(chosen))
    return _sum(chosen, part.path or "")


def paths_of(query: FactQuery) -> list[str]:
    """List the paths whose numbers a query adds up."""
    parts = (query.numerator, query.denominator)
    found = (query.path, *(part.path for part in parts if part))
    return [path for path in found if path and query.aggregate is not Aggregate.DISTINCT]
