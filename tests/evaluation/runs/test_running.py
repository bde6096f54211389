"""A whole cycle as a job: computed in the asker's name, resumed after a kill, one at a time."""

from typing import Any

import pytest

from evaluation.robustness import rules as robustness
from evaluation.runs import actions, jobs, queries
from tests.evaluation.results.year import JudgedYear
from tests.evaluation.reviewing import codes_of
from tests.fixtures.service import event_types

pytestmark = pytest.mark.anyio
RUNS = "/v1/evaluation/cycle-runs"


async def asked(year: JudgedYear, what: str = "computations") -> dict[str, Any]:
    path = f"/v1/evaluation/cycles/{year.cycle_id}/{what}"
    answer = await year.as_("handler", "POST", path)
    assert answer.status_code == 202, answer.text
    run: dict[str, Any] = answer.json()
    return run


async def read(year: JudgedYear, run: dict[str, Any], more: str = "") -> dict[str, Any]:
    answer = await year.as_("auditor", "GET", f"{RUNS}/{run['id']}{more}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.requirement("A126", "X13")
async def test_a_cycle_is_frozen_and_computed_as_its_cases_alone_would_be(year: JudgedYear) -> None:
    await year.opened()
    assert (await year.reported()).status_code == 200
    await year.scored()
    run = await asked(year)
    assert (run["state"], run["total"], run["done"]) == ("running", 1, 0)

    assert await jobs.work(year.service.app)
    assert not await jobs.work(year.service.app)

    told = await read(year, run)
    assert (told["state"], told["done"], told["refused"]) == ("finished", 1, 0)
    assert (await read(year, run, "/cases"))["items"] == [{"case_id": year.case_id, "codes": []}]
    result = (await year.as_("auditor", "GET", "/result")).json()
    assert (result["total"], result["rating"], result["version"]) == ("82.98", "good", 1)
    # The same by hand gives the result that is there.
    again = (await year.as_("handler", "POST", "/compute")).json()
    assert (again["result_hash"], again["version"]) == (result["result_hash"], 1)
    types = await event_types(year.service.sessions)
    assert "snapshot.frozen" in types
    assert types.count("result.computed") == 1
    # Who asked has handled the case, and may not review it.
    body = {"conclusion": "confirmed", "reason": "x"}
    year.officials["reviewer"] = year.officials["handler"]
    assert codes_of(await year.as_("reviewer", "POST", "/second-readings", body)) == [
        "SOD_VIOLATION"
    ]


@pytest.mark.requirement("A126")
@pytest.mark.refusing
async def test_a_case_that_is_refused_keeps_what_it_had_and_says_why(year: JudgedYear) -> None:
    await year.opened()
    assert (await year.reported()).status_code == 200
    run = await asked(year)
    # One at a time.
    path = f"/v1/evaluation/cycles/{year.cycle_id}/computations"
    assert codes_of(await year.as_("handler", "POST", path)) == ["STATE_CONFLICT"]
    assert (await year.as_("reviewer", "POST", path)).status_code == 403
    assert (await year.own("GET", f"{RUNS}/{run['id']}")).status_code == 403

    assert await jobs.work(year.service.app)
    told = await read(year, run)
    assert (told["state"], told["done"], told["refused"]) == ("finished", 0, 1)
    (case,) = (await read(year, run, "/cases"))["items"]
    assert case["codes"] == ["SHEETS_TOO_FEW"]
    # It was frozen, since that was allowed, and nothing was computed.
    assert (await year.as_("auditor", "GET", "/snapshot")).status_code == 200
    assert (await year.as_("auditor", "GET", "/result")).status_code == 404


@pytest.mark.requirement("A126")
async def test_a_run_goes_on_after_a_kill_and_only_one_process_has_it(
    year: JudgedYear, monkeypatch: pytest.MonkeyPatch
) -> None:
    await year.opened()
    assert (await year.reported()).status_code == 200
    await year.scored()
    run = await asked(year)
    app = year.service.app

    async with year.service.sessions.begin() as another:
        (row,) = await queries.running(another)
        assert await queries.taken(another, row.id)
        # Another process has it; its connection ends with it.
        assert not await jobs.work(app)

    finish = actions.finish

    async def killed(*_: Any) -> None:
        raise SystemError

    monkeypatch.setattr(actions, "finish", killed)
    with pytest.raises(SystemError):
        await jobs.work(app)
    assert (await read(year, run))["state"] == "running"
    assert (await read(year, run))["done"] == 1

    monkeypatch.setattr(actions, "finish", finish)
    assert await jobs.work(app)
    assert (await read(year, run))["state"] == "finished"
    assert (await event_types(year.service.sessions)).count("result.computed") == 1


@pytest.mark.requirement("A126")
async def test_robustness_is_tried_anew_after_a_kill_and_comes_to_the_same(
    year: JudgedYear, monkeypatch: pytest.MonkeyPatch
) -> None:
    await year.computed()
    path = f"/v1/evaluation/cycles/{year.cycle_id}/robustness"
    document = robustness.document

    def killed(*_: Any) -> dict[str, Any]:
        raise SystemError

    run = await asked(year, "robustness")
    monkeypatch.setattr(robustness, "document", killed)
    with pytest.raises(SystemError):
        await jobs.work(year.service.app)
    assert (await year.as_("auditor", "GET", path)).status_code == 404
    monkeypatch.setattr(robustness, "document", document)
    assert await jobs.work(year.service.app)
    first = (await year.as_("auditor", "GET", path)).json()
    assert (await read(year, run))["state"] == "finished"

    await asked(year, "robustness")
    assert await jobs.work(year.service.app)
    second = (await year.as_("auditor", "GET", path)).json()
    assert (second["id"] != first["id"], second["content_hash"]) == (True, first["content_hash"])


@pytest.mark.requirement("A126")
@pytest.mark.refusing
async def test_results_that_keep_changing_while_they_are_tried_refuse_the_run(
    year: JudgedYear, monkeypatch: pytest.MonkeyPatch
) -> None:
    await year.computed()
    run = await asked(year, "robustness")
    document = robustness.document

    def stale(*given: Any) -> dict[str, Any]:
        return {**document(*given), "inputs_hash": "0" * 64}

    monkeypatch.setattr(robustness, "document", stale)
    assert await jobs.work(year.service.app)
    told = await read(year, run)
    assert (told["state"], told["codes"]) == ("refused", ["STALE_INPUT"])
