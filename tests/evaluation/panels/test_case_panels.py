"""The panel of a case: its parties come from the directory, its indicators from the scheme."""

from datetime import date
from uuid import UUID

import httpx
import pytest
from sqlmodel import select

from evaluation.cycles import rules as cycles
from evaluation.cycles.tables import EvaluationCase, EvaluationCycle
from evaluation.schemes.tables import IndicatorScheme
from shared.directory import DirectoryOrganization
from tests.evaluation.reviewing import FIVE, USCC, Reviewing, codes_of

pytestmark = pytest.mark.anyio
LEAVES = ["A4", "B6", "C5", "D4", "E3"]


async def case_in(review: Reviewing, state: cycles.CaseState) -> UUID:
    """Enter a case of the demo centre in a state."""
    async with review.service.sessions.begin() as session:
        scheme = (await session.scalars(select(IndicatorScheme))).one()
        now = review.service.app.state.clock.now()
        cycle = EvaluationCycle(
            kind=cycles.CycleKind.ANNUAL_EVALUATION,
            year=2025,
            scheme_id=scheme.id,
            weight_profile="default",
            period_from=date(2025, 1, 1),
            period_until=date(2025, 12, 31),
            due_on=date(2026, 3, 31),
            grace_days=30,
            min_months_listed=12,
            state=cycles.CycleState.OPEN,
            created_at=now,
            opened_at=now,
        )
        session.add(cycle)
        await session.flush()
        case = EvaluationCase(
            cycle_id=cycle.id,
            center_id=review.center_id,
            kind=cycles.CycleKind.ANNUAL_EVALUATION,
            year=2025,
            scheme_id=scheme.id,
            profile="default",
            weights={"A": "25", "B": "30", "C": "20", "D": "15", "E": "10"},
            state=state,
            created_at=now,
        )
        session.add(case)
        await session.flush()
        return case.id


async def form(review: Reviewing, case_id: UUID, codes: tuple[str, ...] = FIVE) -> httpx.Response:
    body = {**review.panel_body(codes), "subject_type": "case", "subject_id": str(case_id)}
    async with review.handler as handler:
        return await handler.post("/v1/evaluation/panels", json=body)


@pytest.mark.requirement("A119", "A121")
async def test_its_sheets_hold_the_leaves_that_experts_judge(review: Reviewing) -> None:
    case_id = await case_in(review, cycles.CaseState.SNAPSHOT_FROZEN)

    panel = (await form(review, case_id)).json()

    assert panel["indicators"] == LEAVES
    assert panel["pass_line"] is None
    async with review.service.sessions.reading() as session:
        case = await session.get(EvaluationCase, case_id)
    assert case is not None
    assert case.state is cycles.CaseState.SCORING


async def test_its_last_sheet_completes_it_without_a_mean(review: Reviewing) -> None:
    case_id = await case_in(review, cycles.CaseState.SNAPSHOT_FROZEN)
    panel = (await form(review, case_id)).json()
    sheets = {sheet["expert_id"]: sheet["id"] for sheet in panel["sheets"]}
    for code in FIVE:
        sheet = sheets[str(review.expert_ids[code])]
        await review.declare(code, sheet)
        wrong = await review.save(code, sheet, {"technology": "80.00"})
        assert codes_of(wrong) == ["INDICATOR_UNKNOWN"]
        await review.save(code, sheet, dict.fromkeys(LEAVES, "80.00"))
        assert (await review.submit(code, sheet)).status_code == 200

    async with review.official("auditor") as auditor:
        seen = (await auditor.get(f"/v1/evaluation/panels/{panel['id']}")).json()
    assert (seen["state"], seen["mean"]) == ("completed", None)
    assert seen["sheets_hash"] is not None


@pytest.mark.requirement("X08", "X03")
@pytest.mark.refusing
async def test_ties_to_members_entity_and_parents_in_the_directory_bar(review: Reviewing) -> None:
    async with review.service.sessions.begin() as session:
        member = await session.get(DirectoryOrganization, review.org_ids["m02"])
        assert member is not None
        member.parent_uscc = USCC["m15"]
    case_id = await case_in(review, cycles.CaseState.SNAPSHOT_FROZEN)

    answer = await form(review, case_id, ("ex01", "ex03", "ex05", "ex07", "ex10"))

    assert codes_of(answer) == ["COI_EMPLOYMENT_3Y", "COI_CURRENT_ORG", "COI_KINSHIP"]
    assert answer.json()["errors"][2]["params"]["through"] == USCC["m15"]


@pytest.mark.requirement("A121")
@pytest.mark.refusing
@pytest.mark.parametrize("state", [cycles.CaseState.SCORING, cycles.CaseState.PUBLISHED])
async def test_a_case_gets_no_panel_at_the_wrong_time(
    review: Reviewing, state: cycles.CaseState
) -> None:
    case_id = await case_in(review, state)

    assert codes_of(await form(review, case_id)) == ["STATE_CONFLICT"]


async def test_an_unknown_case_is_not_found(review: Reviewing) -> None:
    assert (await form(review, review.application_id)).status_code == 404
