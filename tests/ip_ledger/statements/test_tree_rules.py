"""A line's tree down to the records that its figures come from; no database."""

from dataclasses import replace
from fractions import Fraction
from uuid import UUID

import pytest

from ip_ledger.distributions import plan_rules
from ip_ledger.distributions.plan_rules import Terms
from ip_ledger.statements import tree_rules as rules
from ip_ledger.statements.tree_rules import (
    FigurePart,
    FigureRecord,
    LineToExplain,
    Node,
    RewardToExplain,
    Source,
)
from tests.ip_ledger.distributions.test_planning import ALICE, BOB, TYPES, income

LINE, ORIGINAL, REWARD = UUID(int=901), UUID(int=902), UUID(int=903)
PLANNED = plan_rules.plan([income()], Terms(TYPES)).lines[1]
KEPT = LineToExplain(LINE, PLANNED.part.amount_fen, PLANNED.steps)


def by_step(tree: Node) -> dict[str, Node]:
    return {one.step: one for one in tree.walk()}


@pytest.mark.requirement("A086")
def test_figures_name_the_records_that_they_come_from() -> None:
    found = by_step(rules.line_tree(KEPT))
    assert {step: one.source for step, one in found.items() if one.source is not None} == {
        "amount": Source(FigureRecord.LINE, LINE),
        "gross": Source(FigureRecord.REVENUE, UUID(int=100)),
        "share": Source(FigureRecord.OWNERSHIP, UUID(int=300)),
        "carry_before": Source(FigureRecord.ASSET, UUID(int=200)),
        "carry_after": Source(FigureRecord.ASSET, UUID(int=200)),
    }
    assert found["net"].computed() == found["net"].value == 108_207_547
    assert found["amount"].computed() == found["amount"].value == KEPT.amount_fen
    assert found["gross"].computed() is None


@pytest.mark.requirement("A086", "X07")
def test_a_line_that_takes_another_back_holds_the_original_as_it_was_paid() -> None:
    undoing = replace(KEPT, amount_fen=-KEPT.amount_fen, undoes=ORIGINAL)
    tree = rules.line_tree(undoing)
    (original,) = tree.made_of
    assert (tree.step, tree.value, tree.source) == (
        "taken_back", Fraction(-KEPT.amount_fen), Source(FigureRecord.LINE, LINE),
    )  # fmt: skip
    assert (original.part, original.value, original.source) == (
        FigurePart.SUBTRACTS, Fraction(KEPT.amount_fen), Source(FigureRecord.LINE, ORIGINAL),
    )  # fmt: skip
    assert tree.computed() == tree.value
    assert original.computed() == original.value


@pytest.mark.requirement("A033")
def test_what_inventors_are_owed_stands_person_by_person() -> None:
    reward = RewardToExplain(REWARD, 30, 25, 500_000, "转化法45(1)", [(ALICE, 20), (BOB, 10)])
    owed = by_step(rules.line_tree(KEPT, reward))["reward"]
    people = [one for one in owed.made_of if one.step == "inventor"]
    assert [(one.source, one.value) for one in people] == [
        (Source(FigureRecord.PERSON, ALICE), Fraction(20)),
        (Source(FigureRecord.PERSON, BOB), Fraction(10)),
    ]
    assert owed.computed() == owed.value == 30
    rate, floor = owed.made_of[:2]
    assert (rate.value, floor.value) == (Fraction(1, 2), Fraction(25))
