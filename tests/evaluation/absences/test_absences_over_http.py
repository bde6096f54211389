"""Experts tell when they are away; panels, seats and tasks follow it."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from evaluation.experts.absence_rules import AbsenceKind
from evaluation.experts.tables import ExpertAbsence
from shared.database import new_id
from tests.evaluation.reviewing import FIVE, TODAY, Reviewing, codes_of
from tests.fixtures.service import event_types

pytestmark = pytest.mark.anyio
TASKS = "/v1/evaluation/tasks"


def place(review: Reviewing, code: str) -> str:
    return f"/v1/evaluation/experts/{review.expert_ids[code]}/absences"


def body(from_on: str, until_on: str, kind: str = "travel") -> dict[str, str]:
    return {"kind": kind, "from_on": from_on, "until_on": until_on}


async def away(review: Reviewing, code: str, from_on: str, until_on: str) -> dict[str, Any]:
    async with review.expert(code) as expert:
        answer = await expert.post(place(review, code), json=body(from_on, until_on))
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def form(review: Reviewing, until_on: str, codes: Sequence[str] = FIVE) -> Any:
    async with review.handler as handler:
        asked = {**review.panel_body(codes), "until_on": until_on}
        return await handler.post("/v1/evaluation/panels", json=asked)


@pytest.mark.requirement("A119", "X04")
async def test_an_expert_and_a_handler_tell_it_and_nobody_else(review: Reviewing) -> None:
    told = await away(review, "ex05", "2026-03-02", "2026-03-13")
    assert (told["state"], told["sheets"]) == ("standing", [])
    async with (
        review.handler as handler,
        review.expert("ex04") as other,
        review.member() as member,
        review.official("auditor") as auditor,
    ):
        further = await handler.post(
            place(review, "ex05"), json=body("2026-03-14", "2026-03-14", "leave")
        )
        assert further.status_code == 201
        hidden = await other.post(place(review, "ex05"), json=body("2026-04-01", "2026-04-01"))
        assert (hidden.status_code, codes_of(hidden)) == (404, ["NOT_FOUND"])
        assert (await other.get(place(review, "ex05"))).status_code == 404
        for stranger in (member, auditor):
            refused = await stranger.post(
                place(review, "ex05"), json=body("2026-04-01", "2026-04-01")
            )
            assert refused.status_code == 403
        assert (await member.get(place(review, "ex05"))).status_code == 403
        listed = (await auditor.get(place(review, "ex05"))).json()["items"]
        later = await auditor.get(place(review, "ex05"), params={"until_from": "2026-03-14"})

    assert [one["from_on"] for one in listed] == ["2026-03-14", "2026-03-02"]
    assert [one["from_on"] for one in later.json()["items"]] == ["2026-03-14"]


@pytest.mark.requirement("A119", "A120")
@pytest.mark.refusing
async def test_who_is_away_on_the_last_day_of_the_work_is_not_asked(review: Reviewing) -> None:
    await away(review, "ex05", "2026-03-02", "2026-03-13")

    refused = await form(review, "2026-03-02")

    assert (refused.status_code, codes_of(refused)) == (422, ["EXPERT_AWAY"])
    error = refused.json()["errors"][0]
    assert error["pointer"] == "/expert_ids/2"
    for told in ("2026-03-02", "2026-03-13", "2026-02-02"):
        assert told in error["detail"]
    assert "travel" not in refused.text
    formed = await form(review, "2026-03-01")
    assert (formed.status_code, formed.json()["until_on"]) == (201, "2026-03-01")


@pytest.mark.requirement("A119", "A120")
@pytest.mark.refusing
async def test_without_a_day_a_panel_works_thirty_days_and_none_works_in_the_past(
    review: Reviewing,
) -> None:
    assert codes_of(await form(review, "2026-02-01")) == ["FIELD_INVALID"]
    await away(review, "ex05", "2026-03-04", "2026-03-04")
    assert codes_of(await review.form(FIVE)) == ["EXPERT_AWAY"]
    async with review.expert("ex05") as expert:
        own = (await expert.get(place(review, "ex05"))).json()["items"][0]["id"]
        await expert.post(f"{place(review, 'ex05')}/{own}/withdraw")
    await away(review, "ex05", "2026-03-05", "2026-03-05")

    formed = await review.form(FIVE)

    assert (formed.status_code, formed.json()["until_on"]) == (201, "2026-03-04")


@pytest.mark.requirement("A119", "X08")
@pytest.mark.refusing
async def test_days_of_a_further_account_are_the_person_s_own(review: Reviewing) -> None:
    async with review.handler as handler:
        added = await handler.post(
            f"/v1/evaluation/experts/{review.expert_ids['ex05']}/accounts",
            json={"person_id": str(review.people["ex06"])},
        )
    assert added.status_code == 201, added.text
    await away(review, "ex06", "2026-02-10", "2026-02-10")

    assert codes_of(await review.form(FIVE)) == ["EXPERT_AWAY"]


@pytest.mark.requirement("A119")
@pytest.mark.refusing
async def test_two_absences_share_no_day_in_the_database_either(review: Reviewing) -> None:
    await away(review, "ex05", "2026-03-02", "2026-03-13")
    async with review.expert("ex05") as expert:
        again = await expert.post(place(review, "ex05"), json=body("2026-03-13", "2026-03-20"))
        assert (again.status_code, codes_of(again)) == (409, ["ABSENCES_OVERLAP"])
        assert again.json()["errors"][0]["params"]["days"] == ["2026-03-02/2026-03-13"]

    async with review.service.sessions.begin() as session:
        session.add(
            ExpertAbsence(
                expert_id=review.expert_ids["ex05"], kind=AbsenceKind.LEAVE,
                from_on=date(2026, 3, 13), until_on=date(2026, 3, 20), recorded_by=new_id(),
                recorded_at=review.service.app.state.clock.now(),
            )
        )  # fmt: skip
        with pytest.raises(IntegrityError, match="ex_expert_absence_apart"):
            await session.flush()
        await session.rollback()


@pytest.mark.requirement("A119")
@pytest.mark.refusing
async def test_of_two_told_at_once_one_is_kept(review: Reviewing) -> None:
    async with review.expert("ex05") as first, review.handler as second:
        answers = await asyncio.gather(
            *(
                one.post(place(review, "ex05"), json=body("2026-03-02", "2026-03-13"))
                for one in (first, second)
            )
        )
        listed = (await first.get(place(review, "ex05"))).json()["items"]

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(listed) == 1


@pytest.mark.requirement("A119")
@pytest.mark.refusing
async def test_it_is_ended_earlier_or_withdrawn_and_then_bars_no_more(review: Reviewing) -> None:
    begun = await away(review, "ex05", "2026-01-20", "2026-02-20")
    ahead = await away(review, "ex05", "2026-02-21", "2026-02-22")
    path = place(review, "ex05")
    async with review.expert("ex05") as expert, review.expert("ex04") as other:
        late = await expert.post(f"{path}/{begun['id']}/end", json={"until_on": "2026-02-20"})
        assert codes_of(late) == ["FIELD_INVALID"]
        assert codes_of(await expert.post(f"{path}/{begun['id']}/withdraw")) == ["ABSENCE_BEGUN"]
        assert (await other.post(f"{path}/{ahead['id']}/withdraw")).status_code == 404
        ended = await expert.post(f"{path}/{begun['id']}/end", json={"until_on": "2026-02-01"})
        withdrawn = await expert.post(f"{path}/{ahead['id']}/withdraw")
        assert codes_of(await expert.post(f"{path}/{ahead['id']}/withdraw")) == ["STATE_CONFLICT"]
        over = await expert.post(f"{path}/{begun['id']}/end", json={"until_on": "2026-01-25"})

    assert ended.json()["until_on"] == "2026-02-01"
    assert withdrawn.json()["state"] == "withdrawn"
    assert codes_of(over) == ["ABSENCE_OVER"]
    assert (await review.form(FIVE)).status_code == 201
    told = await event_types(review.service.sessions)
    assert [name for name in told if name.startswith("expert.absence")] == [
        "expert.absence_recorded", "expert.absence_recorded", "expert.absence_ended",
        "expert.absence_withdrawn",
    ]  # fmt: skip


@pytest.mark.requirement("A119", "A120")
@pytest.mark.refusing
async def test_who_is_away_fills_no_vacant_seat(review: Reviewing) -> None:
    sheets = await review.formed()
    await review.declare("ex04", sheets["ex04"], conflict=True)
    panel = await panel_of(review)
    await away(review, "ex11", "2026-03-04", "2026-03-10")

    async with review.handler as handler:
        asked = {"expert_id": str(review.expert_ids["ex11"])}
        refused = await handler.post(f"{panel}/seats", json=asked)
        assert (refused.status_code, codes_of(refused)) == (422, ["EXPERT_AWAY"])
        assert refused.json()["errors"][0]["pointer"] == "/expert_id"
        async with review.expert("ex11") as expert:
            own = (await expert.get(place(review, "ex11"))).json()["items"][0]["id"]
            await expert.post(f"{place(review, 'ex11')}/{own}/withdraw")
        seated = await handler.post(f"{panel}/seats", json=asked)

    assert seated.status_code == 201, seated.text


async def panel_of(review: Reviewing) -> str:
    async with review.handler as handler:
        panel = (await handler.get("/v1/evaluation/panels")).json()["items"][0]["id"]
    return f"/v1/evaluation/panels/{panel}"


async def waiting(review: Reviewing, duty: str = "handler") -> list[str]:
    async with review.official(duty) as official:
        items = (await official.get(TASKS)).json()["items"]
    return [one["subject_id"] for one in items if one["kind"] == "seat.away"]


@pytest.mark.requirement("A119", "A120")
async def test_a_seat_already_held_shows_until_its_sheet_is_in(review: Reviewing) -> None:
    sheets = await review.formed()
    panel = await panel_of(review)
    assert await waiting(review) == []

    told = await away(review, "ex05", "2026-03-04", "2026-03-10")

    assert told["sheets"] == [sheets["ex05"]]
    assert await waiting(review) == [panel.rpartition("/")[2]]
    assert await waiting(review, "auditor") == []
    async with review.official("auditor") as auditor, review.member() as member:
        shown = await auditor.get(f"{panel}/absences")
        assert (await member.get(f"{panel}/absences")).status_code == 403
    assert shown.json()["items"] == [
        {
            "sheet_id": sheets["ex05"],
            "expert_id": str(review.expert_ids["ex05"]),
            "from_on": "2026-03-04",
            "until_on": "2026-03-10",
        }
    ]
    await review.score("ex05", sheets["ex05"])
    assert await waiting(review) == []


@pytest.mark.requirement("A119")
async def test_a_day_after_the_panel_s_last_one_touches_no_seat(review: Reviewing) -> None:
    await review.formed()
    told = await away(review, "ex05", "2026-03-05", "2026-03-10")
    assert (told["sheets"], await waiting(review)) == ([], [])

    # The panel is late: it works on, and its expert is away now.
    review.service.set_clock(TODAY.replace("2026-02-02", "2026-03-05"))

    assert len(await waiting(review)) == 1
    review.service.set_clock(TODAY.replace("2026-02-02", "2026-03-11"))
    assert await waiting(review) == []
