"""A listed centre on its way through the stages: each step as one call."""

from typing import Any

import httpx

from shared.database import new_id
from tests.fixtures.walks import walked
from tests.registry.applications.cases import Case

RATINGS = "GET /v1/public/ratings"


def seat(sector: str, **over: Any) -> dict[str, Any]:
    body = {"person_id": str(new_id()), "sector": sector, "from_on": "2026-03-10"}
    return {**body, **over}


async def own(
    case: Case, method: str, part: str, json: Any = None, who: str = "C01", **headers: str
) -> httpx.Response:
    path = f"/v1/registry/centers/{case.center_id}/{part}".rstrip("/")
    return await case.call(case.member(who), method, path, json, **headers)


async def official(
    case: Case, duty: str, method: str, part: str, json: Any = None, name: str | None = None
) -> httpx.Response:
    path = f"/v1/registry/centers/{case.center_id}/{part}"
    return await case.call(case.official(duty, name), method, path, json)


async def body_of(case: Case, kind: str, *seats: dict[str, Any], **terms: Any) -> str:
    formed = await own(case, "POST", "bodies", {"kind": kind, "term_from": "2026-03-10", **terms})
    assert formed.status_code == 201, formed.text
    for one in seats:
        answer = await own(case, "POST", f"bodies/{formed.json()['id']}/seats", one)
        assert answer.status_code == 201, answer.text
    body_id: str = formed.json()["id"]
    return body_id


async def to_pilot(case: Case, who: str = "C01") -> httpx.Response:
    return await own(case, "POST", "stage-changes", {"to": "pilot", "reason": "条件齐备"}, who)


async def govern(case: Case) -> tuple[str, str]:
    """Give a listed centre all that the pilot stage asks for; its two bodies' ids come back."""
    decision = await body_of(
        case, "decision", seat("industry", org_id=str(case.orgs["M01"])),
        seat("industry", independent=True), seat("science", independent=True),
    )  # fmt: skip
    committee = await body_of(
        case, "technical_committee", seat("industry"), seat("science"),
        seat("government", appointing_agency="上海市示例委员会"),
    )  # fmt: skip
    vote = {"holder_org_id": str(case.orgs["M01"]), "basis": "capital_ratio"}
    whole = {"votes": [{**vote, "share_ppm": 1_000_000}]}
    assert (await own(case, "PUT", "votes/shareholders", whole)).status_code == 200
    ballot = {
        "body_id": decision, "matter": "plan", "text": "通过发展规划",
        "resolved_on": "2026-03-10", "for_ppm": 650_000,
    }  # fmt: skip
    resolution = await own(case, "POST", "resolutions", ballot)
    plans = (await own(case, "GET", "plans")).json()["items"]
    adopted = await own(
        case, "POST", f"plans/{plans[0]['id']}/adoption",
        {"resolution_id": resolution.json()["id"]},
    )  # fmt: skip
    assert adopted.status_code == 200, adopted.text
    case.agreement()
    return decision, committee


@walked
async def piloted(case: Case) -> tuple[str, str]:
    """List a centre and take it into its pilot stage; its two bodies' ids come back."""
    await case.listed()
    bodies = await govern(case)
    moved = await to_pilot(case)
    assert moved.status_code == 200, moved.text
    return bodies


def rated(case: Case, *ratings: tuple[int, str]) -> None:
    """Let evaluation have published a rating for each year."""
    case.registry.neighbours.answers[RATINGS] = {
        "items": [
            {"center_code": "C01", "year": year, "rating": rating, "total": "80.00", "version": 1}
            for year, rating in ratings
        ],
        "next_cursor": None,
    }


async def change(case: Case, to: str, name: str = "approver", **over: Any) -> httpx.Response:
    body = {"to": to, "reason": "按程序办理", **over}
    return await official(case, "approver", "POST", "stage-changes", body, name)


async def recommend(case: Case, to: str, name: str = "reviewer") -> httpx.Response:
    body = {"to": to, "text": "建议进入下一阶段"}
    return await official(case, "reviewer", "POST", "stage-recommendations", body, name)


async def summed_up(case: Case) -> None:
    """File the pilot's summary."""
    filed = await own(
        case, "POST", "documents",
        {
            "kind": "pilot_summary", "title": "试点总结", "file_id": await case.upload("C01"),
            "valid_from": "2026-03-10",
        },
    )  # fmt: skip
    assert filed.status_code == 201, filed.text


@walked
async def recognized(case: Case) -> None:
    """Take a centre through its pilot to recognition, by two people."""
    await piloted(case)
    rated(case, (2026, "good"))
    await summed_up(case)
    assert (await recommend(case, "recognized")).status_code == 201
    moved = await change(case, "recognized")
    assert moved.status_code == 200, moved.text


async def stage(case: Case) -> str:
    answer = await case.call(
        case.registry.client("service"), "GET", f"/v1/registry/centers/{case.center_id}"
    )
    found: str = answer.json()["stage"]
    return found
