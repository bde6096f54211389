"""Agreement of a cycle over HTTP: for officials, without the panels they sit on themselves."""

import pytest

from tests.evaluation.results.year import JudgedYear
from tests.evaluation.reviewing import SEVEN

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("A121")
async def test_officials_see_how_far_experts_agree(year: JudgedYear) -> None:
    await year.frozen()
    await year.scored()
    path = f"/v1/evaluation/cycles/{year.cycle_id}/agreement"
    told = (await year.as_("auditor", "GET", path)).json()
    assert told["indicators"][0]["indicator"] == "*"
    assert {one["sheets"] for one in told["indicators"]} == {7}
    assert told["groups"] == [[year.case_id]]
    assert len(told["effects"]) == 7


@pytest.mark.requirement("A121", "X03")
@pytest.mark.refusing
async def test_nobody_else_sees_it_and_no_official_sees_his_own_panel(year: JudgedYear) -> None:
    await year.frozen()
    await year.scored()
    path = f"/v1/evaluation/cycles/{year.cycle_id}/agreement"
    async with year.expert("ex02") as expert:
        assert (await expert.get(path)).status_code == 403
    assert (await year.own("GET", path)).status_code == 403
    async with year.service.client("official", "auditor", sub=year.people[SEVEN[0]]) as seated:
        told = (await seated.get(path)).json()
    assert (told["effects"], told["groups"], told["outlying_sheets"]) == ([], [], [])
