"""A panel is complete, free of conflicts and apart from whoever acts in the case."""

import asyncio

import httpx
import pytest

from evaluation.panels.consumers import CONSUMES
from shared.database import new_id
from shared.directory import DirectoryOrganization
from shared.events import ReceivedEvent
from tests.evaluation.reviewing import FIVE, SEVEN, USCC, Reviewing, codes_of
from tests.fixtures.service import event_types

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("A119", "A120")
async def test_seven_experts_over_five_fields_form_a_panel(review: Reviewing) -> None:
    answer = await review.form(SEVEN)

    assert answer.status_code == 201, answer.text
    panel = answer.json()
    assert panel["state"] == "formed"
    assert panel["vacant_fields"] == []
    assert [sheet["expert_id"] for sheet in panel["sheets"]] == [
        str(review.expert_ids[code]) for code in SEVEN
    ]
    assert (await event_types(review.service.sessions))[-1] == "panel.formed"


@pytest.mark.requirement("A120")
@pytest.mark.refusing
async def test_four_experts_without_a_lawyer_are_too_few_and_lack_a_field(
    review: Reviewing,
) -> None:
    answer = await review.form(("ex02", "ex04", "ex05", "ex07"))

    assert answer.status_code == 422
    assert codes_of(answer) == ["PANEL_SIZE", "PANEL_FIELD_MISSING"]
    assert answer.json()["errors"][1]["params"]["missing"] == ["legal"]
    assert answer.json()["errors"][0]["clause"] == "四(三)2"


@pytest.mark.requirement("A120", "X08")
@pytest.mark.refusing
async def test_every_conflict_of_every_expert_is_told_with_its_path(review: Reviewing) -> None:
    answer = await review.form(("ex01", "ex03", "ex05", "ex07", "ex09"))

    assert answer.status_code == 422
    assert codes_of(answer) == ["COI_EMPLOYMENT_3Y", "COI_CURRENT_ORG"]
    former, professor = answer.json()["errors"]
    assert former["pointer"] == "/expert_ids/0"
    assert former["params"]["expert_id"] == str(review.expert_ids["ex01"])
    assert former["params"]["org_uscc"] == USCC["m20"]
    assert former["params"]["until_on"] == "2024-09-30"
    assert professor["params"]["org_uscc"] == USCC["m03"]
    assert professor["params"]["relation"] == "employment"


@pytest.mark.requirement("X08")
@pytest.mark.refusing
async def test_a_tie_to_a_parent_company_reaches_its_subsidiary(review: Reviewing) -> None:
    review.tell_subject(orgs=[review.org("m01", "lead", parents=[USCC["m15"]])])

    answer = await review.form(("ex02", "ex04", "ex05", "ex07", "ex10"))

    assert codes_of(answer) == ["COI_KINSHIP"]
    path = answer.json()["errors"][0]["params"]
    assert (path["org_uscc"], path["through"]) == (USCC["m01"], USCC["m15"])


@pytest.mark.requirement("X08")
@pytest.mark.refusing
async def test_an_owner_above_the_owner_that_the_registry_names_bars_too(
    review: Reviewing,
) -> None:
    review.tell_subject(orgs=[review.org("m01", "lead", parents=[USCC["m15"]])])
    async with review.service.sessions.begin() as session:
        owner = await session.get_one(DirectoryOrganization, review.org_ids["m15"])
        owner.parent_uscc = USCC["c02"]
    path = f"/v1/evaluation/experts/{review.expert_ids['ex05']}/relations"
    async with review.handler as handler:
        await handler.post(path, json={"kind": "board", "org_uscc": USCC["c02"]})

    answer = await review.form(FIVE)

    assert codes_of(answer) == ["COI_BOARD"]
    chain = answer.json()["errors"][0]["params"]["chain"]
    assert chain == [USCC["c02"], USCC["m15"], USCC["m01"]]


@pytest.mark.requirement("X03")
@pytest.mark.refusing
async def test_who_handles_or_submitted_the_case_is_no_expert_on_it(review: Reviewing) -> None:
    submitter = {"person_id": str(review.people["ex05"]), "capacity": "submitter"}
    review.tell_subject(case_people=[submitter])
    review.officials["handler"] = review.people["ex07"]

    answer = await review.form(FIVE)

    assert answer.status_code == 403
    assert codes_of(answer) == ["SOD_VIOLATION", "SOD_VIOLATION"]
    held = {error["pointer"]: error["params"]["held"] for error in answer.json()["errors"]}
    assert held == {"/expert_ids/2": ["submitter"], "/expert_ids/3": ["handler"]}


@pytest.mark.requirement("A120", "A121")
@pytest.mark.refusing
async def test_an_application_that_is_not_accepted_gets_no_panel(review: Reviewing) -> None:
    review.tell_subject(state="submitted")

    answer = await review.form(FIVE)

    assert answer.status_code == 409
    assert codes_of(answer) == ["STATE_CONFLICT"]


