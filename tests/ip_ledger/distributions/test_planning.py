"""Vector C7-3 in all its roundings, the run's state machine, and I3 against exact rationals."""

import hashlib
import os
import random
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.distributions import explanation_rules, plan_rules, rules
from ip_ledger.distributions.plan_rules import Income, Inventor, OwnerType, RewardRule, Terms
from ip_ledger.distributions.rules import MOVES, Event, State
from ip_ledger.revenue.rules import Deduction, DeductionKind, RevenueKind, net_income_fen
from shared.events.recording import canonical
from shared.rules import failed_codes

RUNS = int(os.environ.get("ZHICHUANG_CASES", "1000"))
SEED = int(os.environ.get("ZHICHUANG_SEED", "1"))
UNIVERSITY, COMPANY, CENTER = (UUID(int=n) for n in (1, 2, 3))
ALICE, BOB, CAROL = (UUID(int=n) for n in (11, 12, 13))
TYPES = {UNIVERSITY: OwnerType.STATE_INSTITUTION}
DEDUCTIONS = (
    Deduction(DeductionKind.TAX, 6_792_453),
    Deduction(DeductionKind.MAINTENANCE, 3_000_000),
    Deduction(DeductionKind.DIRECT, 2_000_000),
)


def income(**changes: Any) -> Income:
    values: dict[str, Any] = {
        "event_id": UUID(int=100),
        "asset_id": UUID(int=200),
        "kind": RevenueKind.LICENSE,
        "gross_fen": 120_000_000,
        "deductions": DEDUCTIONS,
        "net_fen": net_income_fen(120_000_000, DEDUCTIONS),
        "received_on": date(2028, 3, 1),
        "version_id": UUID(int=300),
        "origin_id": UUID(int=300),
        "shares": ((UNIVERSITY, 400_000), (COMPANY, 350_000), (CENTER, 250_000)),
        "order": (UNIVERSITY, COMPANY, CENTER),
        "carry": {},
    }
    return Income(**(values | changes))


def rewards(*given_rules: RewardRule, **changes: Any) -> dict[UUID, int]:
    planned = plan_rules.plan([income(**changes)], Terms(TYPES, given_rules))
    return {reward.owner_id: reward.amount_fen for reward in planned.rewards}


def refusals(*given_rules: RewardRule, **changes: Any) -> list[str]:
    incomes = [income(**changes)]
    what = Terms(TYPES, given_rules)
    return failed_codes(plan_rules.reward_checks(incomes, what, plan_rules.plan(incomes, what)))


@pytest.mark.requirement("A086", "A033")
def test_the_license_income_of_vector_three_is_shared_to_the_last_unit() -> None:
    planned = plan_rules.plan([income()], Terms(TYPES))
    assert planned.net_fen == 108_207_547
    assert [line.part.amount_fen for line in planned.lines] == [43_283_019, 37_872_641, 27_051_887]


def test_lines_are_told_in_the_order_of_the_owners_whatever_settles_ties() -> None:
    planned = plan_rules.plan([income(order=(CENTER, COMPANY, UNIVERSITY))], Terms(TYPES))
    assert [line.part.party for line in planned.lines] == [UNIVERSITY, COMPANY, CENTER]


@pytest.mark.requirement("A033")
def test_without_a_rule_everyone_owes_half_rounded_up() -> None:
    assert rewards() == {UNIVERSITY: 21_641_510, COMPANY: 18_936_321, CENTER: 13_525_944}


@pytest.mark.requirement("A033")
def test_a_university_may_give_seventy_per_cent_rounded_up() -> None:
    assert rewards(RewardRule(UNIVERSITY, 700_000))[UNIVERSITY] == 30_298_114
    assert refusals(RewardRule(UNIVERSITY, 700_000)) == []


@pytest.mark.requirement("A033")
def test_a_company_may_agree_any_rate_rounded_half_up() -> None:
    assert rewards(RewardRule(COMPANY, 200_000))[COMPANY] == 7_574_528
    assert refusals(RewardRule(COMPANY, 200_000)) == []


