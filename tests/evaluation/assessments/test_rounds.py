"""Rounds of triennial assessments: what each centre has and lacks, and when a round may close."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from evaluation.assessments.round_rules import (
    RoundProgress,
    RoundState,
    closing_checks,
    explaining_checks,
    opening_checks,
    progress_of,
)
from evaluation.assessments.rules import AssessmentState
from evaluation.cycles.rules import CaseState
from evaluation.cycles.tables import EvaluationCase
from shared.database import new_id
from shared.rules import failed_codes
from tests.evaluation.assessments.test_assessing import PATH, drafted, published_year, three
from tests.evaluation.results.year import JudgedYear
from tests.evaluation.reviewing import codes_of
from tests.fixtures.service import event_types

__all__ = ["three"]
ROUNDS = "/v1/evaluation/assessment-rounds"
A, B = UUID(int=1), UUID(int=2)
TODAY = date(2028, 3, 1)


@pytest.mark.requirement("A124", "A131")
@pytest.mark.parametrize(
    ("published", "judged", "standing", "progress"),
    [
        ({2025, 2026, 2027}, set(), {}, RoundProgress.WAITING),
        ({2025, 2026}, {2025, 2026, 2027}, {}, RoundProgress.YEAR_OPEN),
        ({2025, 2026}, {2025, 2026}, {}, RoundProgress.LACKING),
        ({2025, 2027}, {2025, 2027}, {}, RoundProgress.LACKING),
        ({2025, 2026, 2027}, set(), {2027: AssessmentState.DRAFTED}, RoundProgress.DRAFTED),
        ({2025, 2026, 2027}, set(), {2027: AssessmentState.REVIEWED}, RoundProgress.REVIEWED),
        ({2025, 2026, 2027}, set(), {2027: AssessmentState.PUBLISHED}, RoundProgress.DECIDED),
        ({2025, 2026, 2027}, set(), {2025: AssessmentState.PUBLISHED}, RoundProgress.COVERED),
        ({2025, 2026, 2027}, set(), {2029: AssessmentState.DRAFTED}, RoundProgress.COVERED),
        ({2025, 2026, 2027}, set(), {2024: AssessmentState.PUBLISHED}, RoundProgress.WAITING),
        ({2025, 2026, 2027}, set(), {2030: AssessmentState.PUBLISHED}, RoundProgress.WAITING),
    ],
)
def test_a_centre_is_as_far_as_its_years_and_its_assessment(
    published: set[int],
    judged: set[int],
    standing: dict[int, AssessmentState],
    progress: RoundProgress,
) -> None:
    assert progress_of(2027, published, published | judged, standing) is progress


@pytest.mark.requirement("A124")
@pytest.mark.parametrize(
    ("last_year", "due_on", "codes"),
    [
        (2027, TODAY, []),
        (2028, TODAY, ["FIELD_INVALID"]),
        (2027, date(2028, 2, 29), ["FIELD_INVALID"]),
    ],
)
def test_a_round_is_opened_for_years_that_are_over_until_a_day_to_come(
    last_year: int, due_on: date, codes: list[str]
) -> None:
    assert failed_codes(opening_checks(last_year, due_on, TODAY)) == codes


@pytest.mark.requirement("A124", "A131")
@pytest.mark.refusing
@pytest.mark.parametrize("progress", list(RoundProgress))
def test_what_waits_keeps_a_round_open_until_it_is_explained(progress: RoundProgress) -> None:
    waits = progress.value in {"year_open", "waiting", "drafted", "reviewed"}
    told = {A: progress, B: RoundProgress.DECIDED}

    alone = closing_checks(RoundState.OPEN, told, ())
    assert failed_codes(alone) == (["ROUND_UNDECIDED"] if waits else [])
    assert alone[-1].params["centers"] == ([str(A)] if waits else [])
    assert failed_codes(closing_checks(RoundState.OPEN, told, {A})) == []
    assert failed_codes(closing_checks(RoundState.CLOSED, told, {A})) == ["STATE_CONFLICT"]
    said = explaining_checks(RoundState.OPEN, progress, explained=False)
    assert failed_codes(said) == ([] if waits else ["STATE_CONFLICT"])
    again = explaining_checks(RoundState.OPEN, progress, explained=True)
    assert failed_codes(again) == ["STATE_CONFLICT"]


@pytest.mark.refusing
def test_a_stranger_to_the_round_is_not_found_and_a_closed_one_explains_nothing() -> None:
    assert failed_codes(explaining_checks(RoundState.OPEN, None, explained=False)) == ["NOT_FOUND"]
    closed = explaining_checks(RoundState.CLOSED, RoundProgress.WAITING, explained=False)
    assert failed_codes(closed) == ["STATE_CONFLICT"]


# --- over HTTP --------------------------------------------------------------------------------


async def opened(three: JudgedYear, last_year: int = 2027) -> str:
    body = {"last_year": last_year, "due_on": "2029-12-31"}
    answer = await three.as_("handler", "POST", ROUNDS, body)
    assert answer.status_code == 201, answer.text
    return f"{ROUNDS}/{answer.json()['id']}"


async def only_center(three: JudgedYear, path: str) -> dict[str, Any]:
    (told,) = (await three.as_("auditor", "GET", f"{path}/centers")).json()["items"]
    found: dict[str, Any] = told
    return found


async def close(three: JudgedYear, path: str, version: int = 1) -> Any:
    async with three.official("handler") as handler:
        return await handler.post(f"{path}/close", headers={"If-Match": f'"{version}"'})


@pytest.mark.anyio
@pytest.mark.requirement("A124", "A131")
async def test_a_round_follows_each_centre_to_its_decision(three: JudgedYear) -> None:
    path = await opened(three)
    waiting = await only_center(three, path)
    assert waiting["center_id"] == str(three.center_id)
    assert (waiting["published_years"], waiting["missing_years"]) == ([2025, 2026, 2027], [])
    assert (waiting["progress"], waiting["due_on"]) == ("waiting", "2029-12-31")
    refused = await close(three, path)
    assert (refused.status_code, codes_of(refused)) == (409, ["ROUND_UNDECIDED"])
    assert refused.json()["errors"][0]["params"] == {
        "count": 1, "centers": [str(three.center_id)],
    }  # fmt: skip

    assessment = (await drafted(three)).json()["id"]
    assert (await only_center(three, path))["progress"] == "drafted"
    await three.as_("reviewer", "POST", f"{PATH}/{assessment}/review")
    assert (await three.as_("auditor", "GET", path)).json()["centers"] == {"reviewed": 1}
    assert codes_of(await close(three, path)) == ["ROUND_UNDECIDED"]
    await three.as_("approver", "POST", f"{PATH}/{assessment}/publish")
    decided = await only_center(three, path)
    assert (decided["progress"], decided["assessment_id"]) == ("decided", assessment)

    assert codes_of(await close(three, path, 7)) == ["VERSION_CONFLICT"]
    closed = await close(three, path)
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    assert codes_of(await close(three, path, 2)) == ["STATE_CONFLICT"]
    assert (await event_types(three.service.sessions))[-1] == "assessment_round.closed"


@pytest.mark.anyio
@pytest.mark.requirement("A124")
async def test_rounds_are_listed_with_the_counts_that_each_has_by_itself(
    three: JudgedYear,
) -> None:
    paths = [await opened(three, last_year) for last_year in (2021, 2026, 2027)]
    alone = [(await three.as_("auditor", "GET", path)).json() for path in reversed(paths)]
    listed = (await three.as_("auditor", "GET", ROUNDS)).json()["items"]
    assert listed == alone
    assert [one["centers"] for one in listed] == [{"waiting": 1}, {"lacking": 1}, {}]


@pytest.mark.anyio
@pytest.mark.requirement("A124", "A131")
async def test_a_year_that_is_judged_again_is_waited_for_and_one_never_judged_is_not(
    three: JudgedYear,
) -> None:
    path = await opened(three)
    async with three.service.sessions.begin() as session:
        reopen = update(EvaluationCase).where(col(EvaluationCase.year) == 2026)
        await session.execute(reopen.values(state=CaseState.REOPENED))
    told = await only_center(three, path)
    assert (told["missing_years"], told["progress"]) == ([2026], "year_open")
    assert codes_of(await close(three, path)) == ["ROUND_UNDECIDED"]

    body = {"center_id": str(three.center_id), "reason": "异议更正后的结果尚未公布"}
    said = await three.as_("handler", "POST", f"{path}/explanations", body)
    assert (said.status_code, said.json()["explanation"]) == (201, body["reason"])
    assert codes_of(await three.as_("handler", "POST", f"{path}/explanations", body)) == [
        "STATE_CONFLICT"
    ]
    assert (await close(three, path)).status_code == 200

    lacking = await opened(three, 2026)
    told = await only_center(three, lacking)
    assert (told["missing_years"], told["progress"]) == ([2024, 2026], "year_open")
    await published_year(three, 2024, "70.00")


@pytest.mark.anyio
@pytest.mark.requirement("A124", "X04")
@pytest.mark.refusing
async def test_a_round_is_opened_once_by_a_handler_and_read_by_officials(
    three: JudgedYear,
) -> None:
    body = {"last_year": 2027, "due_on": "2029-12-31"}
    answers = await asyncio.gather(*(three.as_("handler", "POST", ROUNDS, body) for _ in range(2)))
    assert sorted(one.status_code for one in answers) == [201, 409]
    assert codes_of(await three.as_("handler", "POST", ROUNDS, body)) == ["ALREADY_EXISTS"]
    future = {**body, "last_year": 2030}
    assert codes_of(await three.as_("handler", "POST", ROUNDS, future)) == ["FIELD_INVALID"]
    assert (await three.as_("auditor", "POST", ROUNDS, body)).status_code == 403
    assert (await three.own("GET", ROUNDS)).status_code == 403
    (row,) = (await three.as_("auditor", "GET", f"{ROUNDS}?state=open")).json()["items"]
    assert (row["years"], row["centers"]) == ([2025, 2026, 2027], {"waiting": 1})
    stranger = {"center_id": str(A), "reason": "不在本轮"}
    unknown = await three.as_("handler", "POST", f"{ROUNDS}/{row['id']}/explanations", stranger)
    assert (unknown.status_code, codes_of(unknown)) == (404, ["NOT_FOUND"])
    tasks = (await three.as_("handler", "GET", "/v1/evaluation/tasks")).json()["items"]
    assert [
        (one["subject_id"], one["due_on"])
        for one in tasks
        if one["kind"] == "assessment_round.close"
    ] == [(row["id"], "2029-12-31")]


@pytest.mark.anyio
@pytest.mark.requirement("A124")
async def test_the_centres_of_a_round_are_read_page_by_page_and_each_once(
    three: JudgedYear,
) -> None:
    path = await opened(three)
    own, further = three.center_id, [new_id() for _ in range(4)]
    # Of three years, of one, and of a year that the round does not look at.
    for center_id, years in zip(further, ((2025, 2026, 2027), (2027,), (2025,), (2028,)),
                                strict=True):  # fmt: skip
        three.center_id = center_id
        for year in years:
            await published_year(three, year, "70.00")
    three.center_id = own
    read: list[dict[str, Any]] = []
    pages, asked = 0, f"{path}/centers?limit=2"
    while True:
        page = (await three.as_("auditor", "GET", asked)).json()
        read += page["items"]
        pages += 1
        if page["next_cursor"] is None:
            break
        asked = f"{path}/centers?limit=2&cursor={page['next_cursor']}"
    assert pages == 2
    assert [one["center_id"] for one in read] == sorted(str(one) for one in (own, *further[:3]))
    progress = {one["center_id"]: (one["progress"], one["missing_years"]) for one in read}
    assert progress == {
        str(own): ("waiting", []),
        str(further[0]): ("waiting", []),
        str(further[1]): ("lacking", [2025, 2026]),
        str(further[2]): ("lacking", [2026, 2027]),
    }
    # A cursor is of the round that it was given for.
    other = await opened(three, 2026)
    first = (await three.as_("auditor", "GET", f"{path}/centers?limit=2")).json()
    foreign = f"{other}/centers?limit=2&cursor={first['next_cursor']}"
    assert codes_of(await three.as_("auditor", "GET", foreign)) == ["CURSOR_MISMATCH"]
