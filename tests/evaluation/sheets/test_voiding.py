"""A voided sheet stays readable, frees its seat, and the review is judged again without it."""

from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from shared.events.tables import Event
from tests.evaluation.reviewing import FIVE, Reviewing, codes_of

pytestmark = pytest.mark.anyio


async def void(review: Reviewing, sheet: str, duty: str = "reviewer") -> httpx.Response:
    async with review.official(duty) as official:
        return await official.post(
            f"/v1/evaluation/score-sheets/{sheet}/void", json={"reason": "未申报的董事任职"}
        )


async def voidings(review: Reviewing) -> list[dict[str, Any]]:
    async with review.service.sessions.reading() as session:
        statement = select(Event.data).where(col(Event.type) == "sheet.voided")
        return list(await session.scalars(statement.order_by(col(Event.seq))))


@pytest.mark.requirement("X08", "A121")
async def test_without_a_voided_sheet_the_mean_is_taken_anew(review: Reviewing) -> None:
    sheets = await review.reviewed(FIVE, ["60.00", "70.00", "80.00", "90.00", "100.00"])
    before = await review.standing()
    assert before["review"]["mean"] == "80.00"

    voided = await void(review, sheets["ex02"])

    assert voided.json()["state"] == "voided"
    assert len(voided.json()["items"]) == 5
    assert voided.json()["void_reason"] == "未申报的董事任职"
    after = await review.standing()
    # Four sheets are left: their plain mean.
    assert after["review"]["mean"] == "85.00"
    assert after["review"]["sheets"] == 4
    assert after["review"]["sheets_hash"] != before["review"]["sheets_hash"]
    assert after["panel"]["version"] > before["panel"]["version"]
    assert after["panel"]["hash"] != before["panel"]["hash"]
    assert [event["mean"] for event in await voidings(review)] == ["85.00"]


@pytest.mark.requirement("A121")
@pytest.mark.refusing
async def test_with_too_few_sheets_left_the_review_is_open_again(review: Reviewing) -> None:
    sheets = await review.reviewed()
    for code in ("ex02", "ex04", "ex05"):
        assert (await void(review, sheets[code])).status_code == 200

    told = await review.standing()
    assert told["review"] is None
    assert told["panel"]["state"] == "incomplete"
    last = (await voidings(review))[-1]
    assert (last["mean"], last["sheets_hash"], last["passed"]) == (None, None, None)


async def test_its_expert_still_reads_a_voided_sheet(review: Reviewing) -> None:
    sheets = await review.reviewed()
    await void(review, sheets["ex02"])
    async with review.expert("ex02") as expert:
        seen = await expert.get(f"/v1/evaluation/score-sheets/{sheets['ex02']}")

    assert seen.json()["state"] == "voided"
    assert len(seen.json()["items"]) == 5


@pytest.mark.requirement("X03")
@pytest.mark.refusing
async def test_only_a_reviewer_without_another_part_in_the_case_voids(review: Reviewing) -> None:
    sheets = await review.reviewed()
    assert (await void(review, sheets["ex02"], "handler")).status_code == 403
    review.officials["reviewer"] = review.officials["handler"]
    assert codes_of(await void(review, sheets["ex02"])) == ["SOD_VIOLATION"]


async def test_a_sheet_is_voided_once(review: Reviewing) -> None:
    sheets = await review.reviewed()
    await void(review, sheets["ex02"])

    assert codes_of(await void(review, sheets["ex02"])) == ["STATE_CONFLICT"]
