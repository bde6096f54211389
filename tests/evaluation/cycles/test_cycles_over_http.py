"""Planning and opening cycles over HTTP."""

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.database import new_id
from shared.directory import DirectoryCenter
from tests.evaluation.results import vector
from tests.evaluation.results.year import SCHEME_ID, JudgedYear
from tests.evaluation.reviewing import codes_of
from tests.fixtures.service import event_types
from zhichuang import recompute

pytestmark = pytest.mark.anyio
CYCLES = "/v1/evaluation/cycles"
SCHEMES = "/v1/evaluation/schemes"
PROFILES = "/v1/evaluation/weight-profiles"


async def list_center(year: JudgedYear, **over: Any) -> str:
    row = {
        "id": new_id(), "name": "另一中心", "stage": "pilot", "model_type": "platform",
        "applicant_form": "legal_entity", "legal_entity_id": new_id(),
        "lead_sponsor_id": new_id(), "listed_on": date(2025, 1, 1), "position": 2, **over,
    }  # fmt: skip
    async with year.service.sessions.begin() as session:
        session.add(DirectoryCenter(**row))
    return str(row["id"])


@pytest.mark.requirement("A124", "A130", "A132")
async def test_opening_freezes_scheme_and_weights_and_makes_a_case_per_centre(
    year: JudgedYear,
) -> None:
    other = await list_center(year)
    young = await list_center(year, listed_on=date(2027, 6, 1))
    opened = await year.opened(weight_profile="by_model")

    assert opened["state"] == "open"
    assert opened["excluded"] == [
        {"center_id": young, "reason": "listed_too_short", "clause": "四(四)"}
    ]
    listed = await year.as_("auditor", "GET", f"/v1/evaluation/cases?cycle_id={year.cycle_id}")
    profiles = {case["center_id"]: case["profile"] for case in listed.json()["items"]}
    assert profiles == {str(year.center_id): "enterprise", other: "platform"}
    scheme = await year.as_("auditor", "GET", f"{SCHEMES}/{SCHEME_ID}")
    assert scheme.json()["state"] == "frozen"
    assert (await event_types(year.service.sessions)).count("case.opened") == 2


@pytest.mark.requirement("A130")
@pytest.mark.refusing
async def test_a_leaf_of_a_frozen_scheme_cannot_be_edited(year: JudgedYear) -> None:
    await year.opened()
    scheme = (await year.as_("handler", "GET", f"{SCHEMES}/{SCHEME_ID}")).json()
    async with year.handler as handler:
        answer = await handler.put(
            f"{SCHEMES}/{SCHEME_ID}",
            json=scheme_body(scheme),
            headers={"If-Match": f'"{scheme["version"]}"'},
        )
    assert (answer.status_code, codes_of(answer)) == (409, ["SCHEME_FROZEN"])


@pytest.mark.requirement("A130", "A132")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "change", ["indicator_scheme SET title = 'x'", "weight_profile SET name = 'x'"]
)
async def test_the_database_keeps_what_a_cycle_opened_with(year: JudgedYear, change: str) -> None:
    await year.opened(weight_profile="by_model")
    async with year.service.sessions.open() as session:
        with pytest.raises(IntegrityError, match="never changes"):
            await session.execute(text(f"UPDATE {change}"))


