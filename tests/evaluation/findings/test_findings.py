"""What a result found wanting is answered by a day, and closed by somebody else (A125)."""

import asyncio
from datetime import UTC, date, datetime
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from evaluation.findings import jobs, rules
from evaluation.findings.rules import FindingEvent, FindingState
from evaluation.findings.tables import ResultFinding
from shared.database import new_id
from shared.events.tables import Event
from shared.rules import failed_codes
from tests.evaluation.results.year import CASES, JudgedYear
from tests.evaluation.reviewing import codes_of

FINDINGS = "/v1/evaluation/findings"
MATTER = {"leaf": "C4", "matter": "共享设备开放机时不足", "due_on": "2028-02-29"}
PAIRS = {("open", "answer"): "answered", ("answered", "send_back"): "open",
         ("answered", "close"): "closed"}  # fmt: skip


@pytest.mark.requirement("A125")
@pytest.mark.refusing
@pytest.mark.parametrize(("state", "event"), list(product(FindingState, FindingEvent)))
def test_a_finding_takes_only_the_steps_of_its_table(
    state: FindingState, event: FindingEvent
) -> None:
    allowed = (state.value, event.value) in PAIRS
    assert failed_codes(rules.move_checks(state, event)) == ([] if allowed else ["STATE_CONFLICT"])
    if allowed:
        assert rules.MOVES[state, event].value == PAIRS[state.value, event.value]


@pytest.mark.requirement("A125")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("today", "codes", "late"),
    [
        (date(2028, 2, 28), [], False),
        (date(2028, 2, 29), [], False),
        (date(2028, 3, 1), ["DAY_BEHIND"], True),
    ],
)
def test_the_last_day_is_part_of_the_term(today: date, codes: list[str], late: bool) -> None:
    due_on = date(2028, 2, 29)
    assert failed_codes(rules.due_checks(due_on, today)) == codes
    assert rules.is_late(FindingState.OPEN, due_on, today) is late
    assert rules.is_late(FindingState.ANSWERED, due_on, today) is False


ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.mark.requirement("A125")
@pytest.mark.parametrize(
    ("leaf", "codes", "given"),
    [(None, [], []), ("C4", [], ["C4"]), ("C9", ["INDICATOR_UNKNOWN"], ["C9"])],
)
def test_a_finding_names_a_leaf_of_its_result_or_none(
    leaf: str | None, codes: list[str], given: list[str]
) -> None:
    (check,) = rules.leaf_checks(leaf, {"C1", "C4"})
    assert failed_codes([check]) == codes
    assert check.params["given"] == given


@pytest.mark.requirement("A125")
def test_a_file_without_a_hash_is_none_of_the_registrys() -> None:
    checks = rules.evidence_checks(["9f", None, "9e"])
    assert [check.pointer for check in checks if not check.passed] == ["/evidence/1"]
    assert len(checks) == 3


@pytest.mark.requirement("X03", "A125")
@pytest.mark.parametrize(("judge", "codes"), [(ONE, ["SOD_VIOLATION"]), (TWO, [])])
def test_who_answered_does_not_judge_the_answer(judge: UUID, codes: list[str]) -> None:
    assert failed_codes(rules.closing_checks({ONE, UUID(int=3)}, judge)) == codes


# --- over HTTP ------------------------------------------------------------------------------


@pytest.fixture
async def year(unplanned: JudgedYear) -> JudgedYear:
    await unplanned.published()
    return unplanned


async def raised(year: JudgedYear, **over: Any) -> str:
    answer = await year.as_("handler", "POST", "/findings", MATTER | over)
    assert answer.status_code == 201, answer.text
    return f"{FINDINGS}/{answer.json()['id']}"


def shown(year: JudgedYear) -> dict[str, Any]:
    return {"words": "已签共享协议", "evidence": [str(year.report_id)]}


async def tasks(year: JudgedYear, who: str) -> list[tuple[str, str | None]]:
    client = year.operator() if who == "operator" else year.official(who)
    async with client:
        listed = (await client.get("/v1/evaluation/tasks")).json()["items"]
    return [(one["kind"], one["due_on"]) for one in listed if one["kind"].startswith("finding.")]


