"""A centre's years over HTTP: figures that inform, and the look at its fifth and tenth."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from evaluation.trends import actions, queries, rules
from evaluation.trends.clients import FundingTold
from evaluation.trends.schemas import (
    CenterTrendsOut,
    OperatingReviewIn,
    OperatingReviewOut,
    OperatingYearOut,
    SustainabilityOut,
    TrendAccountsOut,
    TrendExchangeOut,
    TrendPartnerOut,
    TrendServiceOut,
    TrendYearOut,
)
from shared.directory import DirectoryCenter
from shared.http import (
    CurrentActor,
    Now,
    Page,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    problems,
)
from shared.http.schemas import Money

router = Router(prefix="/v1/evaluation/centers", tags=["trends"])
ROUTERS: Final = (router,)
OWN: Final = "officials all, those who run a centre its own"
READERS: Final = access("official", "member", tenant=OWN, rules=("A060", "A093", "A044"))


@router.get(
    "/{center_id}/trends",
    operation_id="evaluation_get_trends",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_trends(
    center_id: UUID, actor: CurrentActor, today: Today, session: Reading
) -> CenterTrendsOut:
    """Show what a centre's frozen years show together, oldest first."""
    center = await queries.center(session, actor, center_id)
    years = await queries.years_of(session, center_id)
    reviewed = [row.years for row in await queries.reviews_of(session, center_id)]
    new = rules.new_partners(years)
    return CenterTrendsOut(
        center_id=center_id,
        direction=rules.direction_of(years),
        years=[_year(one, count) for one, count in zip(years, new, strict=True)],
        operating_years=_operating(center, reviewed, today),
    )


@router.get(
    "/{center_id}/sustainability",
    operation_id="evaluation_get_sustainability",
    openapi_extra=access("official", "member", tenant=OWN, rules=("A098", "A055")),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_sustainability(
    center_id: UUID, actor: CurrentActor, told: FundingTold, session: Reading
) -> SustainabilityOut:
    """Show how long a centre's money lasts, and how much of it is not public."""
    await queries.center(session, actor, center_id)
    years = await queries.years_of(session, center_id)
    accounts = next((one.accounts for one in years if one.year == told.year), None)
    funding: Mapping[str, Any] = told.funding or {}
    return SustainabilityOut.model_validate(
        {
            "center_id": center_id,
            "year": told.year,
            "last_on": told.last_on,
            "cash": funding.get("cash"),
            "costs": funding.get("costs"),
            "months_covered": funding.get("months_covered"),
            "funding": funding.get("total"),
            # Of nothing there is no part.
            "non_public_ppm": funding.get("non_public_ppm") if funding.get("by_source") else None,
            "concentration_ppm": funding.get("concentration_ppm"),
            "accounts": _accounts(accounts),
        }
    )


@router.post(
    "/{center_id}/operating-reviews",
    operation_id="evaluation_review_operating_year",
    status_code=201,
    openapi_extra=access("reviewer", tenant="any centre", rules=("A093", "X03")),
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "OPERATING_YEAR_AHEAD",
        "PUBLIC_SERVICE_NOT_SHOWN", "SOD_VIOLATION",
    ),
)  # fmt: skip
async def review(
    center_id: UUID,
    body: OperatingReviewIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> OperatingReviewOut:
    """Write down what a centre's fifth or tenth year shows of its public service."""
    row = await actions.review(
        session, actor, center_id, body.years, body.conclusion, body.words, now, today
    )
    return OperatingReviewOut.model_validate(row)


@router.get(
    "/{center_id}/operating-reviews",
    operation_id="evaluation_list_operating_reviews",
    openapi_extra=access("official", "member", tenant=OWN, rules=("A093",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def list_reviews(
    center_id: UUID, actor: CurrentActor, session: Reading
) -> Page[OperatingReviewOut]:
    """List what was found after five and ten years."""
    await queries.center(session, actor, center_id)
    rows = await queries.reviews_of(session, center_id)
    return Page(items=[OperatingReviewOut.model_validate(row) for row in rows])


def _operating(
    center: DirectoryCenter, reviewed: Sequence[int], today: date
) -> list[OperatingYearOut]:
    if center.listed_on is None:
        return []
    return [
        OperatingYearOut(
            years=years,
            reached_on=rules.reached_on(center.listed_on, years),
            state=rules.milestone_state(center.listed_on, years, reviewed, today),
        )
        for years in rules.OPERATING_YEARS
    ]


def _year(one: rules.YearFigures, new_partners: int) -> TrendYearOut:
    service = one.service
    return TrendYearOut(
        year=one.year,
        snapshot_hash=one.snapshot_hash,
        partners=[TrendPartnerOut.model_validate(partner) for partner in one.partners],
        outside_partners=sum(not partner.is_member for partner in one.partners),
        new_partners=new_partners,
        service=TrendServiceOut(
            records=service.records,
            public_records=service.public_records,
            public_ppm=service.public_ppm,
            income=Money(amount=service.income_fen),
            public_income=Money(amount=service.public_income_fen),
            public_income_ppm=service.public_income_ppm,
        ),
        exchange=TrendExchangeOut.model_validate(one.exchange),
        accounts=_accounts(one.accounts),
    )


def _accounts(accounts: rules.Accounts | None) -> TrendAccountsOut | None:
    if accounts is None:
        return None
    return TrendAccountsOut(
        income=Money(amount=accounts.income_fen),
        total_cost=Money(amount=accounts.cost_fen),
        covered_ppm=accounts.covered_ppm,
    )