@pytest.mark.requirement("A124")
@pytest.mark.refusing
async def test_of_two_who_open_a_cycle_at_once_one_is_refused(year: JudgedYear) -> None:
    await year.planned()
    path = f"{CYCLES}/{year.cycle_id}/open"
    answers = await asyncio.gather(*(year.as_("handler", "POST", path) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    listed = await year.as_("auditor", "GET", f"/v1/evaluation/cases?cycle_id={year.cycle_id}")
    assert len(listed.json()["items"]) == 1


def scheme_body(scheme: dict[str, Any], **over: Any) -> dict[str, Any]:
    return {
        "code": scheme["code"], "title": scheme["title"], "criteria": scheme["criteria"],
        "parameters": scheme["parameters"], **over,
    }  # fmt: skip


@pytest.mark.requirement("A130", "X06")
async def test_a_draft_is_edited_with_its_version_and_not_with_an_older_one(
    year: JudgedYear,
) -> None:
    scheme = (await year.as_("handler", "GET", f"{SCHEMES}/{SCHEME_ID}")).json()
    async with year.handler as handler:
        for expected in (200, 412):
            answer = await handler.put(
                f"{SCHEMES}/{SCHEME_ID}",
                json=scheme_body(scheme, title="修订稿"),
                headers={"If-Match": f'"{scheme["version"]}"'},
            )
            assert answer.status_code == expected, answer.text
        assert (await handler.put(f"{SCHEMES}/{SCHEME_ID}", json=scheme_body(scheme))).status_code
    assert answer.json()["code"] == "VERSION_CONFLICT"


@pytest.mark.requirement("A130")
async def test_a_second_version_of_a_scheme_is_a_draft_of_its_own(year: JudgedYear) -> None:
    await year.opened()
    scheme = (await year.as_("handler", "GET", f"{SCHEMES}/{SCHEME_ID}")).json()
    answer = await year.as_("handler", "POST", SCHEMES, scheme_body(scheme))
    made = answer.json()
    assert (answer.status_code, made["number"], made["state"]) == (201, 2, "draft")
    async with year.member() as member:
        assert (await member.get(f"{SCHEMES}/{made['id']}")).status_code == 404
        assert (await member.get(f"{SCHEMES}/{SCHEME_ID}")).status_code == 200
        listed = (await member.get(SCHEMES)).json()["items"]
    assert [one["id"] for one in listed] == [SCHEME_ID]


@pytest.mark.requirement("A126", "A127")
@pytest.mark.refusing
async def test_a_scheme_is_refused_with_every_fault_at_once(year: JudgedYear) -> None:
    scheme = (await year.as_("handler", "GET", f"{SCHEMES}/{SCHEME_ID}")).json()
    leaves = scheme["criteria"][1]["leaves"]
    leaves[3]["query"]["filter"] = "fact.secret("
    leaves[4]["max"] = "5"
    answer = await year.as_("handler", "POST", SCHEMES, scheme_body(scheme))
    assert (answer.status_code, codes_of(answer)) == (422, ["WEIGHTS_NOT_100", "SCHEME_INVALID"])


@pytest.mark.requirement("A132")
@pytest.mark.refusing
async def test_weights_of_101_are_refused_and_locked_ones_stay(year: JudgedYear) -> None:
    weights = dict(zip("ABCDE", ("28", "32", "15", "15", "11"), strict=True))
    body = {"code": "odd", "name": "奇", "weights": weights}
    refused = await year.as_("handler", "POST", PROFILES, body)
    assert (refused.status_code, codes_of(refused)) == (422, ["WEIGHTS_NOT_100"])
    made = await year.as_("handler", "POST", PROFILES, {**body, "weights": {**weights, "E": "10"}})
    assert made.status_code == 201, made.text
    assert (await year.as_("handler", "POST", PROFILES, {
        **body, "weights": {**weights, "E": "10"},
    })).status_code == 409  # fmt: skip

    await year.opened(weight_profile="odd")
    profile = (await year.as_("handler", "GET", f"{PROFILES}/{made.json()['id']}")).json()
    assert profile["locked"] is True
    async with year.handler as handler:
        answer = await handler.put(
            f"{PROFILES}/{profile['id']}",
            json={**body, "weights": {**weights, "E": "10"}},
            headers={"If-Match": f'"{profile["version"]}"'},
        )
    assert (answer.status_code, codes_of(answer)) == (409, ["SCHEME_FROZEN"])


@pytest.mark.requirement("A132")
async def test_the_four_profiles_are_there_from_the_start(year: JudgedYear) -> None:
    answer = await year.as_("auditor", "GET", PROFILES)
    found = {one["code"]: one["weights"] for one in answer.json()["items"]}
    assert found == {one["code"]: one["weights"] for one in vector.DATA["profiles"]}


async def patch(year: JudgedYear, body: dict[str, Any], version: int) -> httpx.Response:
    async with year.handler as handler:
        return await handler.patch(
            f"{CYCLES}/{year.cycle_id}", json=body, headers={"If-Match": f'"{version}"'}
        )


@pytest.mark.requirement("A128", "A132")
@pytest.mark.refusing
async def test_days_and_weights_are_fixed_for_all_once_a_cycle_is_open(year: JudgedYear) -> None:
    planned = await year.planned()
    moved = await patch(year, {"due_on": "2028-04-15"}, planned["version"])
    assert (moved.status_code, moved.json()["due_on"]) == (200, "2028-04-15")
    unknown = await patch(year, {"cutoff_at": "2026-12-31T15:59:59Z"}, 2)
    assert (unknown.status_code, codes_of(unknown)) == (422, ["FIELD_INVALID"])
    opened = await year.as_("handler", "POST", f"{CYCLES}/{year.cycle_id}/open")
    for body in ({"due_on": "2028-05-15"}, {"weight_profile": "enterprise"}):
        answer = await patch(year, body, opened.json()["version"])
        assert (answer.status_code, codes_of(answer)) == (409, ["STATE_CONFLICT"])


@pytest.mark.requirement("A124")
@pytest.mark.refusing
async def test_a_cycle_opens_once_and_a_year_judges_a_centre_once(year: JudgedYear) -> None:
    await year.opened()
    again = await year.as_("handler", "POST", f"{CYCLES}/{year.cycle_id}/open")
    assert (again.status_code, codes_of(again)) == (409, ["STATE_CONFLICT"])


@pytest.mark.requirement("A124")
async def test_a_second_cycle_of_a_year_judges_whom_the_first_left_out(year: JudgedYear) -> None:
    await year.opened()
    other = await list_center(year)
    second = await year.opened()
    assert second["excluded"] == [
        {"center_id": str(year.center_id), "reason": "already_in_cycle", "clause": "四(四)"}
    ]
    listed = await year.as_("auditor", "GET", f"/v1/evaluation/cases?cycle_id={year.cycle_id}")
    assert [case["center_id"] for case in listed.json()["items"]] == [other]


@pytest.mark.requirement("A124")
@pytest.mark.refusing
async def test_a_cycle_whose_year_is_judged_already_opens_for_nobody(year: JudgedYear) -> None:
    await year.opened()
    before = await event_types(year.service.sessions)
    await year.planned()
    path = f"{CYCLES}/{year.cycle_id}/open"
    refused = await year.as_("handler", "POST", path)
    assert (refused.status_code, codes_of(refused)) == (409, ["YEARS_OVERLAP"])
    assert refused.json()["errors"][0]["clause"] == "四(四)"
    left = (await year.as_("auditor", "GET", f"{CYCLES}/{year.cycle_id}")).json()
    assert (left["state"], left["excluded"]) == ("planned", [])
    assert await event_types(year.service.sessions) == [*before, "cycle.planned"]


@pytest.mark.requirement("A124")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "status"),
    [
        ({"scheme_id": "01900000-0000-7000-8000-00000000ffff"}, 404),
        ({"weight_profile": "nobody"}, 422),
        ({"due_on": "2027-12-31"}, 422),
        ({"cutoff_at": "2026-12-31T15:59:59Z"}, 422),
        ({"kind": "triennial"}, 422),
        ({"year": 2027.0}, 422),
        ({"surprise": 1}, 422),
    ],
)
async def test_a_cycle_that_cannot_be_is_refused(
    year: JudgedYear, over: dict[str, Any], status: int
) -> None:
    body = {"kind": "annual", "year": 2027, "scheme_id": SCHEME_ID, **over}
    answer = await year.as_("handler", "POST", CYCLES, body)
    assert answer.status_code == status, answer.text


