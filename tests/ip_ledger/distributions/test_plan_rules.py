"""Under which law a reward stands, what it is a part of, and what a plan's hash holds."""

from dataclasses import replace
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from ip_ledger.distributions import plan_rules as rules
from ip_ledger.distributions.plan_rules import Inventor, RewardRule, Terms
from ip_ledger.revenue.rules import Deduction, DeductionKind, RevenueKind
from ip_ledger.rewards.rules import Incentive
from tests.ip_ledger.distributions.test_planning import (
    ALICE,
    BOB,
    CENTER,
    COMPANY,
    TYPES,
    UNIVERSITY,
    income,
)

WHOLE = {"deductions": (), "shares": ((UNIVERSITY, 1_000_000),), "order": (UNIVERSITY,)}
OF_COMPANY = {**WHOLE, "shares": ((COMPANY, 1_000_000),), "order": (COMPANY,)}
OWN_USE = RevenueKind.SELF_IMPLEMENTATION


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("kind", "rate_ppm", "net_fen", "due"),
    [
        (RevenueKind.TRANSFER, 700_000, 3, 3),
        (RevenueKind.LICENSE, 700_000, 3, 3),
        (RevenueKind.EQUITY, 700_000, 3, 3),
        # Just beside a rate of the law's it was agreed freely, and is rounded half up.
        (RevenueKind.LICENSE, 699_999, 3, 2),
        (RevenueKind.LICENSE, 500_000, 3, 2),
        (OWN_USE, 50_000, 21, 2),
        (OWN_USE, 49_999, 21, 1),
        (RevenueKind.SERVICE, 700_000, 3, 2),
    ],
)
def test_at_a_rate_that_the_law_names_a_reward_goes_up_to_the_cent(
    kind: RevenueKind, rate_ppm: int, net_fen: int, due: int
) -> None:
    assert rules.reward_amount(kind, net_fen, rate_ppm) == due


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("owner", "rate_ppm", "kind", "law"),
    [
        (UNIVERSITY, None, RevenueKind.LICENSE, "转化法45(1)"),
        (COMPANY, None, RevenueKind.LICENSE, "转化法45(1)"),
        (COMPANY, 700_000, RevenueKind.LICENSE, "转化法44"),
        (UNIVERSITY, 699_999, RevenueKind.LICENSE, "转化法45(2)"),
        (UNIVERSITY, 700_000, RevenueKind.LICENSE, "沪条例33"),
        (UNIVERSITY, 900_000, RevenueKind.TRANSFER, "沪条例33"),
        # Shanghai's seventy per cent are of what others pay for a result.
        (UNIVERSITY, 700_000, OWN_USE, "转化法45(2)"),
    ],
)
def test_a_reward_names_the_provision_by_which_it_is_what_it_is(
    owner: UUID, rate_ppm: int | None, kind: RevenueKind, law: str
) -> None:
    given = [] if rate_ppm is None else [RewardRule(owner, rate_ppm, "校发〔2026〕1号")]
    changes = WHOLE if owner == UNIVERSITY else OF_COMPANY
    planned = rules.plan([income(kind=kind, **changes)], Terms(TYPES, given))
    (reward,) = planned.rewards
    assert reward.rule == law
    assert reward.basis == (given[0].basis if given else None)
    assert reward.form is Incentive.CASH


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("kind", "amount_fen", "base_fen"),
    [
        (DeductionKind.TAX, 100, 360),
        (DeductionKind.DIRECT, 100, 360),
        # What the owners agreed among themselves is not taken off the inventors' part.
        (DeductionKind.MANAGEMENT_FEE, 100, 400),
        (DeductionKind.MANAGEMENT_FEE, 1, 361),
    ],
)
def test_a_reward_is_a_part_of_what_no_law_lets_one_take_off(
    kind: DeductionKind, amount_fen: int, base_fen: int
) -> None:
    less = (Deduction(kind, amount_fen, "第七条"),)
    one = income(gross_fen=1_000, deductions=less, net_fen=900)
    line = rules.plan([one], Terms(TYPES)).lines[0]
    assert rules.reward_base_fen(one, line.part) == base_fen


