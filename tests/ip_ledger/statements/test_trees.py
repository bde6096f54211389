"""Every figure of an explanation is what the figures below it come to, for any run."""

from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.distributions import plan_rules
from ip_ledger.distributions.plan_rules import Income, Plan, Terms
from ip_ledger.revenue.rules import Deduction, DeductionKind, RevenueKind, net_income_fen
from ip_ledger.statements import words
from ip_ledger.statements.tree_rules import LineToExplain, Node, RewardToExplain, line_tree
from shared.money import WHOLE_PPM

ASSET = UUID(int=200)


@st.composite
def incomes(draw: st.DrawFn) -> list[Income]:
    """Several payments of one asset with changing owners: carry of any lawful size is there."""
    owners = [UUID(int=number) for number in range(1, draw(st.integers(1, 6)) + 1)]
    known = {
        owner: Fraction(draw(st.integers(-2 * WHOLE_PPM, 2 * WHOLE_PPM)), WHOLE_PPM)
        for owner in owners
    }
    made = []
    for place in range(draw(st.integers(1, 4))):
        cuts = sorted(draw(st.lists(st.integers(0, WHOLE_PPM), max_size=5))[: len(owners) - 1])
        edges = [0, *cuts, *[WHOLE_PPM] * (len(owners) - len(cuts))]
        shares = tuple((owner, edges[at + 1] - edges[at]) for at, owner in enumerate(owners))
        taken = tuple(
            Deduction(kind, draw(st.integers(1, 50)))
            for kind in draw(st.sets(st.sampled_from(DeductionKind)))
        )
        gross = draw(st.integers(200, 10**9)) if draw(st.booleans()) else 200
        made.append(
            Income(
                event_id=UUID(int=100 + place), asset_id=ASSET, kind=RevenueKind.LICENSE,
                gross_fen=gross, deductions=taken, net_fen=net_income_fen(gross, taken),
                received_on=date(2028, 3, 1), version_id=UUID(int=300), origin_id=UUID(int=300),
                shares=shares, order=tuple(draw(st.permutations(owners))), carry=known,
            )
        )  # fmt: skip
    return made


def trees(planned: Plan) -> list[Node]:
    """Each line's tree, made of what a stored line keeps."""
    owed = {(one.event_id, one.owner_id): one for one in planned.rewards}
    made = []
    for place, line in enumerate(planned.lines):
        reward = owed.get((line.income.event_id, line.part.party))
        stored = LineToExplain(UUID(int=place), line.part.amount_fen, line.steps)
        told = None
        if reward is not None:
            told = RewardToExplain(
                UUID(int=1000 + place), reward.amount_fen, reward.floor_fen, reward.rate_ppm,
                reward.rule, reward.inventors,
            )  # fmt: skip
        made.append(line_tree(stored, told))
    return made


@pytest.mark.requirement("A086")
@given(incomes())
def test_every_figure_is_what_it_was_made_of(given_incomes: list[Income]) -> None:
    planned = plan_rules.plan(given_incomes, Terms({}))
    explained = trees(planned)
    assert sum(tree.value for tree in explained) == planned.net_fen
    for tree, line in zip(explained, planned.lines, strict=True):
        assert tree.value == line.part.amount_fen
        for node in tree.walk():
            computed = node.computed()
            assert computed is None or computed == node.value, node.step
        owed = next(node for node in tree.walk() if node.step == "owed")
        after = next(node for node in tree.walk() if node.step == "carry_after")
        assert owed.value - tree.value == after.value


def test_a_figure_that_was_tampered_with_no_longer_adds_up() -> None:
    given_income = Income(
        event_id=UUID(int=1), asset_id=ASSET, kind=RevenueKind.LICENSE, gross_fen=10_001,
        deductions=(Deduction(DeductionKind.TAX, 1),), net_fen=10_000, received_on=date(2028, 3, 1),
        version_id=UUID(int=3), origin_id=UUID(int=3), shares=((UUID(int=4), WHOLE_PPM),),
        order=(UUID(int=4),), carry={},
    )  # fmt: skip
    [line] = plan_rules.plan([given_income], Terms({})).lines
    steps: list[dict[str, Any]] = line.steps
    steps[1]["amount_fen"] = 2
    net = next(
        n for n in line_tree(LineToExplain(UUID(int=9), 10_000, steps)).walk() if n.step == "net"
    )
    assert (net.computed(), net.value) == (Fraction(9_999), Fraction(10_000))


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_step_is_said_in_both_languages(language: str) -> None:
    """No step that a plan makes lacks its sentence, and shares keep all their digits."""
    assert words.percent(333_333) == "33.3333%"
    assert (words.percent(0), words.percent(WHOLE_PPM), words.percent(1)) == (
        "0%",
        "100%",
        "0.0001%",
    )
    kinds = {f"less_{kind.value}" for kind in DeductionKind}
    assert kinds <= words.SENTENCES.keys()
    assert words.money(-123_456, "CNY", language) in {"-1,234.56 元", "CNY -1,234.56"}