@pytest.mark.requirement("A124")
async def test_a_cycle_needs_no_more_than_kind_year_and_scheme(year: JudgedYear) -> None:
    body = {"kind": "annual", "year": 2027, "scheme_id": SCHEME_ID}
    made = (await year.as_("handler", "POST", CYCLES, body)).json()
    assert made["kind"] == "annual_evaluation"
    assert (made["due_on"], made["grace_days"]) == ("2028-03-31", 30)
    assert (made["period_from"], made["period_until"]) == ("2027-01-01", "2027-12-31")
    listed = await year.as_("auditor", "GET", f"{CYCLES}?year=2027&state=planned")
    assert [one["id"] for one in listed.json()["items"]] == [made["id"]]


@pytest.mark.requirement("X02")
@pytest.mark.refusing
async def test_only_a_handler_keeps_cycles_and_schemes(year: JudgedYear) -> None:
    body = {"kind": "annual", "year": 2027, "scheme_id": SCHEME_ID}
    for duty in ("reviewer", "approver", "auditor"):
        answer = await year.as_(duty, "POST", CYCLES, body)
        assert (answer.status_code, codes_of(answer)) == (403, ["FORBIDDEN_SCOPE"])
    async with year.member() as member:
        assert (await member.post(CYCLES, json=body)).status_code == 403


@pytest.mark.requirement("A132")
async def test_a_single_centre_may_have_its_own_profile_fixed_at_the_opening(
    year: JudgedYear,
) -> None:
    other = await list_center(year)
    own = [{"center_id": str(year.center_id), "profile": "institute"}]
    opened = await year.opened(center_profiles=own)

    assert opened["center_profiles"] == {str(year.center_id): "institute"}
    listed = await year.as_("auditor", "GET", f"/v1/evaluation/cases?cycle_id={year.cycle_id}")
    profiles = {case["center_id"]: case["profile"] for case in listed.json()["items"]}
    assert profiles == {str(year.center_id): "institute", other: "default"}
    locked = await year.as_("auditor", "GET", PROFILES)
    assert {one["code"] for one in locked.json()["items"] if one["locked"]} == {
        "default", "institute",
    }  # fmt: skip


