"""An agency reads of a centre what is published, in scope and released to it, and nothing else."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from evaluation.dossiers import rules
from shared.database import new_id
from shared.rules import failed_codes
from tests.evaluation.results.year import JudgedYear
from tests.evaluation.reviewing import codes_of

DOSSIERS = "/v1/evaluation/dossiers"
TODAY = date(2028, 1, 10)


@pytest.mark.requirement("A133")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("first", "last", "days", "codes"),
    [
        (2027, 2027, 0, []),
        (2018, 2027, 0, []),
        (2017, 2027, 0, ["FIELD_INVALID"]),
        (2028, 2027, 0, ["FIELD_INVALID"]),
        (2027, 2027, -1, ["FIELD_INVALID"]),
    ],
)
def test_a_scope_has_years_in_order_no_more_than_ten_and_a_day_to_be_read_on(
    first: int, last: int, days: int, codes: list[str]
) -> None:
    until_on = TODAY + timedelta(days=days)
    assert failed_codes(rules.scope_checks(first, last, until_on, TODAY)) == codes


def test_a_refused_scope_names_the_years_that_it_may_have() -> None:
    years, _ = rules.scope_checks(2017, 2027, TODAY, TODAY)
    assert years.params["expected"] == "2017 to 2026"


def agency_of(year: JudgedYear) -> UUID:
    """Let the gateway know an agency."""
    agency = new_id()
    path = f"GET /v1/referrals/agencies/{agency}"
    year.service.neighbours.answers[path] = {"id": str(agency), "name": "市科委"}
    return agency


def body(year: JudgedYear, agency: Any, *parts: str, **over: Any) -> dict[str, Any]:
    return {
        "agency_id": str(agency), "center_id": str(year.center_id), "parts": list(parts),
        "first_year": 2026, "last_year": 2027, "purpose": "国家重大项目立项参考",
        "until_on": "2028-06-30", **over,
    }  # fmt: skip


@pytest.mark.anyio
@pytest.mark.requirement("A133", "A135")
async def test_an_agency_reads_what_is_published_and_in_scope(year: JudgedYear) -> None:
    await year.computed()
    agency = agency_of(year)
    released = await year.as_(
        "approver", "POST", DOSSIERS, body(year, agency, "leaf_points", "assessments")
    )
    assert released.status_code == 201, released.text
    path = f"{DOSSIERS}/{released.json()['id']}"
    async with year.service.client("agency", sub=agency) as reader:
        # Nothing is public yet.
        told = (await reader.get(path)).json()
        assert (told["years"], told["assessments"]) == ([], [])
        for duty, step in (("reviewer", "/review"), ("approver", "/publish")):
            assert (await year.as_(duty, "POST", step)).status_code == 200
        (shown,) = (await reader.get(path)).json()["years"]
        assert (shown["year"], shown["total"], shown["rating"]) == (2027, "82.98", "good")
        assert {"code": "A1", "points": "5.52", "max": "6.00"} in shown["leaves"]
        assert [one["id"] for one in (await reader.get(DOSSIERS)).json()["items"]] == [
            released.json()["id"]
        ]
        ratings = await year.as_("approver", "POST", DOSSIERS, body(year, agency, "ratings"))
        (bare,) = (await reader.get(f"{DOSSIERS}/{ratings.json()['id']}")).json()["years"]
        assert (bare["rating"], bare["leaves"]) == ("good", [])
        early = body(year, agency, "ratings", first_year=2025, last_year=2026)
        before = await year.as_("approver", "POST", DOSSIERS, early)
        assert (await reader.get(f"{DOSSIERS}/{before.json()['id']}")).json()["years"] == []


@pytest.mark.anyio
@pytest.mark.requirement("A133", "X04")
@pytest.mark.refusing
async def test_nobody_else_reads_it_nor_the_agency_after_its_end(year: JudgedYear) -> None:
    agency = agency_of(year)
    sent = body(year, agency, "ratings")
    assert (await year.as_("handler", "POST", DOSSIERS, sent)).status_code == 403
    unknown = await year.as_("approver", "POST", DOSSIERS, sent | {"center_id": str(new_id())})
    assert unknown.status_code == 404
    over = await year.as_("approver", "POST", DOSSIERS, sent | {"until_on": "2028-01-09"})
    assert (over.status_code, codes_of(over)) == (422, ["FIELD_INVALID"])
    for day in (1_845_000_000, "2028-06-30T00:00:00", "+2028-06-30"):
        odd = await year.as_("approver", "POST", DOSSIERS, sent | {"until_on": day})
        assert (odd.status_code, codes_of(odd)) == (422, ["FIELD_INVALID"])
    row = (await year.as_("approver", "POST", DOSSIERS, sent)).json()
    path = f"{DOSSIERS}/{row['id']}"
    async with year.service.client("agency", sub=new_id()) as stranger:
        assert (await stranger.get(path)).status_code == 404
        assert (await stranger.get(DOSSIERS)).json()["items"] == []
    async with year.operator() as centre:
        assert (await centre.get(path)).status_code == 403
    year.service.set_clock("2028-06-30T15:59:59+00:00")
    async with year.service.client("agency", sub=agency) as reader:
        assert (await reader.get(path)).status_code == 200
        year.service.set_clock("2028-06-30T16:00:00+00:00")
        assert (await reader.get(path)).status_code == 404
        year.service.set_clock("2028-06-30T15:00:00+00:00")
        async with year.official("approver") as approver:
            gone = {"reason": "评审已结束"}
            for tag, status in (('"7"', 412), ('"1"', 200), ('"2"', 409)):
                answer = await approver.post(
                    f"{path}/withdraw", json=gone, headers={"If-Match": tag}
                )
                assert answer.status_code == status, answer.text
        assert (await reader.get(path)).status_code == 404
    assert (await year.as_("auditor", "GET", path)).json()["dossier"]["state"] == "withdrawn"


@pytest.mark.requirement("A133", "A135")
@pytest.mark.refusing
def test_a_dossier_goes_to_an_agency() -> None:
    assert failed_codes(rules.agency_checks(is_agency=True)) == []
    assert failed_codes(rules.agency_checks(is_agency=False)) == ["AGENCY_REQUIRED"]


@pytest.mark.anyio
@pytest.mark.requirement("A133", "A135")
@pytest.mark.refusing
async def test_nothing_is_released_to_an_agency_that_nobody_has(year: JudgedYear) -> None:
    sent = body(year, new_id(), "ratings")
    refused = await year.as_("approver", "POST", DOSSIERS, sent)
    assert (refused.status_code, codes_of(refused)) == (409, ["AGENCY_REQUIRED"])
    # Every fault is told at once, and nothing of it is kept.
    both = await year.as_("approver", "POST", DOSSIERS, sent | {"until_on": "2028-01-09"})
    assert (both.status_code, codes_of(both)) == (422, ["FIELD_INVALID", "AGENCY_REQUIRED"])
    # Nobody to ask is not the same as nobody there.
    path = f"GET /v1/referrals/agencies/{sent['agency_id']}"
    year.service.neighbours.answers[path] = httpx.Response(500, json={})
    assert (await year.as_("approver", "POST", DOSSIERS, sent)).status_code == 503
    assert (await year.as_("auditor", "GET", DOSSIERS)).json()["items"] == []


@pytest.mark.anyio
@pytest.mark.requirement("A133", "X05")
async def test_a_repeated_release_gets_the_kept_answer_without_asking_again(
    year: JudgedYear,
) -> None:
    agency = agency_of(year)
    async with year.official("approver") as approver:
        key = {"Idempotency-Key": "dossier-1"}
        first = await approver.post(DOSSIERS, json=body(year, agency, "ratings"), headers=key)
        del year.service.neighbours.answers[f"GET /v1/referrals/agencies/{agency}"]
        again = await approver.post(DOSSIERS, json=body(year, agency, "ratings"), headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert len((await year.as_("auditor", "GET", DOSSIERS)).json()["items"]) == 1
