"""Three years assessed together: the vector, the bounds, and who may decide."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from evaluation.assessments import rules
from evaluation.cycles.rules import CaseState, CycleKind, CycleState
from evaluation.cycles.tables import EvaluationCase, EvaluationCycle
from evaluation.duties.rules import Capacity, SubjectType
from evaluation.duties.tables import CaseDuty
from evaluation.results.rules import rating_for
from evaluation.results.tables import EvaluationResult, FactSnapshot, ResultPublication
from evaluation.schemes.figure_rules import points_text
from evaluation.schemes.rules import Rating
from shared.database import new_id
from shared.rules import failed_codes
from tests.evaluation.results import vector
from tests.evaluation.results.year import SCHEME_ID, JudgedYear
from tests.evaluation.reviewing import codes_of

pytestmark = pytest.mark.anyio

PATH = "/v1/evaluation/assessments"
TOTALS = {2025: "71.20", 2026: "78.55", 2027: "82.98"}
REASON = "第三年牵头的共性技术平台未按期对外开放，专家组一致意见。"


@pytest.mark.requirement("A131")
@pytest.mark.parametrize(
    ("method", "total"),
    [(rules.TriennialMethod.MEAN, "77.58"), (rules.TriennialMethod.RISING, "79.30")],
)
def test_three_years_make_one_total(method: rules.TriennialMethod, total: str) -> None:
    totals = {2025: Fraction("71.20"), 2027: Fraction("82.98"), 2026: Fraction("78.55")}
    assert points_text(rules.triennial_total(totals, method)) == total
    assert rating_for(Fraction(total), vector.SCHEME.parameters) is Rating.GOOD


@pytest.mark.requirement("A131")
@pytest.mark.refusing
@pytest.mark.parametrize("years", [[], [2026, 2027], [2024, 2026, 2027], [2026, 2026, 2027]])
def test_anything_but_three_consecutive_years_is_incomplete(years: list[int]) -> None:
    assert failed_codes(rules.triennial_checks(years)) == ["TRIENNIAL_INCOMPLETE"]
    assert failed_codes(rules.triennial_checks([2027, 2025, 2026])) == []


@pytest.mark.parametrize(
    ("points", "reason", "codes"),
    [
        ("5.00", REASON, []),
        ("-5.00", REASON, []),
        ("5.01", REASON, ["ADJUSTMENT_TOO_LARGE"]),
        ("-5.01", REASON, ["ADJUSTMENT_TOO_LARGE"]),
        ("1.00", "太短", ["FIELD_INVALID"]),
        ("0", "", []),
    ],
)
def test_a_panel_moves_the_score_by_five_points_and_says_why(
    points: str, reason: str, codes: list[str]
) -> None:
    assert failed_codes(rules.adjustment_checks(Fraction(points), reason)) == codes


def test_an_adjustment_stays_within_the_scale_and_keeps_the_score() -> None:
    years = [
        rules.AnnualTotal(year, new_id(), 1, "9f" * 32, Fraction("98.00"), Rating.EXCELLENT)
        for year in TOTALS
    ]
    parameters = vector.SCHEME.parameters
    assessed = rules.assess(years, rules.TriennialMethod.MEAN, Fraction(5), parameters)
    assert (assessed.document["score"], assessed.document["total"]) == ("98.00", "100.00")
    again = rules.assess(years[::-1], rules.TriennialMethod.MEAN, Fraction(5), parameters)
    assert again.result_hash == assessed.result_hash


@pytest.mark.parametrize("state", list(rules.AssessmentState))
@pytest.mark.parametrize("event", list(rules.AssessmentEvent))
def test_each_step_has_its_state(
    state: rules.AssessmentState, event: rules.AssessmentEvent
) -> None:
    failed = failed_codes(rules.move_checks(state, event))
    assert failed == ([] if (state, event) in rules.MOVES else ["STATE_CONFLICT"])


@pytest.fixture
async def three(unplanned: JudgedYear) -> JudgedYear:
    """A centre with three published years, as the vector has them."""
    for year, total in TOTALS.items():
        await published_year(unplanned, year, total)
    return unplanned


async def published_year(judged: JudgedYear, year: int, total: str) -> None:
    """Keep a published result of a year; how one comes about is tested with the results."""
    now = datetime(year + 1, 3, 1, tzinfo=UTC)
    cycle_id, case_id, snapshot_id, result_id = (new_id() for _ in range(4))
    async with judged.service.sessions.begin() as session:
        session.add(
            EvaluationCycle(
                id=cycle_id,
                kind=CycleKind.ANNUAL_EVALUATION,
                year=year,
                scheme_id=UUID(SCHEME_ID),
                weight_profile="default",
                period_from=datetime(year, 1, 1, tzinfo=UTC).date(),
                period_until=datetime(year, 12, 31, tzinfo=UTC).date(),
                due_on=now.date(),
                grace_days=30,
                min_months_listed=12,
                state=CycleState.OPEN,
                created_at=now,
                opened_at=now,
            )
        )
        await session.flush()
        session.add(
            EvaluationCase(
                id=case_id,
                cycle_id=cycle_id,
                center_id=judged.center_id,
                kind=CycleKind.ANNUAL_EVALUATION,
                year=year,
                scheme_id=UUID(SCHEME_ID),
                profile="default",
                weights={},
                state=CaseState.PUBLISHED,
                created_at=now,
            )
        )
        await session.flush()
        session.add(
            FactSnapshot(
                id=snapshot_id,
                case_id=case_id,
                center_id=judged.center_id,
                content=b"{}",
                hash="00" * 32,
                cutoff_at=now,
                registry_position=1,
                ip_ledger_position=1,
                registry_facts=0,
                ip_ledger_facts=0,
                report_state="locked",
                taken_at=now,
            )
        )
        await session.flush()
        rating = rating_for(Fraction(total), vector.SCHEME.parameters)
        session.add(
            EvaluationResult(
                id=result_id,
                case_id=case_id,
                center_id=judged.center_id,
                year=year,
                version=1,
                snapshot_id=snapshot_id,
                document=b"{}",
                result_hash=f"{year}" * 16,
                sheets_hash="00" * 32,
                total=Decimal(total),
                rating=rating,
                near_boundary=False,
                computed_at=now,
            )
        )
        await session.flush()
        session.add(
            ResultPublication(
                result_id=result_id,
                case_id=case_id,
                center_id=judged.center_id,
                year=year,
                version=1,
                person_id=new_id(),
                published_at=now,
            )
        )
        session.add(
            CaseDuty(
                subject_type=SubjectType.CASE,
                subject_id=case_id,
                person_id=judged.people["ex02"],
                capacity=Capacity.SCORER,
                entered_at=now,
            )
        )


async def drafted(three: JudgedYear, **over: Any) -> Any:
    body = {"center_id": str(three.center_id), "last_year": 2027, **over}
    return await three.as_("handler", "POST", PATH, body)


@pytest.mark.requirement("A124", "A131")
async def test_three_published_years_are_assessed_reviewed_and_published(three: JudgedYear) -> None:
    made = (await drafted(three)).json()
    assert (made["score"], made["total"], made["rating"]) == ("77.58", "77.58", "good")
    assert [year["total"] for year in made["years"]] == list(TOTALS.values())
    path = f"{PATH}/{made['id']}"
    assert (await three.own("GET", path)).status_code == 404  # Not before it is published.
    assert (await three.as_("reviewer", "POST", f"{path}/review")).status_code == 200
    published = (await three.as_("approver", "POST", f"{path}/publish")).json()
    assert published["state"] == "published"
    assert (await three.own("GET", path)).json()["total"] == "77.58"


@pytest.mark.requirement("A131")
async def test_later_years_may_weigh_more_and_a_panel_moves_the_score(three: JudgedYear) -> None:
    made = (await drafted(three, method="rising")).json()
    assert made["score"] == "79.30"
    async with three.official("handler") as handler:
        body = {"points": "-4.31", "reason": REASON}
        path = f"{PATH}/{made['id']}/adjustment"
        moved = await handler.put(path, json=body, headers={"If-Match": '"1"'})
        assert (moved.json()["total"], moved.json()["rating"]) == ("74.99", "qualified")
        assert moved.json()["score"] == "79.30"
        stale = await handler.put(path, json=body, headers={"If-Match": '"1"'})
        assert (stale.status_code, codes_of(stale)) == (412, ["VERSION_CONFLICT"])
        much = {"points": "5.01", "reason": REASON}
        refused = await handler.put(path, json=much, headers={"If-Match": '"2"'})
        assert (refused.status_code, codes_of(refused)) == (422, ["ADJUSTMENT_TOO_LARGE"])


@pytest.mark.requirement("A124", "A131")
@pytest.mark.refusing
async def test_two_years_are_no_three_and_an_assessment_is_made_once(three: JudgedYear) -> None:
    short = await drafted(three, last_year=2028)
    assert (short.status_code, codes_of(short)) == (409, ["TRIENNIAL_INCOMPLETE"])
    assert short.json()["errors"][0]["params"]["missing"] == [2028]
    assert (await drafted(three)).status_code == 201
    again = await drafted(three)
    assert (again.status_code, codes_of(again)) == (409, ["YEARS_OVERLAP"])


@pytest.mark.requirement("A124", "A131")
@pytest.mark.refusing
@pytest.mark.parametrize("last_year", [2025, 2026, 2027, 2028, 2029])
def test_years_that_were_assessed_are_not_assessed_again(last_year: int) -> None:
    assert failed_codes(rules.overlap_checks(last_year, [2027, 2021])) == ["YEARS_OVERLAP"]
    assert failed_codes(rules.overlap_checks(last_year, [2022, 2032])) == []


@pytest.mark.requirement("A124", "A131")
@pytest.mark.refusing
async def test_of_two_assessments_at_once_whose_years_overlap_one_is_refused(
    three: JudgedYear,
) -> None:
    await published_year(three, 2028, "70.00")
    answers = await asyncio.gather(*(drafted(three, last_year=year) for year in (2027, 2028)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    [refused] = [answer for answer in answers if answer.status_code == 409]
    assert codes_of(refused) == ["YEARS_OVERLAP"]
    for last_year in (2027, 2028):
        assert codes_of(await drafted(three, last_year=last_year)) == ["YEARS_OVERLAP"]


@pytest.mark.requirement("A131", "X03")
@pytest.mark.refusing
async def test_nobody_decides_on_what_he_made_or_scored(three: JudgedYear) -> None:
    handler = new_id()
    async with three.service.client("handler", "reviewer", sub=handler) as same:
        body = {"center_id": str(three.center_id), "last_year": 2027}
        made = (await same.post(PATH, json=body)).json()
        path = f"{PATH}/{made['id']}"
        own = await same.post(f"{path}/review")
        assert (own.status_code, codes_of(own)) == (403, ["SOD_VIOLATION"])
    async with three.service.client("reviewer", sub=three.people["ex02"]) as scorer:
        scored = await scorer.post(f"{path}/review")
        assert (scored.status_code, codes_of(scored)) == (403, ["SOD_VIOLATION"])
    early = await three.as_("approver", "POST", f"{path}/publish")
    assert (early.status_code, codes_of(early)) == (409, ["STATE_CONFLICT"])


async def test_officials_see_what_waits_for_them(three: JudgedYear) -> None:
    made = (await drafted(three)).json()
    tasks = (await three.as_("reviewer", "GET", "/v1/evaluation/tasks")).json()["items"]
    assert [(task["kind"], task["subject_id"]) for task in tasks] == [
        ("assessment.review", made["id"])
    ]
    assert (await three.as_("handler", "GET", "/v1/evaluation/tasks")).json()["items"] == []


@pytest.mark.anyio
@pytest.mark.requirement("A124", "A131")
async def test_an_assessment_falls_due_with_every_third_year(three: JudgedYear) -> None:
    async def due() -> list[str]:
        async with three.official("handler") as handler:
            items = (await handler.get("/v1/evaluation/tasks")).json()["items"]
        return [one["center_id"] for one in items if one["kind"] == "assessment.draft"]

    assert await due() == [str(three.center_id)]
    body = {"center_id": str(three.center_id), "last_year": 2027}
    assert (await three.as_("handler", "POST", PATH, body)).status_code == 201
    assert await due() == []
    # One or two further years are not three; the third is.
    for year in (2028, 2029):
        await published_year(three, year, "70.00")
        assert await due() == [], year
    await published_year(three, 2030, "70.00")
    assert await due() == [str(three.center_id)]


@pytest.mark.anyio
@pytest.mark.requirement("A124")
@pytest.mark.refusing
async def test_two_published_years_make_no_assessment_due(unplanned: JudgedYear) -> None:
    await published_year(unplanned, 2025, "70.00")
    await published_year(unplanned, 2027, "70.00")
    async with unplanned.official("handler") as handler:
        items = (await handler.get("/v1/evaluation/tasks")).json()["items"]
    assert [one for one in items if one["kind"] == "assessment.draft"] == []
    async with unplanned.member("m02") as member:
        answer = await member.get("/v1/evaluation/tasks")
    assert [one for one in answer.json()["items"] if one["kind"] == "assessment.draft"] == []