@pytest.mark.requirement("A067", "A132")
async def test_a_case_is_judged_by_what_its_profile_says_of_single_indicators(
    year: JudgedYear,
) -> None:
    body = {
        "code": "services", "name": "专业服务型", "model_type": None,
        "weights": {"A": "25", "B": "30", "C": "20", "D": "15", "E": "10"},
        "indicator_weights": {"C1": "12.5"},
    }  # fmt: skip
    made = await year.as_("handler", "POST", PROFILES, body)
    assert (made.status_code, made.json()["indicator_weights"]) == (201, {"C1": "12.5"})
    own = [{"center_id": str(year.center_id), "profile": "services"}]
    await year.opened(center_profiles=own)
    assert (await year.reported()).status_code == 200
    assert (await year.as_("handler", "POST", "/snapshot")).status_code == 201
    await year.scored()
    computed = (await year.as_("handler", "POST", "/compute")).json()
    most = {leaf["code"]: leaf["max"] for leaf in computed["leaves"]}
    # C2 to C5 share what is left, as the scheme has them: 3, 3, 3 and 6 of 15.
    assert [most[f"C{place}"] for place in range(1, 6)] == ["12.50", "1.50", "1.50", "1.50", "3.00"]
    assert computed["indicator_weights"] == {"C1": "12.5"}
    for profile, total in (("default", "82.98"), ("institute", "82.77")):
        path = f"/compute?preview=true&profile={profile}"
        other = (await year.as_("handler", "POST", path)).json()
        assert other["total"] == total
    robust = await year.as_("handler", "GET", "/robustness")
    assert robust.json()["total"] == computed["total"]
    bundle = await year.as_("auditor", "GET", "/result/bundle")
    _, document = recompute.recomputed(bundle.content)
    assert recompute.sha256(recompute.canonical(document)) == computed["result_hash"]


@pytest.mark.requirement("A067", "A132")
@pytest.mark.refusing
async def test_indicators_beyond_their_criterion_or_the_scheme_are_refused(
    year: JudgedYear,
) -> None:
    body = {
        "code": "odd", "name": "超出",
        "weights": {"A": "25", "B": "30", "C": "20", "D": "15", "E": "10"},
        "indicator_weights": {"C1": "20.01"},
    }  # fmt: skip
    over = await year.as_("handler", "POST", PROFILES, body)
    assert (over.status_code, codes_of(over)) == (422, ["WEIGHTS_NOT_100"])
    assert over.json()["errors"][0]["rule"] == "A067"
    body["indicator_weights"] = {"C99": "1"}
    assert (await year.as_("handler", "POST", PROFILES, body)).status_code == 201
    cycle = {"kind": "annual_evaluation", "year": 2027, "scheme_id": SCHEME_ID}
    planned = await year.as_("handler", "POST", CYCLES, {**cycle, "weight_profile": "odd"})
    assert (planned.status_code, codes_of(planned)) == (422, ["FIELD_INVALID"])


@pytest.mark.requirement("A132")
@pytest.mark.refusing
async def test_a_profile_that_is_not_there_is_refused_and_an_open_cycle_keeps_its_own(
    year: JudgedYear,
) -> None:
    body = {"kind": "annual_evaluation", "year": 2027, "scheme_id": SCHEME_ID,
            "center_profiles": [{"center_id": str(year.center_id), "profile": "none"}]}  # fmt: skip
    answer = await year.as_("handler", "POST", CYCLES, body)
    assert (answer.status_code, codes_of(answer)) == (422, ["FIELD_INVALID"])

    await year.opened()
    async with year.official("handler") as client:
        path = f"{CYCLES}/{year.cycle_id}"
        etag = (await client.get(path)).headers["etag"]
        change = {"center_profiles": [{"center_id": str(year.center_id), "profile": "platform"}]}
        late = await client.patch(path, json=change, headers={"if-match": etag})
    assert (late.status_code, codes_of(late)) == (409, ["STATE_CONFLICT"])


@pytest.mark.requirement("A083", "A124")
@pytest.mark.refusing
async def test_a_year_to_come_is_planned_and_not_opened(year: JudgedYear) -> None:
    planned = await year.planned(year=2029, due_on="2030-03-31")
    path = f"{CYCLES}/{planned['id']}/open"
    refused = await year.as_("handler", "POST", path)
    assert (refused.status_code, codes_of(refused)) == (422, ["DAY_IN_FUTURE"])
    listed = await year.as_("auditor", "GET", f"/v1/evaluation/cases?cycle_id={planned['id']}")
    assert listed.json()["items"] == []
    scheme = (await year.as_("auditor", "GET", f"{SCHEMES}/{SCHEME_ID}")).json()
    assert scheme["state"] == "draft"
    # Midnight in Shanghai, eight hours before it is midnight in UTC.
    year.service.set_clock("2028-12-31T15:59:00+00:00")
    assert codes_of(await year.as_("handler", "POST", path)) == ["DAY_IN_FUTURE"]
    year.service.set_clock("2028-12-31T16:00:01+00:00")
    opened = await year.as_("handler", "POST", path)
    assert opened.status_code == 200, opened.text
