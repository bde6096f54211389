"""A draft scheme on years that were judged by another: who is rated otherwise, and by what.

A change is tried alone on the old scheme, and the draft is tried without it. What brings the new
grade alone, or without which the old one would stand, is what does it; where several changes do it
only together, the smallest sets of them are named.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

from evaluation.laboratory.comparison_rules import SchemeChangeKind
from evaluation.laboratory.decisive_rules import Decisive, decisive_sets
from evaluation.results.leaf_rules import Inputs, LeafResult, judge
from evaluation.results.rules import rate
from evaluation.schemes.rules import (
    Criterion,
    Leaf,
    LeafCalc,
    Parameters,
    Rating,
    Scheme,
    ThresholdReading,
)

# What no share of points hangs on.
ASIDE: Final = frozenset({"code", "name", "clause", "max_points"})


@dataclass(frozen=True, slots=True)
class Atom:
    """One change of a scheme that can be made without the others."""

    kind: SchemeChangeKind
    code: str
    # A criterion's weight, and not a leaf's.
    of_criterion: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a centre comes to under some of the changes."""

    total: Fraction
    rating: Rating


@dataclass(frozen=True, slots=True)
class Cause:
    """A change with the verdict under it alone, and under all others."""

    atom: Atom
    alone: Verdict
    without: Verdict

    def does_it(self, before: Rating, after: Rating) -> bool:
        """Tell whether it brings the new grade alone, or the old one stands without it."""
        return self.alone.rating is after or self.without.rating is before


@dataclass(frozen=True)
class Trial:
    """A centre's year under an old scheme and a draft, and under anything between."""

    inputs: Inputs
    draft: Scheme
    weights: Mapping[str, Fraction]

    @cached_property
    def unscored(self) -> list[str]:
        """Name the draft's leaves for experts that none has scored: they do not apply."""
        scored = set(self.inputs.sheets[0].scores) if self.inputs.sheets else set()
        return [code for code in self.draft.expert_codes() if code not in scored]

    @cached_property
    def atoms(self) -> list[Atom]:
        """List the changes of weights, leaves and parameters; of words there is nothing to try."""
        return [*self._weights(), *self._leaves(), *self._parameters()]

    @cached_property
    def before(self) -> Verdict:
        """Give the verdict under the old scheme."""
        return self.under(frozenset())

    @cached_property
    def after(self) -> Verdict:
        """Give the verdict under the draft."""
        return self.under(frozenset(self.atoms))

    def causes(self) -> list[Cause]:
        """Try each change alone, and the draft without it; nothing where the grade stands."""
        if self.before.rating is self.after.rating:
            return []
        every = frozenset(self.atoms)
        return [
            Cause(one, self.under(frozenset({one})), self.under(every - {one}))
            for one in self.atoms
        ]

    @cached_property
    def decisive(self) -> Decisive[Atom]:
        """Give the smallest sets of changes that bring the new grade; none where it stands."""
        if self.before.rating is self.after.rating:
            return Decisive((), len(self.atoms), cut=False)
        return decisive_sets(
            self.atoms, lambda chosen: self.under(chosen).rating is self.after.rating
        )

    def under(self, chosen: frozenset[Atom]) -> Verdict:
        """Give the verdict under some of the changes."""
        parameters = self._parameters_under(chosen)
        judged = [
            self._criterion_under(old, new, chosen, parameters.reading) for old, new in self._pairs
        ]
        scheme = replace(self.inputs.scheme, parameters=parameters)
        inputs = replace(self.inputs, scheme=scheme, weights=self._weights_under(chosen))
        return Verdict(*rate(judged, inputs))

    # --- what differs -------------------------------------------------------------------------

    def _weights(self) -> Iterator[Atom]:
        for code, weight in self.inputs.weights.items():
            if self.weights[code] != weight:
                yield Atom(SchemeChangeKind.WEIGHT, code, of_criterion=True)

    def _leaves(self) -> Iterator[Atom]:
        for old, new in self._pairs:
            first, second = _by_code(old), _by_code(new)
            for code in first:
                if code not in second:
                    yield Atom(SchemeChangeKind.LEAF_REMOVED, code)
            for code in second:
                if code not in first:
                    yield Atom(SchemeChangeKind.LEAF_ADDED, code)
            # Where only the whole criterion weighs more, no leaf of it does.
            heavier = _parts(old) != _parts(new)
            for code in first:
                if code in second:
                    yield from _changed(first[code], second[code], heavier=heavier)

    def _parameters(self) -> Iterator[Atom]:
        for name in _names(Parameters):
            old, new = (getattr(x.parameters, name) for x in (self.inputs.scheme, self.draft))
            # The band asks for a second reading, and rates nobody.
            if old != new and name != "second_reading_band":
                yield Atom(SchemeChangeKind.PARAMETER, name)

    @cached_property
    def _pairs(self) -> list[tuple[Criterion, Criterion]]:
        named = {one.code: one for one in self.draft.criteria}
        return [(one, named[one.code]) for one in self.inputs.scheme.criteria]

    # --- anything between ---------------------------------------------------------------------

    def _weights_under(self, chosen: frozenset[Atom]) -> dict[str, Fraction]:
        return {
            code: self.weights[code]
            if Atom(SchemeChangeKind.WEIGHT, code, of_criterion=True) in chosen
            else weight
            for code, weight in self.inputs.weights.items()
        }

    def _parameters_under(self, chosen: frozenset[Atom]) -> Parameters:
        taken = {
            name: getattr(self.draft.parameters, name)
            for name in _names(Parameters)
            if Atom(SchemeChangeKind.PARAMETER, name) in chosen
        }
        return replace(self.inputs.scheme.parameters, **taken)

    def _criterion_under(
        self,
        old: Criterion,
        new: Criterion,
        chosen: frozenset[Atom],
        reading: ThresholdReading,
    ) -> tuple[Criterion, list[LeafResult]]:
        """Judge a criterion once under the same changes of its own: most sets change few."""
        first, second = _by_code(old), _by_code(new)
        own = frozenset(
            one for one in chosen
            if not one.of_criterion and (one.code in first or one.code in second)
        )  # fmt: skip
        known = self._criteria.get((old.code, own, reading))
        if known is not None:
            return known
        leaves = [
            self._leaf_under(leaf, second.get(code), own)
            for code, leaf in first.items()
            if Atom(SchemeChangeKind.LEAF_REMOVED, code) not in own
        ]
        added = [
            leaf for code, leaf in second.items() if Atom(SchemeChangeKind.LEAF_ADDED, code) in own
        ]
        criterion = replace(old, leaves=(*leaves, *added))
        judged = criterion, [self._result(one, reading) for one in criterion.leaves]
        self._criteria[old.code, own, reading] = judged
        return judged

    @staticmethod
    def _leaf_under(old: Leaf, new: Leaf | None, chosen: frozenset[Atom]) -> Leaf:
        if new is None:
            return old
        kind = _defined_otherwise(old, new)
        leaf = new if kind is not None and Atom(kind, old.code) in chosen else old
        weighs = new if Atom(SchemeChangeKind.WEIGHT, old.code) in chosen else old
        return replace(leaf, max_points=weighs.max_points)

    def _result(self, leaf: Leaf, reading: ThresholdReading) -> LeafResult:
        share = self._judged(replace(leaf, max_points=Fraction(0)), reading)
        most = leaf.max_points
        return replace(share, leaf=leaf, max_points=most, points=share.share * most)

    def _judged(self, leaf: Leaf, reading: ThresholdReading) -> LeafResult:
        """Judge a leaf once: its share does not hang on what it weighs."""
        known = self._known.setdefault(leaf.code, [])
        for other, under, result in known:
            if other == leaf and under is reading:
                return result
        known.append((leaf, reading, self._judge(leaf, reading)))
        return known[-1][2]

    def _judge(self, leaf: Leaf, reading: ThresholdReading) -> LeafResult:
        if leaf.calc is LeafCalc.EXPERT and leaf.code in self.unscored:
            zero = Fraction(0)
            return LeafResult(leaf, None, None, zero, zero, zero, (), (), applicable=False)
        parameters = replace(self.inputs.scheme.parameters, reading=reading)
        scheme = replace(self.inputs.scheme, parameters=parameters)
        return judge(leaf, replace(self.inputs, scheme=scheme))

    @cached_property
    def _criteria(self) -> dict[Any, tuple[Criterion, list[LeafResult]]]:
        return {}

    @cached_property
    def _known(self) -> dict[str, list[tuple[Leaf, ThresholdReading, LeafResult]]]:
        return {}


