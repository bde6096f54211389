"""From the pilot on: recognition, rectification, the national level, and the ends (C2)."""

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from registry.centers import jobs
from registry.centers.queries import next_number
from registry.centers.rules import Stage, StageCause, center_code
from registry.centers.tables import StageChange
from registry.governance.consumers import on_assessment_published, on_evaluation_published
from registry.governance.rules import cause_checks, visit_checks
from shared.database import new_id
from shared.events import ReceivedEvent
from shared.rules import failed_codes
from tests.registry.applications.cases import Case, codes
from tests.registry.governance.steps import (
    change,
    official,
    own,
    piloted,
    rated,
    recognized,
    recommend,
    stage,
    summed_up,
)

FINDINGS = "GET /v1/evaluation/findings/standing"
pytestmark = pytest.mark.anyio


async def published(
    case: Case, year: int, rating: str, version: int = 1, *, triennial: bool = False
) -> None:
    async with case.registry.sessions.begin() as session:
        event = ReceivedEvent.of_feed(
            "evaluation",
            {
                "id": str(new_id()), "type": "evaluation.published", "subject": str(new_id()),
                "position": 1, "time": "2026-05-01T00:00:00+00:00",
                "data": {
                    "center_id": case.center_id, "year": year, "rating": rating,
                    "version": version, "total": "51.00", "result_hash": "a" * 64,
                },
            },
        )  # fmt: skip
        hear = on_assessment_published if triennial else on_evaluation_published
        await hear(session, event)


@pytest.mark.requirement("A101", "A102")
@pytest.mark.refusing
async def test_a_pilot_is_recognized_upon_its_result_its_summary_and_two_people(
    case: Case,
) -> None:
    await piloted(case)
    early = await change(case, "recognized")
    assert codes(early) == [
        "RATING_TOO_LOW", "PILOT_SUMMARY_MISSING", "RECOMMENDATION_MISSING"
    ]  # fmt: skip
    assert early.status_code == 409
    rated(case, (2025, "unqualified"))
    low = await recommend(case, "recognized")
    assert codes(low) == ["RATING_TOO_LOW", "PILOT_SUMMARY_MISSING"]
    rated(case, (2025, "qualified"))
    await summed_up(case)
    assert codes(await change(case, "recognized")) == ["RECOMMENDATION_MISSING"]
    told = await recommend(case, "recognized", "approver")
    assert told.status_code == 201, told.text
    assert [warning["code"] for warning in told.json()["warnings"]] == ["THEME_REPORT_MISSING"]
    alone = await change(case, "recognized")
    assert (alone.status_code, codes(alone)) == (403, ["SOD_VIOLATION"])
    itself = await own(case, "POST", "stage-changes", {"to": "recognized", "reason": "自行认定"})
    assert (itself.status_code, itself.json()["code"]) == (403, "FORBIDDEN_SCOPE")
    moved = await change(case, "recognized", "approver2")
    assert (moved.status_code, moved.json()["stage"]) == (200, "recognized"), moved.text
    async with case.registry.sessions.reading() as session:
        ordered = select(StageChange).order_by(col(StageChange.id))
        steps = (await session.scalars(ordered)).all()
    assert str(steps[-1].recommendation_id) == told.json()["id"]
    assert steps[-1].basis["ratings"][0]["rating"] == "qualified"
    assert len(steps[-1].basis["ratings_sha256"]) == 64


DOSSIER = {"text": "联盟覆盖过半平台", "alliance_coverage_ppm": 499_999, "file_ids": []}


@pytest.mark.requirement("A123", "A133", "A134")
@pytest.mark.refusing
async def test_no_national_candidate_without_a_good_result_and_a_dossier_of_its_own(
    case: Case,
) -> None:
    await recognized(case)
    rated(case, (2025, "excellent"), (2026, "qualified"))
    low = await recommend(case, "national_candidate")
    assert codes(low) == ["RATING_TOO_LOW", "DOSSIER_MISSING"]
    rated(case, (2025, "qualified"), (2026, "good"))
    nothing = await own(case, "POST", "national-dossier/submit")
    assert codes(nothing) == ["DOSSIER_MISSING"]
    unknown = {**DOSSIER, "file_ids": [str(new_id())]}
    assert codes(await own(case, "PUT", "national-dossier", unknown)) == ["FILE_UNKNOWN"]
    assert codes(await own(case, "PUT", "national-dossier", DOSSIER, "M04")) == ["FORBIDDEN_SCOPE"]
    assert (await own(case, "PUT", "national-dossier", DOSSIER)).status_code == 200
    assert (await own(case, "POST", "national-dossier/submit")).status_code == 200
    assert codes(await own(case, "PUT", "national-dossier", DOSSIER)) == ["STATE_CONFLICT"]


