"""A visit is reported after the review and counts with two signatures under the same report."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from shared.database import new_id
from shared.events.tables import Event
from tests.evaluation.reviewing import FIVE, Reviewing, codes_of
from tests.fixtures.service import event_types

pytestmark = pytest.mark.anyio
VISITORS = ("ex04", "ex05", "ex07")


async def report(review: Reviewing, codes: Sequence[str] = VISITORS, **over: Any) -> httpx.Response:
    body = {
        "subject_type": "application",
        "subject_id": str(review.application_id),
        "visited_on": "2026-02-01",
        "expert_ids": [str(review.expert_ids[code]) for code in codes],
        "report_file_id": str(review.report_id),
        **over,
    }
    async with review.handler as handler:
        return await handler.post("/v1/evaluation/site-visits", json=body)


async def reported(review: Reviewing) -> str:
    await review.reviewed(FIVE)
    answer = await report(review)
    assert answer.status_code == 201, answer.text
    visit: str = answer.json()["id"]
    return visit


async def sign(review: Reviewing, code: str, visit: str, **body: Any) -> httpx.Response:
    async with review.expert(code) as expert:
        return await expert.post(f"/v1/evaluation/site-visits/{visit}/signatures", json=body)


async def signed_events(review: Reviewing) -> list[dict[str, Any]]:
    async with review.service.sessions.reading() as session:
        statement = select(Event.data).where(col(Event.type) == "site_visit.signed")
        return list(await session.scalars(statement))


@pytest.mark.requirement("A118", "A121")
async def test_the_second_signature_completes_the_visit_and_the_third_only_adds(
    review: Reviewing,
) -> None:
    visit = await reported(review)
    first = await sign(review, "ex04", visit)
    assert (first.status_code, first.json()["state"]) == (201, "reported")
    second = await sign(review, "ex05", visit, hash=first.json()["hash"])
    assert second.json()["state"] == "signed"
    third = await sign(review, "ex07", visit)
    assert len(third.json()["signatures"]) == 3
    assert third.json()["reported_at"] <= third.json()["signatures"][0]["signed_at"]

    events = await signed_events(review)
    assert [event["signatures"] for event in events] == [2]
    assert events[0]["signers"] == [str(review.people["ex04"]), str(review.people["ex05"])]
    assert "site_visit.changed" not in await event_types(review.service.sessions)
    told = (await review.standing())["site_visit"]
    assert (told["signatures"], told["state"], told["hash"]) == (3, "signed", events[0]["hash"])


async def test_a_signature_needs_no_body(review: Reviewing) -> None:
    visit = await reported(review)
    async with review.expert("ex04") as expert:
        answer = await expert.post(f"/v1/evaluation/site-visits/{visit}/signatures")

    assert answer.status_code == 201, answer.text


@pytest.mark.requirement("A118")
@pytest.mark.refusing
async def test_a_visit_before_the_review_is_finished_is_refused(review: Reviewing) -> None:
    assert (await report(review)).status_code == 404
    await review.formed()

    answer = await report(review)

    assert answer.status_code == 409
    assert codes_of(answer) == ["REVIEW_MISSING"]


@pytest.mark.requirement("A121", "X08")
@pytest.mark.refusing
async def test_a_visit_without_enough_or_with_tied_experts_is_refused(review: Reviewing) -> None:
    await review.reviewed(FIVE)

    answer = await report(review, ("ex03",), visited_on="2026-02-03", report_file_id=str(new_id()))

    assert answer.status_code == 422
    assert codes_of(answer) == [
        "VISIT_EXPERTS_TOO_FEW",
        "COI_CURRENT_ORG",
        "DAY_IN_FUTURE",
        "FILE_UNKNOWN",
    ]


@pytest.mark.requirement("A121")
@pytest.mark.refusing
async def test_an_expert_signs_once_and_only_his_own_visit(review: Reviewing) -> None:
    visit = await reported(review)
    await sign(review, "ex04", visit)

    assert codes_of(await sign(review, "ex04", visit)) == ["STATE_CONFLICT"]
    assert (await sign(review, "ex09", visit)).status_code == 404
    async with review.member() as member:
        assert (await member.get(f"/v1/evaluation/site-visits/{visit}")).status_code == 404


async def test_a_visit_is_reported_once(review: Reviewing) -> None:
    await reported(review)

    assert codes_of(await report(review)) == ["STATE_CONFLICT"]


@pytest.mark.requirement("X06", "A121")
@pytest.mark.refusing
async def test_a_changed_report_must_be_signed_again(review: Reviewing) -> None:
    visit = await reported(review)
    old = (await sign(review, "ex04", visit)).json()["hash"]
    await sign(review, "ex05", visit)
    path = f"/v1/evaluation/site-visits/{visit}"
    async with review.handler as handler:
        blind = await handler.patch(path, json={"visited_on": "2026-01-30"})
        stale = await handler.patch(
            path, json={"visited_on": "2026-01-30"}, headers={"If-Match": '"7"'}
        )
        same = await handler.patch(
            path, json={"visited_on": "2026-02-01"}, headers={"If-Match": '"1"'}
        )
        changed = await handler.patch(
            path, json={"visited_on": "2026-01-30"}, headers={"If-Match": '"1"'}
        )

    assert (blind.status_code, stale.status_code) == (428, 412)
    assert (same.json()["version"], same.json()["state"]) == (1, "signed")
    assert changed.json()["version"] == 2
    assert (changed.json()["state"], changed.json()["signatures"]) == ("reported", [])
    assert (await event_types(review.service.sessions)).count("site_visit.changed") == 1
    assert codes_of(await sign(review, "ex04", visit, hash=old)) == ["TEXT_HASH_MISMATCH"]
    assert (await sign(review, "ex04", visit)).status_code == 201
    assert (await sign(review, "ex05", visit)).json()["state"] == "signed"


async def test_two_signatures_at_once_complete_the_visit_once(review: Reviewing) -> None:
    visit = await reported(review)

    answers = await asyncio.gather(*(sign(review, code, visit) for code in VISITORS))

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert [event["signatures"] for event in await signed_events(review)] == [2]
