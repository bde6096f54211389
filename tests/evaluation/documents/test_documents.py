"""Reports of a cycle: made in steps, seen by those whose result it is, without any name."""

import asyncio
import io
import zipfile
from dataclasses import replace
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from evaluation.cycles.tables import EvaluationCase
from evaluation.documents import actions, jobs, pages
from evaluation.documents.tables import DocumentFile
from evaluation.results import computing_actions
from evaluation.results.tables import EvaluationResult, FactSnapshot, ResultPublication
from evaluation.runs import jobs as cycle_jobs
from shared.database import new_id
from shared.directory import DirectoryCenter
from tests.evaluation.results.year import CASES, JudgedYear
from tests.evaluation.reviewing import codes_of
from tests.fixtures.service import event_types
from tests.pictures.samples.evaluation_reports import EMPTY, FULL

pytestmark = pytest.mark.anyio


async def asked(year: JudgedYear) -> Any:
    return await year.as_("handler", "POST", f"/v1/evaluation/cycles/{year.cycle_id}/documents")


async def worked_off(year: JudgedYear) -> int:
    steps = 0
    while await jobs.work(year.service.app):
        steps += 1
    return steps


@pytest.mark.requirement("A126", "X04")
async def test_a_run_makes_every_document_of_a_cycle_and_tells_how_far_it_is(
    year: JudgedYear,
) -> None:
    await year.published()
    run = (await asked(year)).json()
    assert (run["state"], run["total"], run["done"]) == ("running", 4, 0)

    assert await jobs.work(year.service.app)
    path = f"/v1/evaluation/document-runs/{run['id']}"
    assert (await year.as_("auditor", "GET", path)).json()["done"] == 2
    await worked_off(year)
    told = (await year.as_("auditor", "GET", path)).json()
    assert (told["state"], told["done"], told["failed"]) == ("finished", 4, 0)

    pdf = await year.own("GET", "/documents/report.pdf")
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")
    page = (await year.own("GET", "/documents/report.html")).text
    assert "82.98" in page
    assert "有据" in page
    # The frozen years are told of, and no other year than those that are.
    [frozen] = (await year.own("GET", f"/v1/evaluation/centers/{year.center_id}/trends")).json()[
        "years"
    ]
    assert "历年运行情况" in page
    assert f"（{frozen['service']['records']} 次）" in page
    names = (*year.people.values(), *year.expert_ids.values())
    assert not any(str(one) in page for one in names)
    cycle = f"/v1/evaluation/cycles/{year.cycle_id}/documents"
    book = await year.as_("auditor", "GET", f"{cycle}/results.xlsx")
    assert zipfile.ZipFile(io.BytesIO(book.content)).testzip() is None
    ranking = await year.as_("auditor", "GET", f"{cycle}/ranking.html")
    assert "82.98" in ranking.text
    assert (await event_types(year.service.sessions))[-1] == "documents.made"


@pytest.mark.requirement("A126", "X04")
@pytest.mark.refusing
async def test_nothing_is_made_of_what_is_not_published_nor_twice_at_once(
    year: JudgedYear,
) -> None:
    await year.computed()
    early = await asked(year)
    assert (early.status_code, codes_of(early)) == (409, ["STATE_CONFLICT"])
    assert (await year.own("GET", "/documents/report.pdf")).status_code == 404

    for duty, step in [("reviewer", "/review"), ("approver", "/publish")]:
        assert (await year.as_(duty, "POST", step)).status_code == 200
    assert (await asked(year)).status_code == 202
    again = await asked(year)
    assert (again.status_code, codes_of(again)) == (409, ["STATE_CONFLICT"])
    await worked_off(year)
    async with year.service.client("member", org_id=new_id()) as stranger:
        answer = await stranger.get(f"{CASES}/{year.case_id}/documents/report.pdf")
    assert answer.status_code == 404


@pytest.mark.requirement("A126")
async def test_a_file_that_cannot_be_made_leaves_the_others(
    year: JudgedYear, monkeypatch: pytest.MonkeyPatch
) -> None:
    await year.published()
    run = (await asked(year)).json()

    def broken(_: pages.CenterReport) -> bytes:
        raise ValueError("no font")

    monkeypatch.setattr(pages, "report_pdf", broken)
    await worked_off(year)
    told = await year.as_("auditor", "GET", f"/v1/evaluation/document-runs/{run['id']}")
    assert (told.json()["done"], told.json()["failed"]) == (3, 1)
    assert (await year.own("GET", "/documents/report.pdf")).status_code == 404
    assert (await year.own("GET", "/documents/report.html")).status_code == 200