@pytest.mark.requirement("A033")
@pytest.mark.refusing
@pytest.mark.parametrize("rate_ppm", [450_000, 499_999, 1])
def test_a_university_below_the_floor_is_refused_with_the_least_amount(rate_ppm: int) -> None:
    what = Terms(TYPES, [RewardRule(UNIVERSITY, rate_ppm)])
    checks = plan_rules.reward_checks([income()], what, plan_rules.plan([income()], what))
    [failed] = [check for check in checks if not check.passed]
    assert failed.code == "REWARD_BELOW_FLOOR"
    assert failed.params["min"] == {"amount": 21_641_510, "currency": "CNY"}


@pytest.mark.requirement("A033")
@pytest.mark.refusing
def test_a_rate_below_the_signed_agreement_is_refused() -> None:
    agreed = {COMPANY: 300_000}
    assert refusals(RewardRule(COMPANY, 200_000), agreed_ppm=agreed) == ["REWARD_BELOW_FLOOR"]
    assert refusals(RewardRule(COMPANY, 300_000), agreed_ppm=agreed) == []
    what, incomes = Terms(TYPES, [RewardRule(COMPANY, 200_000)]), [income(agreed_ppm=agreed)]
    checks = plan_rules.reward_checks(incomes, what, plan_rules.plan(incomes, what))
    [failed] = [check for check in checks if not check.passed]
    assert failed.params["min"] == {"amount": 11_361_792, "currency": "CNY"}


@pytest.mark.requirement("A033")
def test_each_income_is_rewarded_by_the_agreement_of_its_own_day() -> None:
    """In one run as in two: what is drafted together changes no inventor's part."""
    incomes = [
        income(agreed_ppm={COMPANY: 300_000}),
        income(event_id=UUID(int=101), received_on=date(2028, 4, 1), agreed_ppm={COMPANY: 100_000}),
        income(event_id=UUID(int=102), received_on=date(2028, 5, 1)),
    ]
    together = plan_rules.plan(incomes, Terms(TYPES)).rewards
    apart = [one for given in incomes for one in plan_rules.plan([given], Terms(TYPES)).rewards]
    assert [(one.event_id, one.rate_ppm) for one in together if one.owner_id == COMPANY] == [
        (UUID(int=100), 300_000), (UUID(int=101), 100_000), (UUID(int=102), 500_000),
    ]  # fmt: skip
    assert [one.rate_ppm for one in apart] == [one.rate_ppm for one in together]


@pytest.mark.refusing
def test_a_rule_for_someone_who_owns_nothing_or_twice_is_refused() -> None:
    assert refusals(RewardRule(ALICE, 500_000)) == ["REWARD_OWNER_UNKNOWN"]
    twice = [RewardRule(COMPANY, 100_000), RewardRule(COMPANY, 200_000)]
    assert refusals(*twice) == ["PARTY_REPEATED"]


@pytest.mark.requirement("A033")
def test_own_use_owes_five_per_cent_rounded_up() -> None:
    due = rewards(kind=RevenueKind.SELF_IMPLEMENTATION, net_fen=1_010)
    assert due == {UNIVERSITY: 21, COMPANY: 18, CENTER: 13}


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("kind", "rule_ppm", "due"),
    [
        (RevenueKind.TRANSFER, None, 500_000_001),
        (RevenueKind.LICENSE, None, 500_000_001),
        (RevenueKind.EQUITY, None, 500_000_001),
        (RevenueKind.SELF_IMPLEMENTATION, None, 50_000_001),
        (RevenueKind.TRANSFER, 700_000, 700_000_001),
        (RevenueKind.LICENSE, 700_000, 700_000_001),
        (RevenueKind.EQUITY, 700_000, 700_000_001),
        # What is freely agreed is rounded half up instead.
        (RevenueKind.EQUITY, 600_000, 600_000_001),
        (RevenueKind.SELF_IMPLEMENTATION, 300_000, 300_000_000),
    ],
)
def test_at_ten_million_a_millionth_more_or_less_shows(
    kind: RevenueKind, rule_ppm: int | None, due: int
) -> None:
    given_rules = [] if rule_ppm is None else [RewardRule(UNIVERSITY, rule_ppm)]
    whole = {"kind": kind, "net_fen": 1_000_000_001, "shares": ((UNIVERSITY, 1_000_000),),
             "order": (UNIVERSITY,)}  # fmt: skip
    assert rewards(*given_rules, **whole) == {UNIVERSITY: due}