@pytest.mark.anyio
@pytest.mark.requirement("A125")
async def test_a_finding_is_answered_sent_back_answered_and_closed(year: JudgedYear) -> None:
    path = await raised(year)
    assert await tasks(year, "operator") == [("finding.answer", "2028-02-29")]
    first = await year.own("POST", f"{path}/answers", shown(year))
    assert (first.status_code, first.json()["state"]) == (200, "answered"), first.text
    assert await tasks(year, "operator") == []
    assert await tasks(year, "handler") == [("finding.judge", None)]
    back = {"reason": "协议未盖章", "due_on": "2028-03-31"}
    returned = await year.as_("handler", "POST", f"{path}/returns", back)
    assert (returned.json()["state"], returned.json()["due_on"]) == ("open", "2028-03-31")
    assert (await year.own("POST", f"{path}/answers", shown(year))).status_code == 200
    closed = await year.as_("handler", "POST", f"{path}/closure", {"words": "整改到位"})
    assert (closed.status_code, closed.json()["state"]) == (200, "closed"), closed.text

    told = (await year.own("GET", path)).json()
    assert [step["event"] for step in told["steps"]] == ["answer", "send_back", "answer", "close"]
    assert told["steps"][0]["evidence"] == [
        {"file_id": str(year.report_id), "sha256": "ab" * 32}
    ]  # The hash is the registry's own.
    assert told["closed_at"] is not None
    # A centre deals with the office; who raised it is told to officials, in the list as well.
    seen = (await year.as_("auditor", "GET", path)).json()
    assert seen["raised_by"] == str(year.officials["handler"])
    listed = {}
    for who in ("auditor", "operator"):
        client = year.operator() if who == "operator" else year.official(who)
        async with client:
            [listed[who]] = (await client.get(FINDINGS)).json()["items"]
    assert listed["auditor"]["raised_by"] == seen["raised_by"]
    assert (told["raised_by"], listed["operator"]["raised_by"]) == (None, None)
    assert await tasks(year, "handler") == []
    async with year.service.sessions.reading() as session:
        types = list(await session.scalars(select(Event.type).order_by(col(Event.seq))))
    assert [one for one in types if one.startswith("finding.")] == [
        "finding.raised", "finding.answered", "finding.sent_back", "finding.answered",
        "finding.closed",
    ]  # fmt: skip


@pytest.mark.anyio
@pytest.mark.requirement("A125")
async def test_it_is_called_to_mind_and_told_overdue_once_and_answered_late(
    year: JudgedYear,
) -> None:
    path = await raised(year)
    app = year.service.app

    async def told() -> list[tuple[str, Any]]:
        async with year.service.sessions.reading() as session:
            rows = list(await session.scalars(select(Event).order_by(col(Event.seq))))
        return [
            (row.type.removeprefix("finding."), row.data.get("days_left"))
            for row in rows
            if row.type in ("finding.reminded", "finding.overdue")
        ]

    for day, expected in [
        ("2028-01-29", []),
        ("2028-01-30", [("reminded", 30)]),
        ("2028-01-30", [("reminded", 30)]),
        ("2028-02-24", [("reminded", 30), ("reminded", 5)]),
        ("2028-02-29", [("reminded", 30), ("reminded", 5), ("reminded", 0)]),
        ("2028-03-01", [("reminded", 30), ("reminded", 5), ("reminded", 0), ("overdue", None)]),
        ("2028-04-01", [("reminded", 30), ("reminded", 5), ("reminded", 0), ("overdue", None)]),
    ]:
        year.service.set_clock(f"{day}T02:00:00+00:00")
        await jobs.call_to_mind(app)
        assert await told() == expected, day
    async with year.official("handler") as handler:
        overdue = (await handler.get(FINDINGS, params={"overdue": "true"})).json()["items"]
    assert [(one["overdue"], one["leaf"]) for one in overdue] == [(True, "C4")]
    late = (await year.own("POST", f"{path}/answers", shown(year))).json()
    assert (late["state"], late["answered_late"], late["overdue"]) == ("answered", True, False)
    async with year.official("handler") as handler:
        assert (await handler.get(FINDINGS, params={"overdue": "true"})).json()["items"] == []


@pytest.mark.anyio
@pytest.mark.requirement("A125", "X03")
@pytest.mark.refusing
async def test_nobody_closes_what_he_answered_and_nobody_answers_what_he_judges(
    year: JudgedYear,
) -> None:
    path = await raised(year)
    async with year.service.client(
        "member", org_id=year.org_ids["entity"], sub=year.officials["handler"]
    ) as handler_of_the_case:
        answer = await handler_of_the_case.post(f"{path}/answers", json=shown(year))
    assert (answer.status_code, codes_of(answer)) == (403, ["SOD_VIOLATION"])
    assert (await year.own("POST", f"{path}/answers", shown(year))).status_code == 200
    for step, body in [("closure", {"words": "好"}),
                       ("returns", {"reason": "不", "due_on": "2028-03-31"})]:  # fmt: skip
        async with year.service.client(
            "official", "handler", sub=year.people["ex11"]
        ) as who_answered:
            refused = await who_answered.post(f"{path}/{step}", json=body)
        assert (refused.status_code, set(codes_of(refused))) == (403, {"SOD_VIOLATION"})
    assert (await year.own("GET", path)).json()["state"] == "answered"

    # The table holds it too, whatever the code would let pass.
    async with year.service.sessions.begin() as session:
        row = await session.get_one(ResultFinding, UUID(path.rsplit("/", 1)[1]))
        row.state, row.closed_by = FindingState.CLOSED, row.answered_by
        row.closed_at = datetime.now(UTC)
        with pytest.raises(IntegrityError, match="ck_result_finding_two_people"):
            await session.flush()
        await session.rollback()