@pytest.mark.requirement("A033")
def test_rules_and_agreements_set_the_floor_that_a_refusal_names() -> None:
    low = [RewardRule(COMPANY, 200_000), RewardRule(UNIVERSITY, 400_000)]
    terms, agreed = Terms(TYPES, low), [income(agreed_ppm={COMPANY: 300_000})]
    checks = rules.reward_checks(agreed, terms, rules.plan(agreed, terms))
    failed = [check for check in checks if not check.passed]
    assert [(check.pointer, check.clause, check.params["min_ppm"]) for check in failed] == [
        ("/reward_rules/1/rate_ppm", "转化法45(2)", 500_000),
        ("/reward_rules/0/rate_ppm", "转化法44", 300_000),
    ]
    # Of a rule that stands twice the first one counts, and is pointed at.
    twice = Terms(TYPES, [low[1], low[1]])
    told = rules.reward_checks([income()], twice, rules.plan([income()], twice))
    assert [one.pointer for one in told if one.code == "REWARD_BELOW_FLOOR" and not one.passed] == [
        "/reward_rules/0/rate_ppm"
    ]
    # Where no rule was sent, there is none to point at; and a company may agree on nothing.
    by_law = rules.reward_checks([income()], Terms(TYPES), rules.plan([income()], Terms(TYPES)))
    assert {check.pointer for check in by_law if check.code == "REWARD_BELOW_FLOOR"} == {None}
    free = Terms(TYPES, [RewardRule(COMPANY, 0)])
    floors = rules.reward_checks([income()], free, rules.plan([income()], free))
    (of_company,) = [one for one in floors if one.params.get("owner_id") == str(COMPANY)]
    assert (of_company.passed, of_company.params["min_ppm"]) == (True, 0)


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("kind", "owner", "rule", "floor"),
    [
        (RevenueKind.LICENSE, rules.OwnerType.OTHER, RewardRule(COMPANY, 1), 0),
        (RevenueKind.LICENSE, rules.OwnerType.OTHER, None, 500_000),
        (RevenueKind.LICENSE, rules.OwnerType.STATE_INSTITUTION, RewardRule(COMPANY, 1), 500_000),
        (RevenueKind.SERVICE, rules.OwnerType.STATE_INSTITUTION, None, 0),
        (OWN_USE, rules.OwnerType.OTHER, None, 50_000),
    ],
)
def test_below_what_a_reward_may_not_lie(
    kind: RevenueKind, owner: rules.OwnerType, rule: RewardRule | None, floor: int
) -> None:
    assert rules.reward_floor_ppm(kind, owner, rule) == floor


@pytest.mark.requirement("A086")
def test_a_deduction_is_told_with_the_clause_that_allows_it() -> None:
    less = (Deduction(DeductionKind.TAX, 5), Deduction(DeductionKind.MANAGEMENT_FEE, 3, "第七条"))
    line = rules.plan([income(deductions=less)], Terms(TYPES)).lines[0]
    told = {step["step"]: step["clause"] for step in line.steps}
    assert told["less_tax"] == told["net"] == "沪条例34(2)"
    assert told["less_management_fee"] == "第七条"


@pytest.mark.requirement("A086")
def test_what_is_handed_over_is_no_share_and_no_money() -> None:
    gone = UUID(int=77)
    one = income(carry={gone: Fraction(1, 4)}, staying=frozenset({UNIVERSITY, COMPANY, CENTER}))
    gives, takes, *lines = rules.plan([one], Terms(TYPES)).lines
    for line, party, before in ((gives, gone, 250_000), (takes, UNIVERSITY, 0)):
        part = line.part
        assert (part.party, part.before_scaled, part.scale) == (party, before, 1_000_000)
        assert (part.share_ppm, part.quota_scaled, part.rank, part.amount_fen) == (0, 0, 0, 0)
        assert part.raised is False
    assert (gives.handed_scaled, takes.handed_scaled) == (-250_000, 250_000)
    assert [line.handed_scaled for line in lines] == [0, 0, 0]


@pytest.mark.requirement("X07", "A086")
def test_incomes_as_if_a_run_had_not_been_owe_what_was_owed_before() -> None:
    asset, other = UUID(int=200), UUID(int=201)
    known = income(carry={COMPANY: Fraction(1, 2)})
    carried = {(asset, COMPANY): 250_000, (asset, ALICE): -250_000, (other, COMPANY): 7}
    (undone,) = rules.without_run([known], carried)
    assert undone.carry == {
        UNIVERSITY: 0, COMPANY: Fraction(1, 4), CENTER: 0, ALICE: Fraction(1, 4),
    }  # fmt: skip


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("amount_fen", "parts"), [(100, ((ALICE, 67), (BOB, 33))), (1, ((ALICE, 1), (BOB, 0)))]
)
def test_inventors_share_their_owners_reward_by_their_parts(
    amount_fen: int, parts: tuple[tuple[UUID, int], ...]
) -> None:
    people = (Inventor(ALICE, COMPANY, 400_000), Inventor(BOB, COMPANY, 200_000),
              Inventor(UUID(int=13), UNIVERSITY, 400_000))  # fmt: skip
    whole: dict[str, Any] = {**OF_COMPANY, "net_fen": amount_fen, "inventors": people}
    terms = Terms(TYPES, [RewardRule(COMPANY, 1_000_000)])
    (reward,) = rules.plan([income(**whole)], terms).rewards
    assert reward.inventors == parts


