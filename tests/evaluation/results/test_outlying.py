"""A sheet that stands apart holds its result up until somebody has read it a second time."""

import pytest

from tests.evaluation.results import vector
from tests.evaluation.results.year import JudgedYear
from tests.evaluation.reviewing import SEVEN, codes_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def year(unplanned: JudgedYear) -> JudgedYear:
    await unplanned.frozen()
    return unplanned


async def scored(year: JudgedYear, last: str) -> None:
    """Let six experts agree within a few points, and the last one score as told."""
    sheets = await year.panel()
    for place, code in enumerate(SEVEN):
        score = last if code == SEVEN[-1] else f"{80 + place}.00"
        assert (await year.declare(code, sheets[code])).status_code == 200
        saved = await year.save(code, sheets[code], dict.fromkeys(vector.SCORES, score))
        assert saved.status_code == 200, saved.text
        assert (await year.submit(code, sheets[code])).status_code == 200
    computed = await year.as_("handler", "POST", "/compute")
    assert computed.status_code == 200, computed.text
    told = computed.json()
    # Neither near a bound nor hinging on a sheet: only the sheet itself asks for the reading.
    assert told["near_boundary"] is False


@pytest.mark.requirement("A126", "A121")
@pytest.mark.refusing
async def test_an_outlying_sheet_waits_for_a_second_reading(year: JudgedYear) -> None:
    await scored(year, "5.00")
    refused = await year.as_("reviewer", "POST", "/review")
    assert (refused.status_code, codes_of(refused)) == (409, ["SECOND_READING_MISSING"])
    ready = (await year.as_("auditor", "GET", "/readiness")).text
    assert "SECOND_READING_MISSING" in ready
    reading = {"conclusion": "confirmed", "reason": "低分有据，复核无误"}
    async with year.service.client("official", "reviewer") as uninvolved:
        read = await uninvolved.post(year.path("/second-readings"), json=reading)
    assert read.status_code == 201, read.text
    assert (await year.as_("reviewer", "POST", "/review")).status_code == 200
    assert (await year.as_("approver", "POST", "/publish")).status_code == 200


@pytest.mark.requirement("A126", "A121")
async def test_sheets_that_agree_hold_nothing_up(year: JudgedYear) -> None:
    await scored(year, "83.50")
    assert (await year.as_("reviewer", "POST", "/review")).status_code == 200