@pytest.mark.requirement("A123", "A133", "A134")
async def test_a_national_candidate_has_a_good_result_a_dossier_and_its_gaps(case: Case) -> None:
    await recognized(case)
    rated(case, (2025, "qualified"), (2026, "good"))
    assert (await own(case, "PUT", "national-dossier", DOSSIER)).status_code == 200
    assert (await own(case, "POST", "national-dossier/submit")).status_code == 200
    returned = await official(
        case, "reviewer", "POST", "national-dossier/return", {"reason": "覆盖率缺少证明"}
    )
    assert returned.json()["submitted_on"] is None
    better = {**DOSSIER, "alliance_coverage_ppm": 500_000}
    assert (await own(case, "PUT", "national-dossier", better)).status_code == 200
    assert (await own(case, "POST", "national-dossier/submit")).status_code == 200
    word = await recommend(case, "national_candidate")
    gaps = {gap["code"]: gap["met"] for gap in word.json()["gaps"]}
    assert gaps == {
        "company_and_alliance": False, "leading_shareholders": False, "alliance_coverage": True,
    }  # fmt: skip
    moved = await change(case, "national_candidate")
    assert moved.json()["stage"] == "national_candidate", moved.text
    assert [told["code"] for told in moved.json()["warnings"]] == ["NATIONAL_GAPS"]
    listed = await case.call(case.official("auditor"), "GET", "/v1/registry/national-candidates")
    assert listed.json()["items"] == []
    # What the ministry was shown stays as it was, until the centre is a candidate no more.
    giving_back = ("reviewer", "POST", "national-dossier/return", {"reason": "补充"})
    assert codes(await official(case, *giving_back)) == ["STATE_CONFLICT"]
    assert (await change(case, "suspended", cause="abnormal_list")).status_code == 200
    assert codes(await official(case, *giving_back)) == ["STATE_CONFLICT"]
    assert (await change(case, "national_candidate")).status_code == 200
    assert (await change(case, "recognized")).status_code == 200
    assert (await official(case, *giving_back)).status_code == 200


@pytest.mark.requirement("A137")
@pytest.mark.refusing
async def test_no_centre_is_national_without_a_document_and_a_recommendation(case: Case) -> None:
    await recognized(case)
    early = await change(case, "national", doc_no="工信部科函〔2027〕10号")
    assert codes(early) == ["RECOMMENDATION_MISSING", "STATE_CONFLICT"]
    await own(case, "PUT", "national-dossier", {"text": "材料", "file_ids": []})
    await own(case, "POST", "national-dossier/submit")
    await recommend(case, "national_candidate")
    moved = await change(case, "national_candidate")
    assert (moved.json()["stage"], moved.json()["level"]) == ("national_candidate", "municipal")
    nameless = await change(case, "national")
    assert codes(nameless) == ["FIELD_MISSING", "RECOMMENDATION_MISSING"]


@pytest.mark.requirement("A137", "A123")
async def test_a_national_centre_has_the_ministrys_document_and_its_level(case: Case) -> None:
    await recognized(case)
    await own(case, "PUT", "national-dossier", {"text": "材料", "file_ids": []})
    await own(case, "POST", "national-dossier/submit")
    listed = await case.call(case.official("auditor"), "GET", "/v1/registry/national-candidates")
    [near] = listed.json()["items"]
    assert (near["provisional"], len(near["gaps"])) == (True, 3)
    await recommend(case, "national_candidate")
    assert (await change(case, "national_candidate")).status_code == 200
    back = await change(case, "recognized")
    assert back.json()["stage"] == "recognized", back.text
    await recommend(case, "national_candidate")
    await change(case, "national_candidate")
    await recommend(case, "national")
    national = await change(case, "national", doc_no="工信部科函〔2027〕10号")
    assert (national.json()["stage"], national.json()["level"]) == ("national", "national")


