"""What a centre writes of its year is in no answer to anybody but its own people and officials."""

from functools import partial
from typing import Any

import httpx
import pytest

from shared.database import new_id
from tests.evaluation.results.year import ACCOUNTS, JudgedYear
from tests.fixtures.hiding import Readers, everything, leaks

pytestmark = pytest.mark.anyio
SECRETS = ("机密运行情况", "机密评语")
READERS: tuple[tuple[str, ...], ...] = (
    (), ("member",), ("agency",), ("agency", "finance"), ("expert",),
)  # fmt: skip


def readers(year: JudgedYear) -> Readers:
    """Give who has no part in the centre: nobody, another company, an agency, an expert."""
    people = {capacities: new_id() for capacities in READERS}

    def reader(capacities: tuple[str, ...]) -> httpx.AsyncClient:
        claims: dict[str, Any] = {"sub": people[capacities]} if capacities else {}
        if "member" in capacities:
            claims["org_id"] = year.org_ids["m15"]
        if "expert" in capacities:
            claims["expert_id"] = year.expert_ids["ex01"]
        return year.service.client(*capacities, **claims)

    return {capacities: partial(reader, capacities) for capacities in READERS}


async def drafted(year: JudgedYear) -> dict[str, str]:
    """Let the centre write its report, and an expert a sheet that he has not sent."""
    report = {"accounts": ACCOUNTS, "narrative": {"operation": SECRETS[0]}}
    assert (await year.own("PUT", "/report", report)).status_code == 200
    known = {"case_id": str(year.case_id)}
    await year.service.number()
    return known


@pytest.mark.refusing
@pytest.mark.requirement("X04")
async def test_no_answer_to_a_stranger_knows_of_a_report_that_is_being_written(
    year: JudgedYear,
) -> None:
    await year.opened()
    before = await everything(year.service, readers(year))
    known = await drafted(year)
    assert await leaks(year.service, readers(year), known, SECRETS) == []
    after = await everything(year.service, readers(year))
    assert len(before) > 30
    assert [place for place in before if before[place] != after[place]] == []
    assert SECRETS[0] in (await year.own("GET", "/report")).text


@pytest.mark.refusing
@pytest.mark.requirement("X04", "X11")
async def test_no_answer_knows_of_a_sheet_but_to_its_expert_and_officials(
    year: JudgedYear,
) -> None:
    await year.frozen()
    sheets = await year.panel()
    before = await everything(year.service, readers(year))
    path = f"/v1/evaluation/score-sheets/{sheets['ex02']}"
    said = {"conflict": False, "statement": "无利害关系"}
    item = {"indicator": "A4", "score": "61.37", "comment": SECRETS[1]}
    async with year.expert("ex02") as expert:
        assert (await expert.post(f"{path}/declaration", json=said)).is_success
        written = await expert.put(f"{path}/items", json={"items": [item]})
        assert written.is_success, written.text
        assert SECRETS[1] in (await expert.get(path)).text
    await year.service.number()
    known = {"sheet_id": sheets["ex02"], "case_id": str(year.case_id)}
    outsiders: Readers = {
        **readers(year),
        # The centre itself sees neither the sheet nor who writes one.
        ("member", "own"): year.operator,
        ("expert", "of the panel"): partial(year.expert, "ex04"),
    }
    del known["case_id"]
    shown = await leaks(year.service, outsiders, known, (*SECRETS, "61.37"))
    assert shown == []
    after = await everything(year.service, readers(year))
    assert [place for place in before if before[place] != after[place]] == []