def test_service_income_owes_nothing_unless_agreed() -> None:
    assert rewards(kind=RevenueKind.SERVICE) == {}
    assert rewards(RewardRule(COMPANY, 100_000), kind=RevenueKind.SERVICE) == {COMPANY: 3_787_264}


@pytest.mark.requirement("A033")
def test_a_reward_is_divided_among_the_owners_own_inventors() -> None:
    people = (
        Inventor(ALICE, UNIVERSITY, 333_333),
        Inventor(BOB, UNIVERSITY, 333_333),
        Inventor(CAROL, COMPANY, 333_334),
    )
    planned = plan_rules.plan([income(inventors=people)], Terms(TYPES))
    by_owner = {reward.owner_id: reward.inventors for reward in planned.rewards}
    assert by_owner[UNIVERSITY] == ((ALICE, 10_820_755), (BOB, 10_820_755))
    assert by_owner[COMPANY] == ((CAROL, 18_936_321),)
    assert by_owner[CENTER] == ()


@pytest.mark.requirement("A086")
def test_a_line_explains_itself_from_the_gross_income_to_the_last_unit() -> None:
    line = plan_rules.plan([income()], Terms(TYPES)).lines[1]
    told = {step["step"]: step for step in line.steps}
    assert told["gross"]["amount_fen"] == 120_000_000
    assert told["less_tax"]["amount_fen"] == 6_792_453
    assert told["net"]["amount_fen"] == 108_207_547
    assert (told["share"]["ppm"], told["share"]["ref_id"]) == (350_000, str(UUID(int=300)))
    assert told["quota"]["exact"] == "37872641.45"
    assert told["floor"]["amount_fen"] + told["remainder_unit"]["amount_fen"] == 37_872_641
    assert told["carry_after"]["exact"] == "0.45"


@pytest.mark.requirement("A086")
def test_what_rounding_kept_counts_in_the_next_event_of_the_asset() -> None:
    thirds = ((UNIVERSITY, 333_333), (COMPANY, 333_333), (CENTER, 333_334))
    incomes = [income(event_id=UUID(int=n), shares=thirds, net_fen=10_001) for n in (1, 2, 3)]
    planned = plan_rules.plan(incomes, Terms(TYPES))
    paid = [line.part.amount_fen for line in planned.lines]
    assert paid == [3_334, 3_333, 3_334, 3_333, 3_334, 3_334, 3_334, 3_334, 3_333]
    assert all(abs(line.part.carry_after) < 1 for line in planned.lines)


