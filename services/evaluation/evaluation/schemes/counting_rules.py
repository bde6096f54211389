"""How the facts of a leaf become one figure: its query, run over facts in any order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import compress

from evaluation.schemes.column_rules import Fact, Facts, Records
from evaluation.schemes.filter_rules import compiled
from evaluation.schemes.rules import Aggregate, FactQuery, Part


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


def passing(records: Records, expression: str | None, period: Period) -> list[bool]:
    """Tell which facts an expression is true of; without one, all are kept.

    A fact that lacks a field which the expression reads does not pass: a record without the
    evidence that an indicator asks for counts nothing.
    """
    if expression is None:
        return [True] * len(records.facts)
    said = compiled(expression).verdicts(records, (period.from_on, period.until_on))
    return [verdict is True for verdict in said]


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
    records = Facts.of(facts).of_kind(query.kind)
    said = compiled(query.filter or "true").verdicts(records, (period.from_on, period.until_on))
    found: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for fact_id, verdict in zip(records.ids, said, strict=True):
        found[verdict].append(fact_id)
    return Sifted(*(tuple(found[verdict]) for verdict in (True, False, None)))


def measure(query: FactQuery, facts: Iterable[Fact], period: Period) -> Measured:
    """Turn the facts of a source into a leaf's figure, in an order that facts do not decide."""
    records = Facts.of(facts).of_kind(query.kind)
    counted = passing(records, query.filter, period)
    ids = tuple(compress(records.ids, counted))
    if query.aggregate is Aggregate.RATIO:
        above, below = _parts(query, records, counted, period)
        # Nothing to divide by means that nothing was measured.
        return Measured(above / below if below > 0 else None, ids)
    return Measured(_figure(query, records, counted), ids)


def _figure(query: FactQuery, records: Records, counted: Sequence[bool]) -> Fraction:
    if query.aggregate is Aggregate.COUNT:
        return Fraction(sum(counted))
    if query.aggregate is Aggregate.DISTINCT:
        found = compress(records.values(query.path or ""), counted)
        return Fraction(len({str(value) for value in found if value is not None}))
    if query.aggregate is Aggregate.SUM:
        return total_of(compress(records.numbers(query.path or ""), counted))
    return _weighted(query, records, counted)


def total_of(figures: Iterable[int | Fraction | None]) -> Fraction:
    """Add up figures; whole ones apart, since adding fractions is slow and most are whole."""
    whole, rest = 0, Fraction(0)
    for one in figures:
        if one.__class__ is int:
            whole += one
        elif one is not None:
            rest += one
    return rest + whole


def _weighted(query: FactQuery, records: Records, counted: Sequence[bool]) -> Fraction:
    """Add up amounts by the texts that weigh them, and weigh each sum once."""
    whole = [1] * len(records.facts)
    amounts = whole if query.path is None else records.numbers(query.path)
    columns = (map(str, records.values(one.path)) for one in query.weights)
    texts = zip(*columns, strict=True) if query.weights else [()] * len(whole)
    found: dict[tuple[str, ...], list[int | Fraction | None]] = {}
    for named, amount in compress(zip(texts, amounts, strict=True), counted):
        found.setdefault(named, []).append(amount)
    return sum(
        (total_of(each) * _factor(query, named) for named, each in found.items()), Fraction(0)
    )


def _factor(query: FactQuery, texts: tuple[str, ...]) -> Fraction:
    factor = Fraction(1)
    for weighting, text in zip(query.weights, texts, strict=True):
        factor *= weighting.factors.get(text, Fraction(0))
    return factor


def parts_of(query: FactQuery, facts: Iterable[Fact], period: Period) -> tuple[Fraction, Fraction]:
    """Give both sides of a ratio over the facts that its filter keeps."""
    records = Facts.of(facts).of_kind(query.kind)
    return _parts(query, records, passing(records, query.filter, period), period)


def _parts(
    query: FactQuery, records: Records, counted: Sequence[bool], period: Period
) -> tuple[Fraction, Fraction]:
    above, below = (
        _part(part, records, counted, period) for part in (query.numerator, query.denominator)
    )
    return above, below


def _part(part: Part | None, records: Records, counted: Sequence[bool], period: Period) -> Fraction:
    if part is None:
        return Fraction(0)
    both = [
        one and other
        for one, other in zip(counted, passing(records, part.filter, period), strict=True)
    ]
    if part.aggregate is Aggregate.COUNT:
        return Fraction(sum(both))
    return total_of(compress(records.numbers(part.path or ""), both))


def below_zero(query: FactQuery, facts: Iterable[Fact]) -> list[str]:
    """Name the facts of a query's kind with a figure below zero in what it adds up."""
    records = Facts.of(facts).of_kind(query.kind)
    columns = [records.numbers(path) for path in paths_of(query) if records.has_below_zero(path)]
    low = {
        fact_id
        for column in columns
        for fact_id, figure in zip(records.ids, column, strict=True)
        if figure is not None and figure < 0
    }
    return sorted(low)


def paths_of(query: FactQuery) -> list[str]:
    """List the paths whose numbers a query adds up."""
    parts = (query.numerator, query.denominator)
    found = (query.path, *(part.path for part in parts if part))
    return [path for path in found if path and query.aggregate is not Aggregate.DISTINCT]