@pytest.mark.requirement("A060", "A093", "A126")
def test_a_report_tells_what_the_frozen_years_show_together() -> None:
    told = pages.report_data(FULL)
    assert [row[:5] for row in told["figures"]] == [
        ["2024", "3", "3", "23.4%（128 次）", "31.6%"],
        ["2025", "0", "0", "0%（128 次）", "31.6%"],
        ["2026", "11", "8", "50%（128 次）", "31.6%"],
        ["2027", "118", "107", "70.3%（128 次）", "31.6%"],
    ]
    assert [row[6] for row in told["figures"]] == ["62.1%", "—", "93.1%", "106.4%"]
    assert told["figures_note"].endswith("公共服务占比上升。")
    assert pages.report_data(EMPTY)["figures"] == []


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("实际 5000000.00 元，目标 999.00 元，", "实际 5,000,000.00 元，目标 999.00 元，"),
        ("实际 1000.50 元", "实际 1,000.50 元"),
        ("实际 2027，目标 2026，记录 1200 条", "实际 2027，目标 2026，记录 1200 条"),
        ("专家评分表 5 份，均值 82.00", "专家评分表 5 份，均值 82.00"),
    ],
)
def test_amounts_are_parted_by_thousands_and_nothing_else_is(told: str, shown: str) -> None:
    assert pages.grouped(told) == shown


def test_equal_totals_share_their_rank_and_the_next_rank_is_left_out() -> None:
    other = replace(FULL, center_code="C12")
    assert [rank for rank, _ in pages.ranked([EMPTY, other, FULL])] == [1, 1, 3]
    assert pages.ranked([EMPTY, other, FULL])[0][1] is FULL


@pytest.mark.requirement("A126")
def test_ranks_come_from_unrounded_totals_and_stay_in_their_group() -> None:
    """Both were published with 82.98; one of them was rounded up to it."""
    more = replace(FULL, center_code="C12", unrounded=Fraction("82.981"))
    less = replace(FULL, center_code="C13", unrounded=Fraction("82.979"))
    stranger = replace(FULL, center_code="C14", unrounded=Fraction(99), group=2)
    told = [
        (one.group, rank, one.center_code) for rank, one in pages.ranked([less, stranger, more])
    ]
    assert told == [(1, 1, "C12"), (1, 2, "C13"), (2, 1, "C14")]
    page = pages.ranking_page(2027, [less, stranger, more])
    assert "名次只在组内排列" in page
    assert "名次只在组内排列" not in pages.ranking_page(2027, [less, more])


@pytest.mark.requirement("A126")
async def test_a_report_says_how_steady_the_published_result_is(year: JudgedYear) -> None:
    await year.published()
    tried = f"/v1/evaluation/cycles/{year.cycle_id}/robustness"
    assert (await asked(year)).status_code == 202
    await worked_off(year)
    assert "没有做稳定性测算" in (await year.own("GET", "/documents/report.html")).text

    assert (await year.as_("handler", "POST", tried)).status_code == 202
    assert await cycle_jobs.work(year.service.app)
    assert (await asked(year)).status_code == 202
    await worked_off(year)
    page = (await year.own("GET", "/documents/report.html")).text
    assert "逐一去掉一项指标" in page
    # A range over sheets left out would tell of single ones.
    assert "逐一去掉一份评分表" not in page
    assert "抽取共 10000 次" in page
    cycle = f"/v1/evaluation/cycles/{year.cycle_id}/documents"
    book = await year.as_("auditor", "GET", f"{cycle}/results.xlsx")
    sheets = zipfile.ZipFile(io.BytesIO(book.content)).read("xl/workbook.xml").decode()
    assert "稳定性" in sheets


def test_the_points_of_the_criteria_add_up_to_the_total() -> None:
    parts = [FULL.criterion(code)[0] for code in FULL.criteria]
    assert [str(one) for one in parts] == ["20.72", "26.08", "15.32", "13.87", "6.99"]
    whole = [[str(one.criterion(code)[1]) for code in one.criteria] for one in (FULL, EMPTY)]
    assert whole == [["25.00", "30.00", "20.00", "15.00", "10.00"]] * 2


# --- many centres, and what stands ----------------------------------------------------------

MANY = 2 * actions.STEP + 2


async def copied(year: JudgedYear, count: int) -> None:
    """Let further centres have the result of the judged one; how it came about is not theirs."""
    kept = (
        (EvaluationCase, col(EvaluationCase.id) == UUID(year.case_id)),
        (FactSnapshot, col(FactSnapshot.case_id) == UUID(year.case_id)),
        (EvaluationResult, col(EvaluationResult.case_id) == UUID(year.case_id)),
        (ResultPublication, col(ResultPublication.case_id) == UUID(year.case_id)),
    )
    async with year.service.sessions.begin() as session:
        center = (await session.get_one(DirectoryCenter, year.center_id)).model_dump()
        rows = [(await session.scalars(select(kind).where(own))).one() for kind, own in kept]
        told = [row.model_dump() for row in rows]
        for number in range(count):
            ids = {name: new_id() for name in ("center_id", "case_id", "snapshot_id", "result_id")}
            session.add(
                DirectoryCenter(**{**center, "id": ids["center_id"], "code": f"C{100 + number}"})
            )
            names = ("case_id", "snapshot_id", "result_id", None)
            for (kind, _), values, name in zip(kept, told, names, strict=True):
                own = {**values, **{key: ids[key] for key in ids if key in values}}
                session.add(kind(**own if name is None else {**own, "id": ids[name]}))
                await session.flush()


async def files(year: JudgedYear) -> list[tuple[str, str]]:
    async with year.service.sessions.reading() as session:
        rows = await session.scalars(select(DocumentFile))
        return [(str(row.subject_id), row.kind.value) for row in rows]