@pytest.mark.requirement("A086")
def test_who_left_hands_what_rounding_owes_to_the_largest_owner_by_lines_of_their_own() -> None:
    """C7-4: settled where it can be seen, and only for who owns nothing later on."""
    gone, later = UUID(int=77), UUID(int=78)
    halves = ((UNIVERSITY, 400_000), (COMPANY, 600_000))
    owed = {
        gone: Fraction(-3, 4), later: Fraction(1, 4), UNIVERSITY: Fraction(1, 2),
        COMPANY: Fraction(0),
    }  # fmt: skip
    given_income = income(
        shares=halves, order=(UNIVERSITY, COMPANY), net_fen=10, carry=owed,
        staying=frozenset({UNIVERSITY, COMPANY, later}),
    )  # fmt: skip
    again = replace(given_income, event_id=UUID(int=9))
    planned = plan_rules.plan([given_income, again], Terms({}))
    beside = [line for line in planned.lines if not line.part.share_ppm]
    assert [(line.part.party, line.part.amount_fen, line.carry_change) for line in beside] == [
        (gone, 0, 750_000), (COMPANY, 0, -750_000),
    ]  # fmt: skip
    told = {step["step"]: step["exact"] for step in beside[0].steps}
    assert (told["carry_before"], told["carry_handed"], told["carry_after"]) == (
        "-0.75", "0.75", "0",
    )  # fmt: skip
    # 4 and 6 fen, with half a fen more and three quarters less that were owed before.
    assert [line.part.amount_fen for line in planned.lines if line.part.share_ppm][:2] == [5, 5]
    change: dict[UUID, int] = {}
    for line in planned.lines:
        change[line.part.party] = change.get(line.part.party, 0) + line.carry_change
    assert change[gone] == 750_000
    assert later not in change
    assert sum(change.values()) == 0
    # Whoever undoes such a run and plans it anew finds what was handed over again.
    paid = {party: owed[party] + Fraction(change.get(party, 0), 10**6) for party in owed}
    [undone] = plan_rules.without_run(
        [replace(given_income, carry=paid)],
        {(given_income.asset_id, party): moved for party, moved in change.items()},
    )
    assert undone.carry == owed


@pytest.mark.requirement("A086")
def test_many_runs_with_owners_who_come_and_go_keep_the_bound() -> None:
    """0477: owners sum to nothing; each who left adds less than a 分 until the next ample run."""
    chance = random.Random(SEED)
    owners, next_id, left = [UUID(int=n) for n in (1, 2)], 3, 0
    carry: dict[UUID, Fraction] = {}
    for number in range(RUNS):
        if chance.random() < 0.3 and len(owners) > 1:
            owners.remove(chance.choice(owners))
            left += 1
        if len(owners) < 2 or (chance.random() < 0.3 and len(owners) < 6):
            owners.append(UUID(int=next_id))
            next_id += 1
        cuts = sorted(chance.sample(range(1, 10**6), len(owners) - 1))
        if chance.random() < 0.3:
            cuts = list(range(1, len(owners)))
        edges = [0, *cuts, 10**6]
        shares = tuple((o, edges[n + 1] - edges[n]) for n, o in enumerate(owners))
        ample = number % 50 == 49
        total = 10**6 * (left + 3) if ample else chance.choice([0, 1, 1, 2, 3, 7])
        planned = plan_rules.plan(
            [income(
                event_id=UUID(int=number), shares=shares, order=tuple(owners), net_fen=total,
                gross_fen=total, deductions=(), carry=carry,
            )],
            Terms({}),
        )  # fmt: skip
        for line in planned.lines:
            party = line.part.party
            carry[party] = carry.get(party, Fraction(0)) + Fraction(line.carry_change, 10**6)
        told = f"seed {SEED}, run {number}: {carry}"
        assert sum(line.part.amount_fen for line in planned.lines) == total, told
        assert not any(owed for party, owed in carry.items() if party not in owners), told
        carry = {party: owed for party, owed in carry.items() if party in owners}
        assert not sum(carry.values()), told
        most = len(owners) + left
        assert all(-1 - left < owed < most for owed in carry.values()), told
        if ample:
            left = 0
            assert all(-1 < owed < 1 for owed in carry.values()), told


def test_a_closing_run_leaves_nothing_owed() -> None:
    thirds = ((UNIVERSITY, 333_333), (COMPANY, 333_333), (CENTER, 333_334))
    owed = {UNIVERSITY: Fraction(1, 4), COMPANY: Fraction(-1, 4)}
    incomes = [income(event_id=UUID(int=n), shares=thirds, net_fen=5, carry=owed) for n in (1, 2)]
    planned = plan_rules.plan(incomes, Terms(TYPES), closing=True)
    change = dict.fromkeys((UNIVERSITY, COMPANY, CENTER), 0)
    for line in planned.lines:
        change[line.part.party] += line.carry_change
    assert change == {UNIVERSITY: -250_000, COMPANY: 250_000, CENTER: 0}


