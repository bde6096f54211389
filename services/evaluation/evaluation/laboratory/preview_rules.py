"""What a leaf's query comes to on facts that were frozen before."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from evaluation.results.replay_rules import facts_in
from evaluation.schemes.counting_rules import Period, Sifted, measure, parts_of, sift
from evaluation.schemes.rules import Aggregate, FactQuery, Leaf, Scheme
from shared.reading import read_json
from shared.rules import Check, Kind, Rule, Said

AS_DATA: Final = Rule("A130", "四(四)")


@dataclass(frozen=True, slots=True)
class Tried:
    """A query's figure over one centre's year, and what its filter did."""

    value: Fraction | None
    sifted: Sifted
    parts: tuple[Fraction, Fraction] | None


def leaf_named(scheme: Scheme, code: str) -> Leaf | None:
    """Give the leaf with a code, if there is one."""
    return next((leaf for leaf in scheme.leaves() if leaf.code == code), None)


def preview_checks(leaf: Leaf) -> list[Check]:
    """Check that a leaf counts facts: experts' leaves have nothing to preview."""
    return [
        AS_DATA.check(
            "FIELD_INVALID", Kind.CONTENT, passed=leaf.query is not None, pointer="/code",
            field="code", given=leaf.code,
            expected=Said("a leaf that counts facts", "应为按事实计数的末级指标"),
        )
    ]  # fmt: skip


def tried(query: FactQuery, snapshot: bytes) -> Tried:
    """Run a query over the stored bytes of a snapshot, as a computation would."""
    content: Mapping[str, Any] = read_json(snapshot)
    period = Period(**content["period"])
    facts = facts_in(content)[query.source]
    found = measure(query, facts, period)
    sifted = sift(query, facts, period)
    parts = parts_of(query, facts, period) if query.aggregate is Aggregate.RATIO else None
    return Tried(found.raw, sifted, parts)