@pytest.mark.requirement("A120")
@pytest.mark.refusing
async def test_a_panel_by_hand_keeps_limits_and_separates_colleagues(review: Reviewing) -> None:
    async with review.handler as handler:
        for code in ("ex02", "ex04"):
            path = f"/v1/evaluation/experts/{review.expert_ids[code]}/employer"
            moved = {"org_uscc": USCC["c02"], "from_on": "2026-01-05"}
            assert (await handler.post(path, json=moved)).status_code == 200
        full = {"expert_id": str(review.expert_ids["ex07"]), "max_load": 0}
        body = {**review.panel_body(FIVE), "loads": [full]}
        refused = await handler.post("/v1/evaluation/panels", json=body)
    assert codes_of(refused) == ["PANEL_COLLEAGUES", "EXPERT_OVERLOADED"]
    beside, overloaded = refused.json()["errors"]
    assert (beside["rule"], beside["pointer"]) == ("A120", "/expert_ids/1")
    assert beside["params"]["organizations"] == [USCC["c02"]]
    assert overloaded["pointer"] == "/expert_ids/3"
    assert (overloaded["params"]["held"], overloaded["params"]["max"]) == (0, 0)


@pytest.mark.requirement("A120", "A121")
@pytest.mark.refusing
async def test_an_application_that_ended_holds_no_expert_back(review: Reviewing) -> None:
    """A panel of a rejected application counts until the rejection is heard, and not after it."""
    five = ("ex02", "ex11", "ex05", "ex07", "ex09")
    sheets = await review.formed(five)
    async with review.expert("ex11") as leaving:
        await leaving.post(
            f"/v1/evaluation/seats/{sheets['ex11']}/answer",
            json={"accepted": False, "reason": "出国访问"},
        )
    async with review.official("auditor") as auditor:
        left = (await auditor.get("/v1/evaluation/panels")).json()["items"][0]
    first, review.application_id = review.application_id, new_id()
    review.tell_subject()
    async with review.handler as handler:
        body = {**review.panel_body(five), "max_load": 1}
        held = await handler.post("/v1/evaluation/panels", json=body)
        assert codes_of(held) == ["EXPERT_OVERLOADED"] * 4, "whoever left is free"

        async with review.service.sessions.begin() as session:
            told = ReceivedEvent(
                new_id(), "application.rejected", "registry", first, review.center_id, {}, 1,
                review.service.app.state.clock.now(),
            )  # fmt: skip
            await CONSUMES[told.type](session, told)
            await CONSUMES[told.type](session, told)  # Delivered twice.

        refill = f"/v1/evaluation/panels/{left['id']}/seats"
        named = {"expert_id": str(review.expert_ids["ex04"])}
        refused = await handler.post(refill, json=named)
        assert codes_of(refused) == ["STATE_CONFLICT"]
        assert refused.json()["errors"][0]["params"]["state"] == "rejected"
        formed = await handler.post("/v1/evaluation/panels", json=body)
    assert formed.status_code == 201, formed.text
    assert (formed.json()["max_load"], formed.json()["loads"]) == (1, {})


async def test_the_last_room_of_an_expert_is_given_once(review: Reviewing) -> None:
    """Two handlers form two panels at once, each with the same experts' only free place."""
    bodies = []
    for _ in range(2):
        review.application_id = new_id()
        review.tell_subject()
        bodies.append({**review.panel_body(FIVE), "max_load": 1})

    async def form(body: dict[str, object]) -> httpx.Response:
        async with review.handler as handler:
            return await handler.post("/v1/evaluation/panels", json=body)

    answers = await asyncio.gather(*map(form, bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 422]


async def test_an_unknown_application_and_an_unknown_expert_are_not_found(
    review: Reviewing,
) -> None:
    review.expert_ids["ex09"] = new_id()
    assert codes_of(await review.form(FIVE))[0] == "NOT_FOUND"
    review.application_id = new_id()
    assert (await review.form(FIVE)).status_code == 404


async def test_only_a_handler_forms_a_panel(review: Reviewing) -> None:
    for caller in (review.official("approver"), review.member(), review.expert("ex02")):
        async with caller as client:
            answer = await client.post("/v1/evaluation/panels", json=review.panel_body(FIVE))
        assert answer.status_code == 403


@pytest.mark.requirement("X12", "X04")
@pytest.mark.refusing
async def test_the_applicant_never_learns_who_reviews_it(review: Reviewing) -> None:
    panel_id = (await review.form(FIVE)).json()["id"]

    async with review.member() as member:
        assert (await member.get(f"/v1/evaluation/panels/{panel_id}")).status_code == 404
        assert (await member.get("/v1/evaluation/panels")).json()["items"] == []
        await review.service.number()
        feed = await member.get("/v1/evaluation/events")
    assert feed.json()["items"] == []


async def test_a_panel_asked_for_twice_at_once_is_formed_once(review: Reviewing) -> None:
    answers = await asyncio.gather(review.form(FIVE), review.form(SEVEN))

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    events = await event_types(review.service.sessions)
    assert events.count("panel.formed") == 1


async def test_a_repeated_request_gets_the_kept_answer_without_asking_again(
    review: Reviewing,
) -> None:
    async with review.handler as handler:
        headers = {"Idempotency-Key": "panel-1"}
        body = review.panel_body(FIVE)
        first = await handler.post("/v1/evaluation/panels", json=body, headers=headers)
        asked = len(review.service.neighbours.asked)
        again = await handler.post("/v1/evaluation/panels", json=body, headers=headers)

    assert again.status_code == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert first.json()["subject_hash"] == "cd" * 32, "what was submitted when it was formed"
    assert len(review.service.neighbours.asked) == asked
