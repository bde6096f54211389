"""The pool over HTTP: who keeps it, who reads it, what it refuses."""

import pytest
from sqlmodel import select

from evaluation.experts.tables import ExpertPersonalData
from shared.database import new_id
from shared.events.tables import Audit, Event
from tests.evaluation.reviewing import FIVE, USCC, Reviewing, codes_of

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("A119", "X12")
async def test_officials_read_ties_and_names_and_lists_mask_them(review: Reviewing) -> None:
    async with review.official("auditor") as auditor:
        listed = (await auditor.get("/v1/evaluation/experts?field=legal")).json()["items"]
        shown = await auditor.get(f"/v1/evaluation/experts/{review.expert_ids['ex10']}")

    assert {item["masked_name"] for item in listed} == {"专*****"}
    assert shown.json()["name"] == "专家ex10"
    assert shown.json()["relations"][0]["kind"] == "kinship"
    assert shown.json()["relations"][0]["relative_person"] == "配偶"


@pytest.mark.requirement("A119", "X12", "X04")
@pytest.mark.refusing
async def test_an_expert_sees_himself_and_nobody_else(review: Reviewing) -> None:
    async with review.expert("ex02") as expert:
        own = await expert.get(f"/v1/evaluation/experts/{review.expert_ids['ex02']}")
        other = await expert.get(f"/v1/evaluation/experts/{review.expert_ids['ex04']}")
        listed = await expert.get("/v1/evaluation/experts")

    assert own.json()["name"] == "专家ex02"
    assert other.status_code == 404
    assert [item["id"] for item in listed.json()["items"]] == [str(review.expert_ids["ex02"])]


async def test_a_member_neither_reads_nor_keeps_the_pool(review: Reviewing) -> None:
    async with review.member() as member:
        assert (await member.get("/v1/evaluation/experts")).status_code == 403
        body = review.body("ex02", "legal", {})
        assert (await member.post("/v1/evaluation/experts", json=body)).status_code == 403


async def test_one_person_is_one_expert(review: Reviewing) -> None:
    body = {**review.body("ex02", "economic", {}), "id": str(new_id())}
    async with review.handler as handler:
        answer = await handler.post("/v1/evaluation/experts", json=body)

    assert answer.status_code == 409
    assert codes_of(answer) == ["ALREADY_EXISTS"]


async def test_wrong_codes_are_told_with_their_place(review: Reviewing) -> None:
    body = review.body("ex02", "economic", {})
    relations = [{"kind": "board", "org_uscc": "91310115FAKE00013A"}]
    body |= {"id": str(new_id()), "person_id": str(new_id()), "relations": relations}
    async with review.handler as handler:
        answer = await handler.post("/v1/evaluation/experts", json=body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/relations/0/org_uscc"]
    assert codes_of(answer) == ["USCC_CHECK_DIGIT"]


async def test_a_relation_without_a_place_or_with_reversed_days_is_refused(
    review: Reviewing,
) -> None:
    path = f"/v1/evaluation/experts/{review.expert_ids['ex02']}/relations"
    reversed_days = {"from_on": "2024-02-01", "until_on": "2024-01-31", "org_uscc": USCC["m01"]}
    async with review.handler as handler:
        for body in ({}, reversed_days):
            answer = await handler.post(path, json={"kind": "board", **body})
            assert answer.status_code == 422, answer.text


@pytest.mark.requirement("A119", "X08")
@pytest.mark.refusing
async def test_a_tie_that_became_known_bars_until_its_end_has_passed(review: Reviewing) -> None:
    path = f"/v1/evaluation/experts/{review.expert_ids['ex05']}/relations"
    async with review.handler as handler:
        added = await handler.post(path, json={"kind": "board", "org_uscc": USCC["m02"]})
        assert added.status_code == 201, added.text
        relation = added.json()["relations"][0]["id"]
        assert codes_of(await review.form(FIVE)) == ["COI_BOARD"]
        ended = await handler.post(f"{path}/{relation}/end", json={"until_on": "2023-02-01"})

    assert ended.json()["relations"][0]["until_on"] == "2023-02-01"
    assert (await review.form(FIVE)).status_code == 201


@pytest.mark.requirement("A119")
@pytest.mark.refusing
async def test_a_retired_expert_is_not_asked(review: Reviewing) -> None:
    path = f"/v1/evaluation/experts/{review.expert_ids['ex05']}"
    async with review.handler as handler:
        retired = await handler.post(f"{path}/retirement", json={"reason": "任期届满"})
        again = await handler.post(f"{path}/retirement", json={"reason": "任期届满"})
        assert codes_of(await review.form(FIVE)) == ["EXPERT_INACTIVE"]
        returned = await handler.post(f"{path}/return")

    assert retired.json()["state"] == "retired"
    assert again.status_code == 409
    assert returned.json()["state"] == "active"
    assert (await review.form(FIVE)).status_code == 201


@pytest.mark.requirement("X12")
async def test_names_stand_in_one_table_and_in_no_event(review: Reviewing) -> None:
    async with review.service.sessions.reading() as session:
        told = [str(data) for data in await session.scalars(select(Event.data))]
        reasons = list(await session.scalars(select(Audit.reason)))
        names = list(await session.scalars(select(ExpertPersonalData.content)))

    assert len(names) > len(review.expert_ids)
    # Sealed: whoever reads the table reads no name, and equal names do not look alike.
    assert all(name.startswith("sealed:") for name in names)
    assert len(set(names)) == len(names)
    assert not [name for name in names if "专" in name or "配偶" in name]
    assert not [data for data in told if "专家" in data or "配偶" in data]
    assert not any(reasons)


@pytest.mark.requirement("X12")
async def test_a_retired_expert_s_name_can_be_erased_and_the_rest_stays(
    review: Reviewing,
) -> None:
    path = f"/v1/evaluation/experts/{review.expert_ids['ex10']}"
    async with review.handler as handler:
        await handler.post(f"{path}/retirement", json={"reason": "本人申请"})
        erased = await handler.delete(f"{path}/personal-data")

    assert erased.status_code == 200, erased.text
    assert erased.json()["name"] is None
    assert [tie["relative_person"] for tie in erased.json()["relations"]] == [None]
    assert erased.json()["relations"][0]["kind"] == "kinship"


@pytest.mark.requirement("X12")
@pytest.mark.refusing
async def test_the_name_of_an_expert_who_may_be_asked_is_not_erased(review: Reviewing) -> None:
    path = f"/v1/evaluation/experts/{review.expert_ids['ex10']}/personal-data"
    async with review.handler as handler, review.member() as member:
        assert codes_of(await handler.delete(path)) == ["STATE_CONFLICT"]
        assert (await member.delete(path)).status_code == 403
