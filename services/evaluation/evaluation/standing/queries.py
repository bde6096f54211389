"""Where a review stands, put together from panel, sheets, visit and duties."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import SubjectType
from evaluation.panels import queries as panel_queries
from evaluation.panels.rules import State
from evaluation.panels.tables import Panel
from evaluation.sheets import queries as sheet_queries
from evaluation.sheets.rules import panel_passes
from evaluation.standing.schemas import (
    CasePersonOut,
    ReviewStandingOut,
    StandingExpertOut,
    StandingPanelOut,
    StandingReviewOut,
    StandingVisitOut,
)
from evaluation.visits import queries as visit_queries


async def standing(
    session: AsyncSession, subject_type: SubjectType, subject_id: UUID
) -> ReviewStandingOut:
    """Tell where a review stands; a subject that was never reviewed has nothing."""
    people = await duty_queries.people_of(session, subject_type, subject_id)
    case_people = [CasePersonOut.model_validate(duty) for duty in people]
    panel = await panel_queries.standing_panel(session, subject_type, subject_id)
    if panel is None:
        return ReviewStandingOut(panel=None, review=None, site_visit=None, case_people=case_people)
    return ReviewStandingOut(
        panel=await _panel(session, panel),
        review=await _review(session, panel),
        site_visit=await _visit(session, panel),
        case_people=case_people,
    )


async def _panel(session: AsyncSession, panel: Panel) -> StandingPanelOut:
    seats = await panel_queries.seats_of(session, [panel.id])
    sitting = [StandingExpertOut.model_validate(seat) for seat in seats if seat.vacated_at is None]
    return StandingPanelOut(
        id=panel.id,
        round=panel.round,
        state=panel.state,
        version=panel.version,
        hash=panel.hash,
        experts=sitting,
    )


async def _review(session: AsyncSession, panel: Panel) -> StandingReviewOut | None:
    if panel.state is not State.COMPLETED or panel.sheets_hash is None:
        return None
    scores = await sheet_queries.scores_of_panel(session, panel.id)
    return StandingReviewOut(
        panel_id=panel.id,
        version=panel.version,
        mean=panel.mean,
        pass_line=panel.pass_line,
        passed=panel_passes(panel.mean, panel.pass_line),
        sheets=len(scores),
        sheets_hash=panel.sheets_hash,
        scorers=sorted((sheet.person_id for sheet in scores), key=str),
    )


async def _visit(session: AsyncSession, panel: Panel) -> StandingVisitOut | None:
    visit = await visit_queries.visit_of_panel(session, panel.id)
    if visit is None:
        return None
    signatures = (await visit_queries.signatures_of(session, [visit])).get(visit.id, [])
    return StandingVisitOut(
        id=visit.id,
        state=visit.state,
        version=visit.version,
        hash=visit.hash,
        signatures=len(signatures),
        signers=[row.person_id for row in signatures],
    )