def weights_for(own: Mapping[str, Fraction], old: Scheme, draft: Scheme) -> dict[str, Fraction]:
    """Give a case's weights under a draft: a profile's stay, the scheme's own are the draft's."""
    return draft.weights() if dict(own) == old.weights() else dict(own)


def _changed(old: Leaf, new: Leaf, *, heavier: bool) -> Iterator[Atom]:
    kind = _defined_otherwise(old, new)
    if kind is not None:
        yield Atom(kind, old.code)
    if heavier and old.max_points != new.max_points:
        yield Atom(SchemeChangeKind.WEIGHT, old.code)


def _by_code(criterion: Criterion) -> dict[str, Leaf]:
    return {leaf.code: leaf for leaf in criterion.leaves}


def _parts(criterion: Criterion) -> dict[str, Fraction]:
    return {leaf.code: leaf.max_points / criterion.max_points for leaf in criterion.leaves}


def _names(of: type[Parameters]) -> list[str]:
    return [one.name for one in fields(of)]


KINDS: Final[Mapping[str, SchemeChangeKind]] = {
    "query": SchemeChangeKind.QUERY,
    "calc": SchemeChangeKind.CALCULATION,
    "unit": SchemeChangeKind.CALCULATION,
}


def _defined_otherwise(old: Leaf, new: Leaf) -> SchemeChangeKind | None:
    """Tell by what a leaf is defined otherwise: its calculation before its query and thresholds."""
    changed = [
        one.name for one in fields(Leaf)
        if one.name not in ASIDE and getattr(old, one.name) != getattr(new, one.name)
    ]  # fmt: skip
    kinds = {KINDS.get(name, SchemeChangeKind.THRESHOLD) for name in changed}
    order = (SchemeChangeKind.CALCULATION, SchemeChangeKind.QUERY, SchemeChangeKind.THRESHOLD)
    return next((kind for kind in order if kind in kinds), None)