@pytest.mark.requirement("A125", "A102")
@pytest.mark.refusing
async def test_an_unqualified_rating_begins_a_year_of_rectification(case: Case) -> None:
    await piloted(case)
    case.registry.set_clock("2026-05-04T02:00:00+00:00")
    await published(case, 2025, "unqualified")
    assert await stage(case) == "rectifying"
    [row] = (await own(case, "GET", "rectifications")).json()["items"]
    assert (row["state"], row["plan_due_on"], row["due_on"]) == (
        "ordered", "2026-06-03", "2027-05-05",
    )  # fmt: skip
    ready = (await own(case, "GET", "readiness?to=pilot")).json()
    assert (ready["who_acts"], ready["due_on"], ready["ready"]) == ("member", "2026-06-03", False)
    early = {"passed": True, "visited_on": "2026-05-04", "text": "整改到位"}
    unplanned = await official(case, "reviewer", "POST", "rectification/recheck", early)
    assert codes(unplanned) == ["STATE_CONFLICT"]
    case.registry.set_clock("2026-06-04T02:00:00+00:00")
    await jobs.call_to_mind(case.registry.app)
    late = await case.call(case.official("handler"), "GET", "/v1/registry/milestones?state=overdue")
    assert [item["kind"] for item in late.json()["items"]] == ["rectification_plan"]
    planned = await own(case, "PUT", "rectification/plan", {"text": "补充研发团队"})
    assert planned.json()["state"] == "planned", planned.text
    assert codes(await change(case, "pilot")) == ["RECHECK_MISSING"]
    rechecked = await official(
        case, "reviewer", "POST", "rectification/recheck",
        {**early, "visited_on": "2026-06-04"}, "approver",
    )  # fmt: skip
    assert rechecked.json()["state"] == "passed", rechecked.text
    assert codes(await change(case, "pilot")) == ["SOD_VIOLATION"]
    assert codes(await change(case, "delisted", "approver2")) == ["RECHECK_MISSING"]
    assert codes(await change(case, "recognized", "approver2")) == ["STATE_CONFLICT"]
    back = await change(case, "pilot", "approver2")
    assert back.json()["stage"] == "pilot", back.text
    kept = (await own(case, "GET", "milestones")).json()["items"]
    assert {item["state"] for item in kept} == {"met"}


def found_wanting(case: Case, *matters: str, closed: int = 0) -> None:
    """Let evaluation tell of findings that nobody has closed."""
    waiting = [
        {
            "id": str(new_id()), "year": 2025, "leaf": "C4", "matter": matter, "state": "answered",
            "due_on": "2026-05-30", "version": 2,
        }
        for matter in matters
    ]  # fmt: skip
    case.registry.neighbours.answers[FINDINGS] = {"closed": closed, "open": waiting}


@pytest.mark.requirement("A125")
@pytest.mark.refusing
async def test_a_recheck_is_passed_only_when_every_finding_is_closed(case: Case) -> None:
    await piloted(case)
    await published(case, 2025, "unqualified")
    await own(case, "PUT", "rectification/plan", {"text": "整改方案"})
    seen = {"passed": True, "visited_on": "2026-03-10", "text": "整改到位"}
    early = {**seen, "passed": False, "visited_on": "2026-03-09"}
    before = await official(case, "handler", "POST", "rectification/recheck", early)
    assert (before.status_code, codes(before)) == (422, ["DAYS_OUT_OF_ORDER"])
    found_wanting(case, "开放机时不足")
    refused = await official(case, "handler", "POST", "rectification/recheck", seen)
    assert (refused.status_code, codes(refused)) == (409, ["FINDINGS_OPEN"])
    [error] = refused.json()["errors"]
    assert error["params"]["findings"] == ["2025 C4 开放机时不足"]
    assert (error["rule"], error["clause"]) == ("A125", "四(四)")
    [row] = (await own(case, "GET", "rectifications")).json()["items"]
    assert (row["state"], row["rechecked_on"]) == ("planned", None)
    # Nobody to ask is not the same as nothing to be found.
    case.registry.neighbours.answers[FINDINGS] = httpx.Response(500, json={})
    silent = await official(case, "handler", "POST", "rectification/recheck", seen)
    assert silent.status_code == 503
    found_wanting(case, closed=1)
    passed = await official(case, "handler", "POST", "rectification/recheck", seen)
    assert (passed.status_code, passed.json()["state"]) == (200, "passed"), passed.text
    # One that was raised since holds up the return, and readiness says so.
    found_wanting(case, "漏报一项合同", closed=1)
    ready = (await own(case, "GET", "readiness?to=pilot")).json()
    assert [one["code"] for one in ready["checks"] if not one["passed"]] == ["FINDINGS_OPEN"]
    assert codes(await change(case, "pilot")) == ["FINDINGS_OPEN"]
    found_wanting(case, closed=2)
    back = await change(case, "pilot")
    assert (back.status_code, back.json()["stage"]) == (200, "pilot"), back.text