@pytest.mark.requirement("A086")
def test_who_agrees_agrees_to_rules_and_to_who_gets_what() -> None:
    people = (Inventor(ALICE, UNIVERSITY, 600_000), Inventor(BOB, UNIVERSITY, 400_000))
    rule = RewardRule(COMPANY, 200_000, "甲")
    base, terms = [income(inventors=people)], Terms(TYPES, [rule])
    first = rules.plan(base, terms).plan_hash
    others = [
        rules.plan(base, Terms(TYPES, [replace(rule, basis=None)])),
        rules.plan(base, Terms(TYPES, [replace(rule, basis="乙")])),
        rules.plan(base, Terms(TYPES, [replace(rule, form=Incentive.EQUITY)])),
        # The same sums, and other people.
        rules.plan([income(inventors=(replace(people[0], person_id=CENTER), people[1]))], terms),
    ]
    assert first not in {plan.plan_hash for plan in others}
    assert len({plan.plan_hash for plan in others}) == len(others)
    assert rules.plan(base, terms).plan_hash == first


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("owners", "repeated", "unknown"),
    [
        ([COMPANY, UNIVERSITY], [], []),
        ([COMPANY, COMPANY, UNIVERSITY], [COMPANY], []),
        ([UNIVERSITY, COMPANY, UNIVERSITY, COMPANY], sorted([COMPANY, UNIVERSITY]), []),
        ([COMPANY, UUID(int=99)], [], ["/reward_rules/1/owner_id"]),
    ],
)
def test_each_rule_is_of_one_owner_and_of_each_there_is_one(
    owners: list[UUID], repeated: list[UUID], unknown: list[str]
) -> None:
    terms = Terms(TYPES, [RewardRule(owner, 500_000) for owner in owners])
    checks = rules.reward_checks([income()], terms, rules.plan([income()], terms))
    once = checks[0]
    assert (once.passed, once.params["org_ids"]) == (not repeated, [str(one) for one in repeated])
    strangers = [one for one in checks if one.code == "REWARD_OWNER_UNKNOWN"]
    assert len(strangers) == len(owners)
    assert [one.pointer for one in strangers if not one.passed] == unknown


@pytest.mark.requirement("X07")
def test_who_owns_nothing_is_owed_no_reward_whatever_the_rule() -> None:
    stranger = RewardRule(CENTER, 500_000)
    one = income(**OF_COMPANY, carry={CENTER: Fraction(1, 4)})
    planned = rules.plan([one], Terms(TYPES, [stranger]))
    assert {reward.owner_id for reward in planned.rewards} == {COMPANY}


@pytest.mark.requirement("A086")
def test_what_a_line_leaves_of_rounding_is_what_is_owed_after_it_less_before() -> None:
    # Half of three 分 is one and a half: one owner is owed a half more, one a half less.
    halves = {"shares": ((UNIVERSITY, 500_000), (COMPANY, 500_000)), "order": (UNIVERSITY, COMPANY)}
    (first, second) = rules.plan([income(net_fen=3, deductions=(), **halves)], Terms(TYPES)).lines
    assert (first.part.amount_fen, first.carry_change) == (2, -500_000)
    assert (second.part.amount_fen, second.carry_change) == (1, 500_000)
    # What was owed before is paid with the next, and nothing is left.
    owed = {UNIVERSITY: Fraction(-1, 2), COMPANY: Fraction(1, 2)}
    again = rules.plan([income(net_fen=3, deductions=(), carry=owed, **halves)], Terms(TYPES))
    assert [line.carry_change for line in again.lines] == [500_000, -500_000]
    assert [line.part.amount_fen for line in again.lines] == [1, 2]


@pytest.mark.requirement("A086")
def test_who_agrees_agrees_to_each_income_and_each_line() -> None:
    one = income()
    other = replace(one, event_id=UUID(int=98))
    plans = [rules.plan(incomes, Terms(TYPES)) for incomes in ([one], [other], [one, other])]
    assert len({plan.plan_hash for plan in plans}) == 3