@pytest.mark.requirement("A053")
@pytest.mark.refusing
def test_a_consortium_without_an_entity_is_no_payee() -> None:
    assert failed_codes(rules.payee_checks([COMPANY, CENTER], {COMPANY})) == [
        "CONSORTIUM_NOT_REGISTERED"
    ]
    assert failed_codes(rules.payee_checks([COMPANY], {COMPANY, CENTER})) == []


@pytest.mark.parametrize(("state", "event"), [(s, e) for s in State for e in Event])
def test_only_the_moves_of_the_table_are_allowed(state: State, event: Event) -> None:
    allowed = (state, event) in MOVES
    assert failed_codes(rules.state_checks(state, event)) == ([] if allowed else ["STATE_CONFLICT"])


def test_every_state_is_reached_and_only_the_ends_are_dead() -> None:
    assert {State.DRAFT, *MOVES.values()} == set(State)
    assert set(State) - {state for state, _ in MOVES} == rules.FINAL


@pytest.mark.requirement("X03")
@pytest.mark.refusing
def test_nobody_approves_what_he_drafted() -> None:
    assert failed_codes(rules.approval_checks(ALICE, ALICE)) == ["SOD_VIOLATION"]
    assert failed_codes(rules.approval_checks(ALICE, BOB)) == []


@pytest.mark.refusing
def test_nobody_confirms_for_another_owner() -> None:
    assert failed_codes(rules.confirmation_checks(ALICE, {BOB})) == ["FORBIDDEN_SCOPE"]
    assert failed_codes(rules.confirmation_checks(None, {BOB})) == ["FORBIDDEN_SCOPE"]


def test_the_hash_moves_with_every_input_and_not_with_a_restated_version() -> None:
    first = plan_rules.plan([income()], Terms(TYPES)).plan_hash
    assert plan_rules.plan([income(version_id=UUID(int=301))], Terms(TYPES)).plan_hash == first
    owed = {COMPANY: Fraction(1, 2), CENTER: Fraction(-1, 2)}
    moved = [
        plan_rules.plan([income(origin_id=UUID(int=301))], Terms(TYPES)),
        plan_rules.plan([income(net_fen=1)], Terms(TYPES)),
        plan_rules.plan([income(carry=owed)], Terms(TYPES)),
        plan_rules.plan([income()], Terms({})),
        plan_rules.plan([income()], Terms(TYPES, [RewardRule(COMPANY, 200_000)])),
        plan_rules.plan([income()], Terms(TYPES), closing=True),
    ]
    assert first not in {plan.plan_hash for plan in moved[:3] + moved[4:]}


@pytest.mark.parametrize(
    ("org_type", "uscc", "kind"),
    [
        ("university", "12310000FAKE0003XN", OwnerType.STATE_INSTITUTION),
        ("institute", "12310000FAKE00048N", OwnerType.STATE_INSTITUTION),
        ("institute", "91310115FAKE00013U", OwnerType.OTHER),
        ("enterprise", "91310115FAKE00013U", OwnerType.OTHER),
        ("social_service", "52310000FAKE000723", OwnerType.OTHER),
    ],
)
def test_only_state_institutions_are_bound_by_the_floor(
    org_type: str, uscc: str, kind: OwnerType
) -> None:
    assert plan_rules.owner_type(org_type, uscc) is kind


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[Income], Terms]:
    count = draw(st.integers(1, 5))
    owners = [UUID(int=n) for n in range(1, count + 1)]
    cuts = sorted(draw(st.lists(st.integers(0, 10**6), min_size=count - 1, max_size=count - 1)))
    edges = [0, *cuts, 10**6]
    shares = tuple((owner, edges[i + 1] - edges[i]) for i, owner in enumerate(owners))
    nets = draw(st.lists(st.integers(0, 10**12), min_size=1, max_size=4))
    kinds = st.sampled_from(RevenueKind)
    incomes = [
        income(
            event_id=UUID(int=n), shares=shares, order=tuple(owners), net_fen=net, kind=draw(kinds)
        )
        for n, net in enumerate(nets)
    ]
    types = {owner: draw(st.sampled_from(OwnerType)) for owner in owners}
    given_rules = [
        RewardRule(owner, draw(st.integers(0, 10**6))) for owner in owners if draw(st.booleans())
    ]
    return incomes, Terms(types, given_rules)