@pytest.mark.requirement("A125")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("visited_on", "codes_told"),
    [
        (date(2026, 3, 9), ["DAYS_OUT_OF_ORDER"]),
        (date(2026, 3, 10), []),
        (date(2026, 5, 1), []),
        (date(2026, 5, 2), ["DAY_IN_FUTURE"]),
    ],
)
def test_a_recheck_is_made_between_its_order_and_today(
    visited_on: date, codes_told: list[str]
) -> None:
    checks = visit_checks(visited_on, date(2026, 3, 10), date(2026, 5, 1))
    assert failed_codes(checks) == codes_told
    assert {check.pointer for check in checks} == {"/visited_on"}
    assert {check.rule for check in checks} == {"A125"}


@pytest.mark.requirement("A102")
@pytest.mark.refusing
@pytest.mark.parametrize("cause", [None, *StageCause])
@pytest.mark.parametrize("target", list(Stage))
def test_what_made_a_centre_stop_is_a_cause_of_that_step(
    target: Stage, cause: StageCause | None
) -> None:
    fitting = {
        Stage.SUSPENDED: {StageCause.FALSIFICATION, StageCause.ABNORMAL_LIST, StageCause.OTHER},
        Stage.DELISTED: {StageCause.FALSIFICATION, StageCause.OTHER},
        Stage.DISSOLVED: {
            StageCause.ENTITY_DEREGISTERED, StageCause.CONSORTIUM_ENDED, StageCause.OTHER,
        },
    }.get(target, set())  # fmt: skip
    checks = cause_checks(target, cause)
    if cause is None:
        stops = target in {Stage.SUSPENDED, Stage.DISSOLVED}
        assert failed_codes(checks) == (["FIELD_MISSING"] if stops else [])
        assert not any(check.refuses for check in checks)
    else:
        assert failed_codes(checks) == ([] if cause in fitting else ["FIELD_INVALID"])


@pytest.mark.requirement("A125")
async def test_a_failed_recheck_waits_for_no_finding(case: Case) -> None:
    await piloted(case)
    await published(case, 2025, "unqualified")
    await own(case, "PUT", "rectification/plan", {"text": "整改方案"})
    found_wanting(case, "开放机时不足")
    seen = {"passed": False, "visited_on": "2026-03-10", "text": "未见改善"}
    failed = await official(case, "handler", "POST", "rectification/recheck", seen)
    assert (failed.status_code, failed.json()["state"]) == (200, "failed"), failed.text
    assert (await change(case, "delisted")).json()["stage"] == "delisted"


@pytest.mark.requirement("A102")
@pytest.mark.refusing
async def test_a_failed_recheck_delists_and_the_code_is_not_given_again(case: Case) -> None:
    await piloted(case)
    await published(case, 2025, "unqualified", triennial=True)
    await own(case, "PUT", "rectification/plan", {"text": "整改方案"})
    seen = {"passed": False, "visited_on": "2026-03-10", "text": "未见改善"}
    await official(case, "handler", "POST", "rectification/recheck", seen)
    assert codes(await change(case, "pilot")) == ["RECHECK_MISSING"]
    gone = await change(case, "delisted")
    assert (gone.json()["stage"], gone.json()["code"]) == ("delisted", "C01"), gone.text
    assert (await change(case, "pilot")).json()["code"] == "STATE_CONFLICT"
    written = await own(case, "POST", "bodies", {"kind": "board", "term_from": "2026-04-01"})
    assert (written.status_code, codes(written)) == (409, ["STATE_CONFLICT"])
    read = await own(case, "GET", "bodies")
    assert read.status_code == 200
    async with case.registry.sessions.begin() as session:
        assert center_code(await next_number(session, "center")) == "C02"


@pytest.mark.requirement("A102")
async def test_a_better_version_of_the_year_takes_the_rectification_back(case: Case) -> None:
    await recognized(case)
    await published(case, 2026, "unqualified")
    assert await stage(case) == "rectifying"
    await published(case, 2026, "qualified", version=2)
    assert await stage(case) == "recognized"
    await published(case, 2026, "unqualified")
    assert await stage(case) == "recognized"
    [row] = (await own(case, "GET", "rectifications")).json()["items"]
    assert row["state"] == "withdrawn"


