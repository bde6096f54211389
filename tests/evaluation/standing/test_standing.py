"""What a deciding service is told, and that nobody else is."""

import pytest

from shared.database import new_id
from tests.evaluation.reviewing import FIVE, Reviewing

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("A118", "X03")
async def test_standing_names_who_did_what_in_the_case(review: Reviewing) -> None:
    await review.reviewed(FIVE)

    told = await review.standing()

    people = {(person["person_id"], person["capacity"]) for person in told["case_people"]}
    scorers = {(str(review.people[code]), "scorer") for code in FIVE}
    assert people == {(str(review.officials["handler"]), "handler"), *scorers}
    assert {expert["field"] for expert in told["panel"]["experts"]} == {
        "economic",
        "technical",
        "industrial",
        "management",
        "legal",
    }
    assert told["site_visit"] is None


async def test_a_subject_that_was_never_reviewed_has_nothing(review: Reviewing) -> None:
    review.application_id = new_id()

    assert await review.standing() == {
        "panel": None,
        "review": None,
        "site_visit": None,
        "case_people": [],
    }


@pytest.mark.requirement("A118", "X04")
@pytest.mark.refusing
async def test_standing_is_for_services_only(review: Reviewing) -> None:
    path = "/v1/evaluation/standing"
    params = {"subject_type": "application", "subject_id": str(review.application_id)}
    for caller in (review.member(), review.handler, review.expert("ex02")):
        async with caller as client:
            assert (await client.get(path, params=params)).status_code == 403
