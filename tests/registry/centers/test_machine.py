"""The machine of stages: every arrow, no dead end, and no way past a guard (C2)."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.centers.rules import (
    ACTIVE,
    ENDED,
    MOVES,
    RECTIFIABLE,
    SUPPORTED,
    Stage,
    Standing,
    SupportStanding,
    after,
    center_code,
    move_checks,
    next_stages,
    support_checks,
    writable_checks,
)
from registry.governance.rules import (
    PilotFacts,
    PublishedRating,
    Recheck,
    Recommended,
    StageFacts,
    stage_checks,
    who_acts,
)
from registry.governance.rules.stages import needs_recommendation, onward
from registry.programme.reference import PARAMETERS, clauses
from shared.rules import Policy, failed_codes
from tests.registry.governance.test_governance_rules import READY

POLICY = Policy("2016", clauses(), PARAMETERS)
ACTOR, OTHER = UUID(int=1), UUID(int=2)
NOTHING_STANDS = PilotFacts(
    entity_id=None, seats={}, member_classes={}, votes_ppm=(), plan_parts=None,
    plan_adopted=False, agreement=READY.agreement,
)  # fmt: skip


def reachable(start: Standing) -> set[Standing]:
    seen, waiting = {start}, [start]
    while waiting:
        standing = waiting.pop()
        for target in next_stages(standing):
            following = after(standing, target)
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return seen


EVERYWHERE = sorted(
    reachable(Standing(Stage.CANDIDATE)),
    key=lambda at: (at.stage, str(at.came_from), str(at.rectified_from)),
)
TAKEN_OVER = [Standing(stage) for stage in Stage if stage is not Stage.CANDIDATE]


def test_every_stage_is_reached_and_every_end_from_everywhere() -> None:
    assert {standing.stage for standing in EVERYWHERE} == set(Stage)
    for standing in [*EVERYWHERE, *TAKEN_OVER]:
        ends = {found.stage for found in reachable(standing)} & set(ENDED)
        assert Stage.DISSOLVED in ends or standing.stage in ENDED


@pytest.mark.parametrize("standing", [*EVERYWHERE, *TAKEN_OVER], ids=str)
def test_no_side_state_is_a_dead_end(standing: Standing) -> None:
    if standing.stage is Stage.SUSPENDED:
        back = [target for target in next_stages(standing) if target in ACTIVE]
        assert back == ([standing.came_from] if standing.came_from else list(ACTIVE))
    if standing.stage is Stage.RECTIFYING:
        back = [target for target in next_stages(standing) if target in RECTIFIABLE]
        assert back == ([standing.rectified_from] if standing.rectified_from else [*RECTIFIABLE])
    assert bool(next_stages(standing)) == (standing.stage not in ENDED)


@pytest.mark.requirement("A101", "A102")
@pytest.mark.refusing
@pytest.mark.parametrize("standing", EVERYWHERE, ids=str)
def test_what_is_no_arrow_is_refused_by_hand(standing: Standing) -> None:
    for target in Stage:
        allowed = target in next_stages(standing) and standing.stage is not Stage.CANDIDATE
        expected = [] if allowed else ["STATE_CONFLICT"]
        assert failed_codes(move_checks(standing, target)) == expected


def test_a_rectification_that_was_suspended_still_knows_where_it_leads() -> None:
    rectifying = after(Standing(Stage.RECOGNIZED), Stage.RECTIFYING)
    suspended = after(rectifying, Stage.SUSPENDED)
    assert next_stages(suspended)[0] is Stage.RECTIFYING
    resumed = after(suspended, Stage.RECTIFYING)
    assert resumed == rectifying
    assert after(resumed, Stage.RECOGNIZED) == Standing(Stage.RECOGNIZED)


@pytest.mark.requirement("A102", "A133", "A053")
@pytest.mark.refusing
@given(
    st.lists(st.sampled_from(list(Stage)), max_size=12),
    st.sets(st.sampled_from(["entity", "rating", "summary", "word", "dossier", "doc", "recheck"])),
)
def test_no_sequence_of_steps_reaches_a_stage_without_its_guards(
    targets: list[Stage], held: set[str]
) -> None:
    facts = StageFacts(
        actor_id=ACTOR,
        ratings=(PublishedRating(2026, 1, "good" if "rating" in held else "unqualified", "80"),),
        summary_filed="summary" in held,
        dossier_filed="dossier" in held,
        recommended=Recommended(OTHER, OTHER, ()) if "word" in held else None,
        recheck=Recheck(passed=True, person_id=OTHER) if "recheck" in held else None,
        doc_no="工信部科〔2027〕1号" if "doc" in held else None,
    )
    pilot = READY if "entity" in held else NOTHING_STANDS
    standing = Standing(Stage.PREPARING)
    visited = {Stage.PREPARING}
    for target in targets:
        checks = stage_checks(POLICY, standing, target, pilot, facts)
        if not any(check.refuses for check in checks):
            standing = after(standing, target)
            visited.add(standing.stage)
    need = {
        Stage.PILOT: {"entity"},
        Stage.RECOGNIZED: {"entity", "rating", "summary", "word"},
        Stage.NATIONAL_CANDIDATE: {"entity", "rating", "summary", "word", "dossier"},
        Stage.NATIONAL: {"entity", "rating", "summary", "word", "dossier", "doc"},
    }
    for reached, guards in need.items():
        assert reached not in visited or guards <= held
    assert Stage.RECTIFYING not in visited or "rating" not in held
    assert Stage.CANDIDATE not in visited


@pytest.mark.parametrize("standing", EVERYWHERE, ids=str)
def test_every_step_names_who_acts_and_every_stage_where_it_leads(standing: Standing) -> None:
    facts = StageFacts(actor_id=ACTOR)
    for target in next_stages(standing):
        actor = who_acts(standing.stage, target, facts)
        assert actor in {"member", "reviewer", "approver"}
        if needs_recommendation(standing.stage, target):
            assert actor != "approver"
    led = onward(standing)
    assert led in next_stages(standing) or standing.stage in ENDED


@pytest.mark.requirement("A139", "A053")
@pytest.mark.refusing
@pytest.mark.parametrize("stage", list(Stage))
def test_a_suspended_or_ended_centre_is_neither_written_to_nor_supported(stage: Stage) -> None:
    writable = stage not in {Stage.SUSPENDED, *ENDED}
    assert failed_codes(writable_checks(stage)) == ([] if writable else ["STATE_CONFLICT"])
    listed = SupportStanding(stage, listed=True)
    expected = [] if stage in SUPPORTED else ["STATE_CONFLICT"]
    assert failed_codes(support_checks(listed)) == expected
    late = SupportStanding(stage, listed=True, overdue=("entity_registration",))
    assert failed_codes(support_checks(late)) == [*expected, "MILESTONE_OVERDUE"]


@given(st.lists(st.integers(1, 500), min_size=2, max_size=2, unique=True))
def test_no_two_numbers_make_one_code(numbers: list[int]) -> None:
    assert center_code(numbers[0]) != center_code(numbers[1])


def test_the_table_names_every_stage() -> None:
    assert set(MOVES) == set(Stage)
