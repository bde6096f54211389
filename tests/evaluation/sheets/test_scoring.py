"""Experts declare, score alone and submit once; the last sheet completes the review."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from evaluation.experts.queries import candidates
from evaluation.sheets import actions
from evaluation.sheets.tables import ScoreSheet
from shared.auth import Actor
from shared.events.tables import Event
from tests.evaluation.reviewing import FIVE, ITEMS, SEVEN, USCC, Reviewing, codes_of
from tests.fixtures.service import event_types, until_waiting_on_lock

pytestmark = pytest.mark.anyio
FULL = dict.fromkeys(ITEMS, "82.00")


async def completed(review: Reviewing) -> list[dict[str, Any]]:
    """Give the content of every review.completed event."""
    async with review.service.sessions.reading() as session:
        statement = select(Event.data).where(col(Event.type) == "review.completed")
        return list(await session.scalars(statement))


async def submit_in(session: AsyncSession, review: Reviewing, code: str, sheet: str) -> None:
    """Submit a sheet in an open transaction, as its expert."""
    clock = review.service.app.state.clock
    expert = Actor(
        person_id=review.people[code],
        client_id="test",
        capacities=frozenset({"expert"}),
        expert_id=review.expert_ids[code],
    )
    await actions.submit(session, expert, UUID(sheet), clock.now(), clock.today())


@pytest.mark.requirement("A121", "A118")
async def test_seven_sheets_complete_the_review_with_their_trimmed_mean(
    review: Reviewing,
) -> None:
    await review.reviewed(SEVEN, ["10.00", "80.00", "81.00", "82.00", "83.00", "84.00", "100.00"])

    events = await completed(review)
    assert [event["mean"] for event in events] == ["82.00"]
    assert events[0]["pass_line"] == "60.00"
    assert events[0]["passed"] is True
    assert sorted(events[0]["scorers"]) == sorted(str(review.people[code]) for code in SEVEN)
    told = await review.standing()
    assert told["panel"]["state"] == "completed"
    assert told["review"]["mean"] == "82.00"
    assert told["review"]["sheets_hash"] == events[0]["sheets_hash"]


async def test_a_mean_below_the_line_completes_the_review_and_says_so(review: Reviewing) -> None:
    await review.reviewed(FIVE, ["59.99"] * 5)

    assert [(event["mean"], event["passed"]) for event in await completed(review)] == [
        ("59.99", False)
    ]


@pytest.mark.requirement("X08")
@pytest.mark.refusing
async def test_a_sheet_stays_closed_until_its_expert_has_declared(review: Reviewing) -> None:
    sheets = await review.formed()
    async with review.expert("ex02") as expert:
        opened = await expert.get(f"/v1/evaluation/score-sheets/{sheets['ex02']}")
        listed = await expert.get("/v1/evaluation/score-sheets")
    saved = await review.save("ex02", sheets["ex02"], FULL)
    submitted = await review.submit("ex02", sheets["ex02"])

    assert [answer.status_code for answer in (opened, saved, submitted)] == [403] * 3
    assert codes_of(opened) == ["DECLARATION_MISSING"]
    assert [item["state"] for item in listed.json()["items"]] == ["assigned"]
    assert USCC["m20"] in listed.json()["items"][0]["organization_usccs"]


@pytest.mark.requirement("A121")
@pytest.mark.refusing
async def test_a_sheet_with_a_blank_item_is_not_submitted(review: Reviewing) -> None:
    sheets = await review.formed()
    await review.declare("ex02", sheets["ex02"])
    nothing = await review.submit("ex02", sheets["ex02"])
    await review.save("ex02", sheets["ex02"], {"technology": "86.00"})
    some = await review.submit("ex02", sheets["ex02"])

    assert (nothing.status_code, some.status_code) == (422, 422)
    assert codes_of(some) == ["SHEET_INCOMPLETE"]
    assert some.json()["errors"][0]["params"]["missing"] == list(ITEMS[1:])


@pytest.mark.parametrize("score", ["100.01", "-1", "86.001", "86,5", "1e2", "", "NaN"])
async def test_a_score_is_a_decimal_from_0_to_100_with_two_places(
    review: Reviewing, score: str
) -> None:
    sheets = await review.formed()
    await review.declare("ex02", sheets["ex02"])

    answer = await review.save("ex02", sheets["ex02"], {"technology": score})

    assert answer.status_code == 422


async def test_a_score_that_is_a_number_is_refused(review: Reviewing) -> None:
    sheets = await review.formed()
    await review.declare("ex02", sheets["ex02"])
    async with review.expert("ex02") as expert:
        for score in (86.5, 86):
            body = {"items": [{"indicator": "technology", "score": score}]}
            path = f"/v1/evaluation/score-sheets/{sheets['ex02']}/items"
            assert (await expert.put(path, json=body)).status_code == 422


async def test_saving_again_takes_the_place_of_what_was_saved(review: Reviewing) -> None:
    sheets = await review.formed()
    await review.draft("ex02", sheets["ex02"], "70.00")
    saved = await review.save("ex02", sheets["ex02"], {"economy": "0", "technology": "100.0"})

    assert [(item["indicator"], item["score"]) for item in saved.json()["items"]] == [
        ("economy", "0.00"),
        ("technology", "100.00"),
    ]


@pytest.mark.requirement("A121", "X04")
@pytest.mark.refusing
async def test_nobody_else_finds_an_expert_s_sheet(review: Reviewing) -> None:
    sheets = await review.reviewed()
    path = f"/v1/evaluation/score-sheets/{sheets['ex02']}"
    async with review.expert("ex04") as other, review.member() as applicant:
        assert (await other.get(path)).status_code == 404
        assert (await other.put(f"{path}/items", json={"items": []})).status_code == 404
        assert (await other.post(f"{path}/submit")).status_code == 404
        assert (await applicant.get(path)).status_code == 404
        assert (await applicant.get("/v1/evaluation/score-sheets")).json()["items"] == []


async def test_an_official_on_the_panel_sees_his_own_sheet_only(review: Reviewing) -> None:
    sheets = await review.reviewed()
    both = review.service.client(
        "official",
        "auditor",
        "expert",
        sub=review.people["ex02"],
        expert_id=review.expert_ids["ex02"],
    )
    async with both as client, review.official("auditor") as auditor:
        own = await client.get(f"/v1/evaluation/score-sheets/{sheets['ex02']}")
        other = f"/v1/evaluation/score-sheets/{sheets['ex04']}"
        assert own.json()["items"][0]["score"] == "82.00"
        assert (await client.get(other)).status_code == 404
        assert len((await auditor.get(other)).json()["items"]) == 5


async def test_an_official_sees_no_scores_before_submission(review: Reviewing) -> None:
    sheets = await review.formed()
    await review.draft("ex02", sheets["ex02"])
    async with review.handler as handler:
        seen = await handler.get(f"/v1/evaluation/score-sheets/{sheets['ex02']}")

    assert seen.json()["state"] == "drafting"
    assert seen.json()["items"] == []


@pytest.mark.requirement("X08", "A120")
async def test_a_declared_conflict_vacates_the_seat_until_it_is_refilled(
    review: Reviewing,
) -> None:
    sheets = await review.formed()
    recused = await review.declare("ex04", sheets["ex04"], conflict=True)
    assert recused.json()["state"] == "recused"
    for code in ("ex02", "ex05", "ex07", "ex09"):
        await review.score(code, sheets[code])
    panel = (await review.standing())["panel"]
    assert panel["state"] == "incomplete"
    assert await completed(review) == []

    path = f"/v1/evaluation/panels/{panel['id']}/seats"
    async with review.handler as handler:
        wrong = await handler.post(path, json={"expert_id": str(review.expert_ids["ex08"])})
        tied = await handler.post(path, json={"expert_id": str(review.expert_ids["ex03"])})
        filled = await handler.post(path, json={"expert_id": str(review.expert_ids["ex11"])})
        full = await handler.post(path, json={"expert_id": str(review.expert_ids["ex06"])})

    assert codes_of(wrong) == ["PANEL_FIELD_MISSING"]
    assert codes_of(tied) == ["COI_CURRENT_ORG"]
    assert filled.status_code == 201, filled.text
    assert (filled.json()["state"], filled.json()["version"]) == ("formed", 3)
    assert codes_of(full) == ["STATE_CONFLICT"]
    new_sheet = next(
        sheet["id"]
        for sheet in filled.json()["sheets"]
        if sheet["expert_id"] == str(review.expert_ids["ex11"])
    )
    await review.score("ex11", new_sheet)
    assert len(await completed(review)) == 1


@pytest.mark.requirement("X08")
@pytest.mark.refusing
async def test_a_tie_found_later_stops_declaring_saving_and_submitting(
    review: Reviewing,
) -> None:
    sheets = await review.formed()
    await review.draft("ex05", sheets["ex05"])
    relation = {"kind": "board", "org_uscc": USCC["m02"], "from_on": "2024-01-01"}
    async with review.handler as handler:
        for code in ("ex02", "ex05"):
            path = f"/v1/evaluation/experts/{review.expert_ids[code]}/relations"
            assert (await handler.post(path, json=relation)).status_code == 201

    assert codes_of(await review.declare("ex02", sheets["ex02"])) == ["COI_BOARD"]
    assert codes_of(await review.save("ex05", sheets["ex05"], FULL)) == ["COI_BOARD"]
    assert codes_of(await review.submit("ex05", sheets["ex05"])) == ["COI_BOARD"]
    assert (await review.declare("ex05", sheets["ex05"], conflict=True)).status_code == 200


@pytest.mark.requirement("A121")
@pytest.mark.refusing
async def test_a_submitted_sheet_never_changes(review: Reviewing) -> None:
    sheets = await review.formed()
    await review.score("ex02", sheets["ex02"])

    assert (await review.save("ex02", sheets["ex02"], FULL)).status_code == 409
    assert (await review.submit("ex02", sheets["ex02"])).status_code == 409
    assert (await review.declare("ex02", sheets["ex02"])).status_code == 409
    statements = (
        "UPDATE score_sheet SET state = 'drafting'",
        "UPDATE score_sheet SET content_hash = 'x'",
        "UPDATE score_item SET score = 99",
        "DELETE FROM score_item",
        "DELETE FROM score_sheet",
    )
    for statement in statements:
        with pytest.raises(DBAPIError, match=r"never|only a draft"):
            async with review.service.sessions.begin() as session:
                await session.execute(text(statement))


async def test_the_last_two_sheets_at_once_complete_the_review_once(review: Reviewing) -> None:
    sheets = await review.formed()
    for code in FIVE[:3]:
        await review.score(code, sheets[code])
    for code in FIVE[3:]:
        await review.draft(code, sheets[code])
    first, second = FIVE[3:]

    # Without the panel's lock neither would see the other's sheet, and nothing would be complete.
    async with review.service.sessions.begin() as session:
        await submit_in(session, review, first, sheets[first])
        other = asyncio.create_task(review.submit(second, sheets[second]))
        await until_waiting_on_lock(review.service.sessions, other)

    assert (await other).status_code == 200
    assert len(await completed(review)) == 1


async def test_a_second_submission_of_a_sheet_waits_and_is_refused(review: Reviewing) -> None:
    sheets = await review.formed()
    await review.draft("ex02", sheets["ex02"])

    async with review.service.sessions.begin() as session:
        await submit_in(session, review, "ex02", sheets["ex02"])
        other = asyncio.create_task(review.submit("ex02", sheets["ex02"]))
        await until_waiting_on_lock(review.service.sessions, other)

    assert codes_of(await other) == ["STATE_CONFLICT"]
    assert (await event_types(review.service.sessions)).count("sheet.submitted") == 1


async def test_scores_saved_while_the_sheet_is_submitted_wait_and_are_refused(
    review: Reviewing,
) -> None:
    sheets = await review.formed()
    await review.draft("ex02", sheets["ex02"], "80.00")

    async with review.service.sessions.begin() as session:
        await submit_in(session, review, "ex02", sheets["ex02"])
        other = asyncio.create_task(review.save("ex02", sheets["ex02"], FULL))
        await until_waiting_on_lock(review.service.sessions, other)

    assert codes_of(await other) == ["STATE_CONFLICT"]
    async with review.official("auditor") as auditor:
        seen = await auditor.get(f"/v1/evaluation/score-sheets/{sheets['ex02']}")
    assert {item["score"] for item in seen.json()["items"]} == {"80.00"}


async def test_a_tie_entered_while_a_panel_is_formed_waits_for_it(review: Reviewing) -> None:
    path = f"/v1/evaluation/experts/{review.expert_ids['ex05']}/relations"
    body = {"kind": "board", "org_uscc": USCC["m02"]}
    async with review.handler as handler, review.service.sessions.begin() as session:
        await candidates(session, [review.expert_ids["ex05"]])
        other = asyncio.create_task(handler.post(path, json=body))
        await until_waiting_on_lock(review.service.sessions, other)
        await session.rollback()
        assert (await other).status_code == 201


async def test_the_statement_of_a_declaration_is_kept(review: Reviewing) -> None:
    sheets = await review.formed()
    await review.declare("ex02", sheets["ex02"])
    async with review.service.sessions.reading() as session:
        rows = list(await session.scalars(select(ScoreSheet)))

    assert [(str(row.id), row.conflict, row.statement) for row in rows] == [
        (sheets["ex02"], False, "如实声明")
    ]