@given(runs())
def test_lines_sum_to_the_net_income_and_no_floor_is_broken(
    run: tuple[list[Income], Terms],
) -> None:
    incomes, terms = run
    planned = plan_rules.plan(incomes, terms)
    assert sum(line.part.amount_fen for line in planned.lines) == planned.net_fen
    for event in incomes:
        lines = [line for line in planned.lines if line.income.event_id == event.event_id]
        assert sum(line.part.amount_fen for line in lines) == event.net_fen
    amounts = {(ln.income.event_id, ln.part.party): ln.part.amount_fen for ln in planned.lines}
    kinds = {event.event_id: event.kind for event in incomes}
    for reward in planned.rewards:
        base = amounts[reward.event_id, reward.owner_id]
        assert 0 <= reward.amount_fen <= max(base, reward.floor_fen)
        if terms.owner_types[reward.owner_id] is OwnerType.STATE_INSTITUTION:
            least = Fraction(plan_rules.STATUTORY_PPM.get(kinds[reward.event_id], 0), 10**6) * base
            assert reward.amount_fen >= least


@given(
    net_fen=st.integers(0, 10**12),
    cuts=st.lists(st.integers(0, 10**6), min_size=2, max_size=2).map(sorted),
    owed=st.integers(-(10**6) + 1, 10**6 - 1),
)
@pytest.mark.requirement("A086")
def test_what_is_written_by_hand_is_the_canonical_json_of_what_it_tells(
    net_fen: int, cuts: list[int], owed: int
) -> None:
    ppm = (cuts[0], cuts[1] - cuts[0], 10**6 - cuts[1])
    shares = tuple(zip((UNIVERSITY, COMPANY, CENTER), ppm, strict=True))
    carry = {COMPANY: Fraction(owed, 10**6), CENTER: Fraction(-owed, 10**6)}
    one = income(net_fen=net_fen, shares=shares, carry=carry)
    planned = plan_rules.plan([one], Terms(TYPES))
    for line in planned.lines:
        assert line.explained == canonical(line.steps)
        told = {step["step"]: step for step in line.steps}
        exact = Fraction(net_fen * line.part.share_ppm, 10**6)
        assert Fraction(told["quota"]["exact"]) == line.part.quota == exact
        assert Fraction(told["carry_before"]["exact"]) == carry.get(line.part.party, 0)
        after = exact + carry.get(line.part.party, 0) - line.part.amount_fen
        assert Fraction(told["carry_after"]["exact"]) == line.part.carry_after == after
        assert line.carry_change == (after - carry.get(line.part.party, 0)) * 10**6
    content = {
        "closing": False,
        "incomes": [[
            str(one.event_id), one.kind.value, net_fen, str(one.origin_id),
            one.received_on.isoformat(),
        ]],
        "rules": [],
        "lines": [
            [
                str(line.part.party), line.part.share_ppm, line.part.amount_fen,
                explanation_rules.exact_text(line.part.carry_before),
            ]
            for line in planned.lines
        ],
        "rewards": [
            [
                str(one.owner_id), one.rate_ppm, one.amount_fen, one.floor_fen, one.rule,
                [[str(person), fen] for person, fen in one.inventors],
            ]
            for one in planned.rewards
        ],
    }  # fmt: skip
    assert planned.plan_hash == hashlib.sha256(canonical(content).encode()).hexdigest()