@pytest.mark.anyio
@pytest.mark.requirement("A125", "X04")
@pytest.mark.refusing
async def test_strangers_wrong_order_twice_and_bad_matters_are_refused(year: JudgedYear) -> None:
    for bad, code in [
        ({"leaf": "Z9"}, "INDICATOR_UNKNOWN"),
        ({"due_on": "2028-01-09"}, "DAY_BEHIND"),
    ]:
        refused = await year.as_("handler", "POST", "/findings", MATTER | bad)
        assert (refused.status_code, codes_of(refused)) == (422, [code])
    for duty in ("reviewer", "approver"):
        async with year.service.client("official", "handler", sub=year.officials[duty]) as decided:
            refused = await decided.post(f"{CASES}/{year.case_id}/findings", json=MATTER)
        assert codes_of(refused) == ["SOD_VIOLATION"]
    path = await raised(year)
    async with year.member("m02") as stranger:
        assert (await stranger.get(path)).status_code == 404
        assert (await stranger.post(f"{path}/answers", json=shown(year))).status_code == 404
        assert (await stranger.get(FINDINGS)).json()["items"] == []
    early = await year.as_("handler", "POST", f"{path}/closure", {"words": "好"})
    assert (early.status_code, codes_of(early)) == (409, ["STATE_CONFLICT"])
    unknown = {"words": "已改", "evidence": [year.strange_file()]}
    refused = await year.own("POST", f"{path}/answers", unknown)
    assert (refused.status_code, codes_of(refused)) == (422, ["FILE_UNKNOWN"])
    twice = await asyncio.gather(
        *(year.own("POST", f"{path}/answers", shown(year)) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in twice) == [200, 409]
    ends = await asyncio.gather(
        *(year.as_("handler", "POST", f"{path}/closure", {"words": "好"}) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in ends) == [200, 409]
    assert len((await year.own("GET", path)).json()["steps"]) == 2


@pytest.mark.anyio
@pytest.mark.requirement("A125")
@pytest.mark.refusing
async def test_only_a_published_result_has_findings(unplanned: JudgedYear) -> None:
    await unplanned.opened()
    refused = await unplanned.as_("handler", "POST", "/findings", MATTER)
    assert (refused.status_code, codes_of(refused)) == (404, ["NOT_FOUND"])


@pytest.mark.anyio
@pytest.mark.requirement("A125")
async def test_the_deciding_service_is_told_which_findings_are_open(year: JudgedYear) -> None:
    first = await raised(year)
    await raised(year, leaf=None, matter="未见整改台账")
    asked = f"{FINDINGS}/standing?center_id={year.center_id}"
    async with year.service.client("service") as registry:
        told = (await registry.get(asked)).json()
        assert [(one["leaf"], one["state"], one["year"]) for one in told["open"]] == [
            ("C4", "open", 2027), (None, "open", 2027),
        ]  # fmt: skip
        assert (await year.own("POST", f"{first}/answers", shown(year))).status_code == 200
        closed = await year.as_("handler", "POST", f"{first}/closure", {"words": "整改到位"})
        assert closed.status_code == 200
        after = (await registry.get(asked)).json()
        assert (after["closed"], len(after["open"])) == (1, 1)
        nobody = (await registry.get(f"{FINDINGS}/standing?center_id={new_id()}")).json()
        assert (nobody["closed"], nobody["open"]) == (0, [])


@pytest.mark.anyio
@pytest.mark.requirement("A125", "X04")
@pytest.mark.refusing
async def test_nobody_but_a_service_asks_where_findings_stand(year: JudgedYear) -> None:
    asked = f"{FINDINGS}/standing?center_id={year.center_id}"
    assert (await year.own("GET", asked)).status_code == 403
    for duty in ("handler", "auditor"):
        assert (await year.as_(duty, "GET", asked)).status_code == 403


@pytest.mark.anyio
@pytest.mark.requirement("A125", "X04")
@pytest.mark.refusing
async def test_an_official_who_is_a_member_elsewhere_answers_for_no_other_centre(
    year: JudgedYear,
) -> None:
    path = await raised(year)
    other = {"org_id": year.org_ids["m02"], "sub": new_id()}
    async with year.service.client("member", "auditor", **other) as both:
        assert (await both.get(path)).status_code == 200
        answer = await both.post(f"{path}/answers", json=shown(year))
    assert (answer.status_code, codes_of(answer)) == (404, ["NOT_FOUND"])
    assert (await year.own("GET", path)).json()["state"] == "open"
