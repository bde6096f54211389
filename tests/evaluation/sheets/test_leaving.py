"""Who declined or left his seat scores no more, and it is filled before anything counts."""

from typing import Any

import httpx
import pytest

from evaluation.panels.rules import State as PanelState
from evaluation.panels.rules import answer_checks, seat_checks
from evaluation.sheets.rules import State, declining_checks, filled_checks
from shared.rules import failed_codes
from tests.evaluation.results import vector
from tests.evaluation.results.year import JudgedYear
from tests.evaluation.reviewing import EXPERTS, ITEMS, Reviewing, codes_of

DECLINED = {"accepted": False, "reason": "出国访问"}


@pytest.fixture
async def year(unplanned: JudgedYear) -> JudgedYear:
    await unplanned.frozen()
    return unplanned


async def answered(
    review: Reviewing, code: str, seat: str, body: dict[str, Any] | None = None
) -> httpx.Response:
    async with review.expert(code) as client:
        return await client.post(f"/v1/evaluation/seats/{seat}/answer", json=body or DECLINED)


@pytest.mark.requirement("A121")
@pytest.mark.refusing
@pytest.mark.parametrize("state", list(State))
def test_what_was_handed_in_is_not_taken_back_by_declining(state: State) -> None:
    refused = ["STATE_CONFLICT"] if state is State.SUBMITTED else []
    assert failed_codes(declining_checks(state)) == refused


@pytest.mark.requirement("A120", "A121")
@pytest.mark.refusing
def test_a_seat_is_answered_once_and_scored_while_it_is_held() -> None:
    assert failed_codes(seat_checks(vacated=False)) == []
    assert failed_codes(seat_checks(vacated=True)) == ["STATE_CONFLICT"]
    assert failed_codes(answer_checks(PanelState.FORMED, answered=False)) == []
    assert failed_codes(answer_checks(PanelState.FORMED, answered=True)) == ["STATE_CONFLICT"]
    assert failed_codes(answer_checks(PanelState.COMPLETED, answered=False)) == ["STATE_CONFLICT"]
    assert failed_codes(filled_checks([])) == []
    (check,) = filled_checks(["legal", "economic"])
    assert (check.passed, check.code) == (False, "PANEL_INCOMPLETE")
    assert check.params["missing"] == ["economic", "legal"]


@pytest.mark.anyio
@pytest.mark.requirement("A121")
@pytest.mark.refusing
async def test_who_declined_while_he_drafted_writes_and_hands_in_no_more(review: Reviewing) -> None:
    sheets = await review.formed()
    sheet = sheets["ex02"]
    await review.draft("ex02", sheet)
    assert (await answered(review, "ex02", sheet)).status_code == 201

    refused = [
        await review.submit("ex02", sheet),
        await review.save("ex02", sheet, dict.fromkeys(ITEMS, "1.00")),
        await answered(review, "ex02", sheet, {"accepted": True}),
    ]
    async with review.official("reviewer") as reviewer:
        refused.append(
            await reviewer.post(
                f"/v1/evaluation/score-sheets/{sheet}/void", json={"reason": "已谢绝"}
            )
        )

    assert {answer.status_code for answer in refused} == {409}
    assert {code for answer in refused for code in codes_of(answer)} == {"STATE_CONFLICT"}
    # Nor does he begin one that he had not begun.
    assert (await answered(review, "ex04", sheets["ex04"])).status_code == 201
    for conflict in (False, True):
        late = await review.declare("ex04", sheets["ex04"], conflict=conflict)
        assert codes_of(late) == ["STATE_CONFLICT"]
    async with review.handler as handler:
        panel = (await handler.get("/v1/evaluation/panels")).json()["items"][0]
    assert panel["vacant_fields"] == ["economic", "technical"]


@pytest.mark.anyio
@pytest.mark.requirement("A121")
@pytest.mark.refusing
async def test_a_sheet_that_was_handed_in_stays_though_its_expert_declines(
    review: Reviewing,
) -> None:
    sheets = await review.formed()
    await review.score("ex02", sheets["ex02"])
    assert codes_of(await answered(review, "ex02", sheets["ex02"])) == ["STATE_CONFLICT"]
    # He may still say that he took the seat, as he did.
    taken = await answered(review, "ex02", sheets["ex02"], {"accepted": True})
    assert taken.status_code == 201


@pytest.mark.anyio
@pytest.mark.requirement("A120", "A121")
@pytest.mark.refusing
async def test_a_case_is_not_computed_before_the_seats_that_were_left_are_filled(
    year: JudgedYear,
) -> None:
    sheets = await year.panel()
    assert (await answered(year, "ex09", sheets["ex09"])).status_code == 201
    recused = await year.declare("ex04", sheets["ex04"], conflict=True)
    assert recused.status_code == 200
    for code in ("ex02", "ex05", "ex06", "ex07", "ex08"):
        assert (await year.declare(code, sheets[code])).status_code == 200
        scores = dict.fromkeys(vector.SCORES, "80.00")
        assert (await year.save(code, sheets[code], scores)).status_code == 200
        assert (await year.submit(code, sheets[code])).status_code == 200

    refused = await year.as_("handler", "POST", "/compute")
    assert codes_of(refused) == ["PANEL_INCOMPLETE"]
    assert refused.json()["errors"][0]["params"]["missing"] == ["legal", "technical"]
    ready = (await year.as_("auditor", "GET", "/readiness")).text
    assert "PANEL_INCOMPLETE" in ready

    # The seats are filled, and their sheets are missed until they are in.
    await seat(year, "ex10", "ex03")
    assert codes_of(await year.as_("handler", "POST", "/compute")) == ["SHEETS_WAITING"]


async def seat(year: JudgedYear, *codes: str) -> None:
    """Enter experts into the pool and seat them where their field is vacant."""
    async with year.handler as handler:
        panel = (await handler.get("/v1/evaluation/panels")).json()["items"][0]
        for code in codes:
            body = year.body(code, EXPERTS[code][0], {})
            entered = await handler.post("/v1/evaluation/experts", json=body)
            assert entered.status_code == 201, entered.text
            filled = await handler.post(
                f"/v1/evaluation/panels/{panel['id']}/seats",
                json={"expert_id": str(year.expert_ids[code])},
            )
            assert filled.status_code in (200, 201), filled.text
