"""Who stands in an organization's place acts for its centre, and is no stranger to its experts."""

import httpx
import pytest

from tests.evaluation.results.year import ACCOUNTS, JudgedYear
from tests.evaluation.reviewing import FIVE, USCC, Reviewing, codes_of
from tests.fixtures.successions import follow

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("A128", "A160")
async def test_the_successor_of_the_operator_writes_and_sends_the_report(year: JudgedYear) -> None:
    await year.opened()
    await follow(year.service.sessions, year.org_ids["entity"], year.org_ids["m20"])
    report = {"accounts": ACCOUNTS, "narrative": {"operation": "运行正常"}}
    async with year.member("m20") as successor:
        cases = (await successor.get("/v1/evaluation/cases")).json()["items"]
        written = await successor.put(year.path("/report"), json=report)
        sent = await successor.post(year.path("/report/submit"))
    assert [one["id"] for one in cases] == [str(year.case_id)]
    assert (written.status_code, sent.status_code) == (200, 200), (written.text, sent.text)
    assert sent.json()["state"] == "submitted"


@pytest.mark.requirement("X03", "X04")
@pytest.mark.refusing
async def test_a_successor_in_office_decides_nothing_of_the_former_organizations_centre(
    year: JudgedYear,
) -> None:
    await year.frozen()
    await year.scored()
    assert (await year.as_("handler", "POST", "/compute")).status_code == 200

    async def reviewed() -> httpx.Response:
        official = year.service.client("official", "reviewer", org_id=year.org_ids["m15"])
        async with official as reviewer:
            return await reviewer.post(year.path("/review"))

    # The other way round it is nobody's business: a predecessor acts for itself alone.
    await follow(year.service.sessions, year.org_ids["m15"], year.org_ids["m02"])
    await follow(year.service.sessions, year.org_ids["entity"], year.org_ids["m15"])
    refused = await reviewed()
    assert (refused.status_code, codes_of(refused)) == (403, ["SOD_VIOLATION"])
    async with year.member("m02") as stranger:
        assert (await stranger.get("/v1/evaluation/cases")).json()["items"] == []


@pytest.mark.requirement("X08")
@pytest.mark.refusing
@pytest.mark.parametrize("turned", [False, True])
async def test_ties_reach_through_a_succession_either_way(review: Reviewing, turned: bool) -> None:
    # ex10's spouse works at m15, which follows m02 or was followed by it.
    pair = ("m15", "m02") if turned else ("m02", "m15")
    experts = (*FIVE[:-1], "ex10")
    await follow(review.service.sessions, *(review.org_ids[code] for code in pair))
    refused = await review.form(experts)
    assert codes_of(refused) == ["COI_KINSHIP"]
    assert refused.json()["errors"][0]["params"]["org_uscc"] == USCC["m15"]


@pytest.mark.requirement("X08")
async def test_without_a_succession_the_same_expert_may_sit(review: Reviewing) -> None:
    assert (await review.form((*FIVE[:-1], "ex10"))).status_code == 201