@pytest.mark.requirement("A139", "A102")
@pytest.mark.refusing
async def test_a_suspended_centre_is_read_and_not_written_and_comes_back(case: Case) -> None:
    await piloted(case)
    wrong = await change(case, "suspended", cause="entity_deregistered")
    assert (wrong.status_code, codes(wrong)) == (422, ["FIELD_INVALID"])
    held = await change(case, "suspended", cause="falsification")
    assert held.json()["stage"] == "suspended", held.text
    fact = {
        "center_id": case.center_id, "kind": "training", "occurred_on": "2026-03-09",
        "external_id": "t-1", "payload": {"person_times": 12}, "evidence": [],
    }  # fmt: skip
    posted = await case.call(
        case.member("C01"), "POST", "/v1/registry/facts", fact, **{"Idempotency-Key": "k-1"}
    )
    assert (posted.status_code, codes(posted)) == (409, ["STATE_CONFLICT"])
    for method, part, body in (
        ("POST", "bodies", {"kind": "board", "term_from": "2026-04-01"}),
        ("PUT", "pilot-themes/operation_management", {"text": "轮值"}),
        ("PUT", "responsibilities", {"items": []}),
    ):
        refused = await own(case, method, part, body)
        assert codes(refused) == ["STATE_CONFLICT"], part
    for part in ("bodies", "plans", "history", "readiness?to=pilot", "next-stages"):
        assert (await own(case, "GET", part)).status_code == 200, part
    assert codes(await change(case, "recognized")) == ["STATE_CONFLICT"]
    assert codes(await change(case, "delisted")) == ["RECOMMENDATION_MISSING"]
    back = await change(case, "pilot")
    assert back.json()["stage"] == "pilot", back.text
    steps = (await own(case, "GET", "stage-changes")).json()["items"]
    assert [step["cause"] for step in steps][-2:] == ["falsification", None]


@pytest.mark.requirement("A102")
@pytest.mark.refusing
async def test_a_dissolved_centre_has_ended(case: Case) -> None:
    await piloted(case)
    ended = await change(case, "dissolved", cause="entity_deregistered")
    assert ended.json()["stage"] == "dissolved"
    for target in ("pilot", "suspended", "dissolved"):
        refused = await change(case, target)
        assert refused.json()["code"] == "STATE_CONFLICT"
    listed = await own(case, "GET", "next-stages")
    assert listed.json()["items"] == []


@pytest.mark.requirement("A102")
@pytest.mark.refusing
async def test_of_two_racing_steps_one_wins(case: Case) -> None:
    await piloted(case)
    answers = await asyncio.gather(
        change(case, "suspended", "approver"), change(case, "suspended", "approver2")
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    steps = (await own(case, "GET", "stage-changes")).json()["items"]
    assert [step["to_stage"] for step in steps] == ["preparing", "pilot", "suspended"]


@pytest.mark.requirement("A101")
async def test_every_next_step_is_shown_with_its_rules_and_who_acts(case: Case) -> None:
    await piloted(case)
    found: Any = (await own(case, "GET", "next-stages")).json()
    assert found["stage"] == "pilot"
    acts = {item["to"]: item["who_acts"] for item in found["items"]}
    assert acts == {
        "recognized": "member", "rectifying": "approver", "suspended": "approver",
        "dissolved": "approver",
    }  # fmt: skip
    asked = next(item for item in found["items"] if item["to"] == "recognized")
    failed = [check["code"] for check in asked["checks"] if not check["passed"]]
    assert {"RATING_TOO_LOW", "PILOT_SUMMARY_MISSING", "RECOMMENDATION_MISSING"} <= set(failed)
    rated(case, (2026, "good"))
    await summed_up(case)
    await recommend(case, "recognized")
    ready = (await own(case, "GET", "readiness")).json()
    assert (ready["next_step"], ready["who_acts"]) == ("stage_change:recognized", "approver")
    assert ready["due_on"] == "2026-04-08"
    waiting = await case.call(case.official("approver"), "GET", "/v1/registry/tasks")
    [task] = waiting.json()["items"]
    assert (task["kind"], task["due_on"]) == ("take_recommended_step", "2026-04-08")
    nothing = await case.call(case.official("approver", "reviewer"), "GET", "/v1/registry/tasks")
    assert nothing.json()["items"] == []
