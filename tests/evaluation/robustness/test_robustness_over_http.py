"""How steady a cycle's results are, over HTTP: tried once, kept, and told to officials."""

from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from evaluation.robustness import queries
from evaluation.runs import jobs
from tests.evaluation.results.year import JudgedYear
from tests.evaluation.reviewing import codes_of
from tests.fixtures.service import event_types

pytestmark = pytest.mark.anyio


def path(year: JudgedYear) -> str:
    return f"/v1/evaluation/cycles/{year.cycle_id}/robustness"


async def tried(year: JudgedYear) -> dict[str, Any]:
    """Ask for a run, let the job bring it to its end, and read what was found."""
    asked = await year.as_("handler", "POST", path(year))
    assert asked.status_code == 202, asked.text
    assert (asked.json()["state"], asked.json()["done"]) == ("running", 0)
    assert await jobs.work(year.service.app)
    run = await year.as_("auditor", "GET", f"/v1/evaluation/cycle-runs/{asked.json()['id']}")
    assert (run.json()["state"], run.json()["done"]) == ("finished", run.json()["total"])
    told: dict[str, Any] = (await year.as_("auditor", "GET", path(year))).json()
    return told


@pytest.mark.requirement("A126")
async def test_a_cycle_is_tried_and_what_was_found_is_kept(year: JudgedYear) -> None:
    kept = await year.computed()
    told = await tried(year)
    (row,) = told["cases"]
    assert (row["total"], row["rating"], row["rank"], row["of"]) == ("82.98", "good", 1, 1)
    assert row["result_hash"] == kept["result_hash"]
    assert (told["draws"], row["weights"]["tried"], row["sheets"]["tried"]) == (10_000, 10_000, 7)
    chances = row["weights"]["chances"].values()
    assert sum(Fraction(one) for one in chances) == 1
    assert row["weights"]["chances"]["good"] == "1"
    assert (row["weights"]["rank_low"], row["weights"]["rank_high"]) == (1, 1)

    assert not told["stale"]
    assert (await event_types(year.service.sessions))[-2:] == [
        "robustness.tried",
        "cycle_run.finished",
    ]
    # It informs: the result is what it was.
    assert (await year.as_("auditor", "GET", "/result")).json()["result_hash"] == (
        kept["result_hash"]
    )


@pytest.mark.requirement("A126")
@pytest.mark.refusing
async def test_nothing_is_tried_without_a_result_nor_told_to_a_centre(year: JudgedYear) -> None:
    await year.frozen()
    early = await year.as_("handler", "POST", path(year))
    assert (early.status_code, codes_of(early)) == (409, ["STATE_CONFLICT"])
    assert (await year.as_("auditor", "GET", path(year))).status_code == 404
    assert (await year.own("GET", path(year))).status_code == 403
    assert (await year.own("GET", "/robustness")).status_code == 403
    assert (await year.as_("reviewer", "POST", path(year))).status_code == 403


@pytest.mark.requirement("A126", "A132")
async def test_a_preview_is_tried_before_anything_is_kept(year: JudgedYear) -> None:
    await year.frozen()
    await year.scored()
    own = (await year.as_("auditor", "GET", "/robustness")).json()
    assert (own["total"], own["sheets"]["changed"]) == ("82.98", 0)
    other = (await year.as_("auditor", "GET", "/robustness?profile=enterprise")).json()
    assert other["total"] == "83.39"
    assert other["seed"] != own["seed"]
    async with year.service.sessions.reading() as session:
        assert await queries.newest_results(session, UUID(year.cycle_id)) == []


@pytest.mark.requirement("A126")
async def test_a_run_says_when_results_were_computed_since(year: JudgedYear) -> None:
    await year.computed()
    await tried(year)
    sheets = (await year.as_("auditor", "GET", "/v1/evaluation/score-sheets")).json()["items"]
    voided = await year.as_(
        "reviewer", "POST", f"/v1/evaluation/score-sheets/{sheets[0]['id']}/void",
        {"reason": "利益冲突"},
    )  # fmt: skip
    assert voided.status_code == 200, voided.text
    assert (await year.as_("handler", "POST", "/compute")).status_code == 200
    assert (await year.as_("auditor", "GET", path(year))).json()["stale"]


@pytest.mark.requirement("A126")
async def test_a_result_from_before_exact_figures_is_computed_again(
    year: JudgedYear, monkeypatch: pytest.MonkeyPatch
) -> None:
    await year.computed()
    told = await tried(year)
    newest = queries.newest_results

    async def bare(*where: Any, **more: Any) -> list[Any]:
        return [
            (case, result, None, kept) for case, result, _, kept in await newest(*where, **more)
        ]

    monkeypatch.setattr(queries, "newest_results", bare)
    again = await tried(year)
    assert again["content_hash"] == told["content_hash"]