@pytest.mark.requirement("A126")
async def test_many_centres_are_made_step_by_step_over_a_kill_and_each_once(
    year: JudgedYear, monkeypatch: pytest.MonkeyPatch
) -> None:
    await year.published()
    await copied(year, MANY - 1)
    monkeypatch.setattr(pages, "report_pdf", lambda _: b"%PDF-")
    run = (await asked(year)).json()
    assert run["total"] == 2 * MANY + 2
    path = f"/v1/evaluation/document-runs/{run['id']}"

    async def done() -> int:
        told: int = (await year.as_("auditor", "GET", path)).json()["done"]
        return told

    assert await jobs.work(year.service.app)
    assert await done() == 2 * actions.STEP

    def killed(*_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as dying:
        dying.setattr(actions, "keep", killed)
        with pytest.raises(RuntimeError, match="killed"):
            await jobs.work(year.service.app)
    # Nothing of the step that died is there, and it is made again; of two at once one makes it.
    assert await done() == 2 * actions.STEP
    both = await asyncio.gather(jobs.work(year.service.app), jobs.work(year.service.app))
    assert sorted(both) in ([False, True], [True, True])
    assert await done() in (4 * actions.STEP, 2 * MANY)
    await worked_off(year)
    told = (await year.as_("auditor", "GET", path)).json()
    assert (told["state"], told["done"], told["failed"]) == ("finished", 2 * MANY + 2, 0)
    made = await files(year)
    assert len(made) == len(set(made)) == 2 * MANY + 2
    ranking = await year.as_(
        "auditor", "GET", f"/v1/evaluation/cycles/{year.cycle_id}/documents/ranking.html"
    )
    assert ranking.text.count("82.98") == MANY


@pytest.mark.requirement("A126", "X14")
@pytest.mark.refusing
async def test_a_report_of_a_version_that_no_longer_stands_is_not_handed_on(
    year: JudgedYear,
) -> None:
    await year.published()
    assert (await asked(year)).status_code == 202
    await worked_off(year)
    assert (await year.own("GET", "/documents/report.html")).status_code == 200
    ground = {"ground": "forged_evidence", "reason": "伪造", "evidence": [str(new_id())]}
    proposed = (await year.as_("handler", "POST", "/voidings", ground)).json()
    decision = f"/v1/evaluation/voidings/{proposed['id']}/decision"
    # What is only suspected changes nothing.
    assert (await year.own("GET", "/documents/report.html")).status_code == 200
    async with year.service.client("approver", sub=new_id()) as another:
        void = await another.post(decision, json={"decision": "confirm", "reason": "属实"})
    assert void.status_code == 200, void.text
    for name in ("report.html", "report.pdf"):
        for stale in (
            await year.own("GET", f"/documents/{name}"),
            await year.as_("auditor", "GET", f"/documents/{name}"),
        ):
            assert (stale.status_code, codes_of(stale)) == (409, ["STALE_INPUT"])
    cycle = f"/v1/evaluation/cycles/{year.cycle_id}/documents"
    for name in ("results.xlsx", "ranking.html"):
        stale = await year.as_("auditor", "GET", f"{cycle}/{name}")
        assert (stale.status_code, codes_of(stale)) == (409, ["STALE_INPUT"])
    assert (await asked(year)).status_code == 202
    await worked_off(year)
    page = (await year.own("GET", "/documents/report.html")).text
    assert "不合格" in page
    assert "年度报告不实" in page
    assert (await year.as_("auditor", "GET", f"{cycle}/ranking.html")).status_code == 200


@pytest.mark.requirement("A126")
async def test_a_report_tells_the_day_of_its_publication_in_shanghai(year: JudgedYear) -> None:
    await year.computed()
    assert (await year.as_("reviewer", "POST", "/review")).status_code == 200
    year.service.set_clock("2028-05-19T16:30:00+00:00")
    assert (await year.as_("approver", "POST", "/publish")).status_code == 200
    assert (await asked(year)).status_code == 202
    await worked_off(year)
    assert "2028-05-20（第 1 版）" in (await year.own("GET", "/documents/report.html")).text


@pytest.mark.requirement("A126")
@pytest.mark.refusing
async def test_a_run_that_cannot_read_its_results_ends_and_is_in_nobody_s_way(
    year: JudgedYear, monkeypatch: pytest.MonkeyPatch
) -> None:
    await year.published()
    run = (await asked(year)).json()

    async def unreadable(*_: Any, **__: Any) -> None:
        raise ValueError("not a document")

    with monkeypatch.context() as broken:
        broken.setattr(computing_actions, "comments_of", unreadable)
        assert await worked_off(year) == 1
    told = await year.as_("auditor", "GET", f"/v1/evaluation/document-runs/{run['id']}")
    assert (told.json()["state"], told.json()["done"], told.json()["failed"]) == ("finished", 0, 4)
    # Asked again, it is made.
    assert (await asked(year)).status_code == 202
    await worked_off(year)
    assert (await year.own("GET", "/documents/report.pdf")).status_code == 200
