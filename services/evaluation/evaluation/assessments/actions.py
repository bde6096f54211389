"""Drafting, adjusting, reviewing and publishing a triennial assessment."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.assessments import queries, rules
from evaluation.assessments.rules import AnnualTotal, AssessmentEvent, AssessmentState
from evaluation.assessments.tables import TriennialAssessment
from evaluation.duties import actions as duties
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, SubjectType, separation_checks
from evaluation.results import queries as results
from evaluation.results import rules as result_rules
from evaluation.schemes.rules import canonical, scheme_from
from shared.auth import Actor
from shared.directory import center as directory_center
from shared.events import record
from shared.http import version_checks
from shared.rules import Check, found, require


@dataclass(frozen=True, slots=True)
class Years:
    """Which three years of which centre, and how they are joined."""

    center_id: UUID
    last_year: int
    method: rules.TriennialMethod


async def draft(
    session: AsyncSession, actor: Actor, years: Years, now: datetime
) -> TriennialAssessment:
    """Make the assessment of three published years (A131).

    Raises `Refused`: NOT_FOUND, TRIENNIAL_INCOMPLETE, YEARS_OVERLAP or SOD_VIOLATION.
    """
    found(await directory_center(session, years.center_id))
    # A year that is being voided or reopened is waited for: the draft would not be reopened by it.
    await queries.hold_years(session, years.center_id, years.last_year - 2, years.last_year)
    totals = await _totals(session, years)
    # Two who draft at once both see no other: the table keeps one.
    standing = await queries.standing_years(session, years.center_id)
    checks = rules.overlap_checks(years.last_year, standing)
    await _require_uninvolved(
        session, actor, years.center_id, totals, None, Capacity.HANDLER, checks
    )
    assessed = await _assessed(session, totals, years.method, Fraction(0))
    assessment = TriennialAssessment(
        center_id=years.center_id,
        last_year=years.last_year,
        method=years.method,
        drafted_at=now,
        **_figures(assessed),
    )
    session.add(assessment)
    await session.flush()
    await _enter(session, actor, assessment, Capacity.HANDLER)
    # No centre in it: a centre learns its assessment when it is published.
    record(
        session, actor, "assessment.drafted", assessment.id, case_id=assessment.id,
        capacity=Capacity.HANDLER.value, after=_told(assessment), year=years.last_year,
    )  # fmt: skip
    return assessment


async def adjust(
    session: AsyncSession,
    actor: Actor,
    assessment_id: UUID,
    points: Fraction,
    reason: str,
    version: int,
) -> TriennialAssessment:
    """Move the score as the panel decided, by at most five points (A131).

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT, ADJUSTMENT_TOO_LARGE, FIELD_INVALID,
    SOD_VIOLATION, STALE_INPUT or STATE_CONFLICT.
    """
    bounds = rules.adjustment_checks(points, reason)
    assessment, totals = await _decided(
        session, actor, assessment_id, AssessmentEvent.ADJUST, Capacity.HANDLER,
        lambda row: [*version_checks(row.version, version), *bounds],
    )  # fmt: skip
    before = _told(assessment)
    assessed = await _assessed(session, totals, assessment.method, points)
    for name, value in _figures(assessed).items():
        setattr(assessment, name, value)
    assessment.adjustment = Decimal(rules.signed_text(points))
    assessment.adjustment_reason = reason
    assessment.version += 1
    record(
        session, actor, "assessment.adjusted", assessment.id, case_id=assessment.id,
        capacity=Capacity.HANDLER.value, reason=reason, before=before, after=_told(assessment),
    )  # fmt: skip
    return assessment


async def review(
    session: AsyncSession, actor: Actor, assessment_id: UUID, now: datetime
) -> TriennialAssessment:
    """Let an assessment go to publication, by nobody who made it or scored its years (X03).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STALE_INPUT or STATE_CONFLICT.
    """
    assessment, _ = await _decided(
        session, actor, assessment_id, AssessmentEvent.REVIEW, Capacity.REVIEWER, lambda _: []
    )
    before = _told(assessment)
    _move(assessment, AssessmentEvent.REVIEW)
    assessment.reviewed_at = now
    record(
        session, actor, "assessment.reviewed", assessment.id, case_id=assessment.id,
        capacity=Capacity.REVIEWER.value, before=before, after=_told(assessment),
    )  # fmt: skip
    return assessment


async def publish(
    session: AsyncSession, actor: Actor, assessment_id: UUID, now: datetime
) -> TriennialAssessment:
    """Publish a reviewed assessment, by a third person (A131, X03).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STALE_INPUT or STATE_CONFLICT.
    """
    assessment, _ = await _decided(
        session, actor, assessment_id, AssessmentEvent.PUBLISH, Capacity.APPROVER, lambda _: []
    )
    before = _told(assessment)
    # One that was reopened was published before: this one comes after it.
    earlier = await queries.published_of(session, assessment.center_id, assessment.last_year)
    _move(assessment, AssessmentEvent.PUBLISH)
    assessment.published_at = now
    record(
        session, actor, "assessment.published", assessment.id, center_id=assessment.center_id,
        case_id=assessment.id, capacity=Capacity.APPROVER.value, before=before,
        after=_told(assessment), year=assessment.last_year, version=earlier + 1,
        total=str(assessment.total), rating=assessment.rating.value,
        result_hash=assessment.result_hash,
    )  # fmt: skip
    return assessment


async def reopen_built_on(
    session: AsyncSession, actor: Actor, center_id: UUID, year: int, cause: rules.ReopeningCause
) -> None:
    """Reopen every standing assessment of a year that no longer stands (X14, A131)."""
    for assessment in await queries.built_on_for_update(session, center_id, year):
        before = _told(assessment)
        shown = assessment.published_at is not None
        _move(assessment, AssessmentEvent.REOPEN)
        # A centre learns of its assessment only where it was published.
        record(
            session, actor, "assessment.reopened", assessment.id,
            center_id=assessment.center_id if shown else None, case_id=assessment.id,
            before=before, after=_told(assessment), year=assessment.last_year, cause=cause,
            reopened_year=year,
            voided_year=year if cause is rules.ReopeningCause.VOIDED else None,
        )  # fmt: skip


async def _totals(session: AsyncSession, years: Years) -> list[AnnualTotal]:
    totals = await queries.annual_totals(
        session, years.center_id, years.last_year - 2, years.last_year
    )
    found_years = [one.year for one in totals]
    require(rules.completeness_checks(years.last_year, found_years))
    require(rules.triennial_checks(found_years))
    return totals


async def _assessed(
    session: AsyncSession,
    totals: Sequence[AnnualTotal],
    method: rules.TriennialMethod,
    points: Fraction,
) -> rules.Assessed:
    # The bounds of the grades are those of the last year's scheme.
    scheme = await queries.scheme_of_result(session, totals[-1].result_id)
    return rules.assess(totals, method, points, scheme_from(scheme.content).parameters)


async def _decided(
    session: AsyncSession,
    actor: Actor,
    assessment_id: UUID,
    event: AssessmentEvent,
    capacity: Capacity,
    further: Callable[[TriennialAssessment], Iterable[Check]],
) -> tuple[TriennialAssessment, list[AnnualTotal]]:
    """Lock an assessment, check that this person may decide now, and enter that he does."""
    assessment = await queries.assessment_for_update(session, actor, assessment_id)
    years = Years(assessment.center_id, assessment.last_year, assessment.method)
    totals = await queries.annual_totals(
        session, years.center_id, years.last_year - 2, years.last_year
    )
    used = rules.hashes_in(assessment.document)
    checks: list[Check] = [
        *further(assessment),
        *rules.move_checks(assessment.state, event),
        *rules.ground_checks(used, {one.year: one.result_hash for one in totals}),
    ]
    await _require_uninvolved(
        session, actor, assessment.center_id, totals, assessment.id, capacity, checks
    )
    await _enter(session, actor, assessment, capacity)
    return assessment, totals


async def _require_uninvolved(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    totals: Sequence[AnnualTotal],
    assessment_id: UUID | None,
    capacity: Capacity,
    checks: Sequence[Check] = (),
) -> None:
    people = await queries.people_of_years(session, [one.result_id for one in totals])
    if assessment_id is not None:
        people += await duty_queries.people_of(session, SubjectType.CASE, assessment_id)
    owners = await results.center_orgs(session, center_id)
    require(
        [
            *separation_checks(people, actor.person_id, capacity),
            *result_rules.tenancy_checks(actor.org_ids, owners),
            *checks,
        ]
    )


async def _enter(
    session: AsyncSession, actor: Actor, assessment: TriennialAssessment, capacity: Capacity
) -> None:
    # An assessment is a case of its own, under its own id.
    await duties.enter(session, actor, SubjectType.CASE, assessment.id, capacity)


def _move(assessment: TriennialAssessment, event: AssessmentEvent) -> None:
    assessment.state = rules.MOVES[assessment.state, event]
    assessment.version += 1


def _figures(assessed: rules.Assessed) -> dict[str, Any]:
    return {
        "score": Decimal(assessed.document["score"]),
        "total": Decimal(assessed.document["total"]),
        "rating": assessed.rating,
        "document": canonical(assessed.document),
        "result_hash": assessed.result_hash,
    }


def _told(assessment: TriennialAssessment) -> dict[str, Any]:
    return {
        "state": AssessmentState(assessment.state),
        "total": str(assessment.total),
        "rating": assessment.rating,
        "result_hash": assessment.result_hash,
    }
