"""Annual reports: lateness, return, what a centre may not write."""

from datetime import date
from typing import Any

import pytest

from evaluation.reports import rules
from evaluation.reports.jobs import miss_overdue
from evaluation.reports.rules import Due, Event, ReportState
from shared.rules import Severity, failed_codes
from tests.evaluation.results import vector
from tests.evaluation.results.year import ACCOUNTS, CASES, JudgedYear
from tests.evaluation.reviewing import codes_of

DUE = Due(date(2026, 3, 31), 30)


# --- rules ----------------------------------------------------------------------------------


@pytest.mark.requirement("A128")
@pytest.mark.parametrize(
    ("day", "late"),
    [
        (date(2026, 3, 30), 0),
        (date(2026, 3, 31), 0),
        (date(2026, 4, 1), 1),
        (date(2026, 4, 12), 12),
    ],
)
def test_lateness_counts_from_the_day_after_the_due_day(day: date, late: int) -> None:
    assert rules.lateness_days(day, DUE.due_on) == late


@pytest.mark.requirement("A128")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("today", "first", "codes"),
    [
        (date(2026, 4, 30), None, []),
        (date(2026, 5, 1), None, ["REPORT_LOCKED"]),
        (date(2026, 5, 1), date(2026, 4, 12), []),
    ],
)
def test_a_report_is_taken_to_the_last_day_of_grace_and_a_returned_one_after_it(
    today: date, first: date | None, codes: list[str]
) -> None:
    assert failed_codes(rules.deadline_checks(DUE, first, today)) == codes


@pytest.mark.requirement("A128")
def test_every_pair_outside_the_table_is_refused() -> None:
    for state in ReportState:
        for event in Event:
            failed = failed_codes(rules.move_checks(state, event))
            closed = state in rules.CLOSED
            wanted = ["REPORT_LOCKED"] if closed else ["STATE_CONFLICT"]
            assert failed == ([] if (state, event) in rules.MOVES else wanted)


@pytest.mark.requirement("A128")
@pytest.mark.parametrize(
    ("state", "today", "missing"),
    [
        (None, date(2026, 4, 30), False), (None, date(2026, 5, 1), True),
        (ReportState.DRAFT, date(2026, 5, 1), True),
        (ReportState.RETURNED, date(2026, 5, 1), False),
        (ReportState.MISSING, date(2026, 1, 1), True),
    ],
)  # fmt: skip
def test_a_report_is_missing_when_nobody_sent_it_by_its_last_day(
    state: ReportState | None,
    today: date,
    missing: bool,
) -> None:
    assert rules.is_missing(state, DUE, today) is missing


@pytest.mark.requirement("A128")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("state", "today", "codes"),
    [
        (ReportState.RETURNED, date(2026, 4, 30), ["REPORT_MISSING"]),
        (ReportState.RETURNED, date(2026, 5, 1), []),
        (ReportState.DRAFT, date(2026, 4, 30), ["REPORT_MISSING"]),
        (ReportState.SUBMITTED, date(2026, 1, 1), []),
        (ReportState.LOCKED, date(2026, 1, 1), []),
    ],
)
def test_a_returned_report_that_is_kept_back_does_not_hold_up_the_snapshot(
    state: ReportState, today: date, codes: list[str]
) -> None:
    assert failed_codes(rules.freezing_checks(state, DUE, today)) == codes


@pytest.mark.requirement("A128")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("today", "codes"),
    [
        (date(2026, 5, 1), ["REPORT_MISSING"]),
        (date(2026, 5, 29), ["REPORT_MISSING"]),
        (date(2026, 5, 30), []),
    ],
)
def test_a_report_that_was_returned_late_may_come_back(today: date, codes: list[str]) -> None:
    back_until = date(2026, 5, 29)
    checks = rules.freezing_checks(ReportState.RETURNED, DUE, today, back_until)
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A055")
@pytest.mark.parametrize(("income", "cost", "left"), [(5, 3, 2), (3, 3, 0), (3, 5, -2), (0, 0, 0)])
def test_a_centre_bears_its_own_profit_and_loss(income: int, cost: int, left: int) -> None:
    assert rules.profit(income, cost) == left


@pytest.mark.requirement("A128")
@pytest.mark.parametrize("state", [None, *ReportState])
def test_a_report_is_frozen_that_was_sent_or_is_missing(state: ReportState | None) -> None:
    sent = state in (ReportState.SUBMITTED, ReportState.ACCEPTED, ReportState.LOCKED)
    for today in (DUE.last_on, date(2026, 5, 1)):
        ready = sent or state is ReportState.MISSING or today > DUE.last_on
        (check,) = rules.freezing_checks(state, DUE, today)
        assert check.passed is ready
        assert check.params["state"] == ("draft" if state is None else state.value)


@pytest.mark.requirement("A128")
@pytest.mark.parametrize("state", list(ReportState))
def test_a_report_is_written_in_before_it_is_sent_and_after_it_comes_back(
    state: ReportState,
) -> None:
    assert rules.is_open(state) is (state in (ReportState.DRAFT, ReportState.RETURNED))


@pytest.mark.requirement("A128")
def test_a_late_report_is_only_warned_of() -> None:
    for days, late in ((0, False), (1, True)):
        (check,) = rules.lateness_checks(days)
        assert (check.passed, check.severity) == (not late, Severity.WARNING)


@pytest.mark.requirement("A055", "A129")
@pytest.mark.parametrize(
    ("over", "parts"),
    [
        ({}, []),
        ({"rd_cost": 100, "rd_staff": 10}, []),
        ({"rd_cost": 101}, ["rd_cost"]),
        ({"rd_staff": 11}, ["rd_staff"]),
    ],
)
def test_no_part_of_the_accounts_is_more_than_its_whole(
    over: dict[str, int], parts: list[str]
) -> None:
    accounts = {"rd_cost": 1, "total_cost": 100, "rd_staff": 2, "staff": 10, **over}
    checks = rules.accounts_checks(accounts)
    assert [one.params["field"] for one in checks if not one.passed] == parts


@pytest.mark.requirement("A128")
def test_a_missing_report_is_reopened_once_for_a_day_that_is_not_over() -> None:
    assert failed_codes(rules.reopening_checks(reopened=False)) == []
    assert failed_codes(rules.reopening_checks(reopened=True)) == ["STATE_CONFLICT"]
    for day, codes in ((date(2026, 5, 9), ["FIELD_INVALID"]), (date(2026, 5, 10), [])):
        assert failed_codes(rules.term_checks(day, date(2026, 5, 10))) == codes


@pytest.mark.requirement("A129")
def test_what_was_counted_stands_beside_what_was_planned() -> None:
    inputs = vector.without_target(vector.inputs(), "E2")
    rows = rules.target_vs_actual(inputs.scheme, inputs.targets, inputs.facts, inputs.period)
    told = {one["code"]: (one["target"], one["actual"], one["facts"]) for one in rows}
    # What experts score is not counted, and stands nowhere.
    assert not {"A4", "B6", "C5", "D4", "E3"} & set(told)
    assert (told["A1"], told["C4"]) == (("20", "18.4", 32), ("0.3", "0.25", 1))
    # A threshold has no target of the plan's; a target that was not filed is none.
    assert (told["C2"], told["E2"]) == ((None, "0.42", 100), (None, "1", 1))
    # Where nothing is there, a count is nothing, and a share is not told.
    nothing = rules.target_vs_actual(inputs.scheme, (), {}, inputs.period)
    bare = {one["code"]: (one["actual"], one["facts"]) for one in nothing}
    assert (bare["B1"], bare["C2"]) == (("0", 0), (None, 0))


# --- over HTTP ------------------------------------------------------------------------------

http = pytest.mark.anyio


@http
@pytest.mark.requirement("A055", "A128", "A129")
async def test_a_report_is_prefilled_from_the_records(year: JudgedYear) -> None:
    await year.opened()
    draft = (await year.own("GET", "/report")).json()
    assert (draft["state"], draft["accounts"], draft["version"]) == ("draft", None, 0)
    rows: dict[str, Any] = {
        row["code"]: (row["target"], row["actual"]) for row in draft["target_vs_actual"]
    }
    assert rows["B4"] == ("3", "2")
    assert rows["B2"] == ("6000000000", "5200000000")
    assert rows["D1"] == (None, None)

    assert draft["profit"] is None

    submitted = (await year.reported()).json()
    accounts = submitted["accounts"]
    left = accounts["income"]["amount"] - accounts["total_cost"]["amount"]
    assert submitted["profit"] == {"amount": left, "currency": "CNY"}
    rows = {row["code"]: row["actual"] for row in submitted["target_vs_actual"]}
    assert (rows["A6"], rows["D1"]) == ("0.34", "0.46")
    assert (submitted["state"], submitted["late"], submitted["warnings"]) == (
        "submitted", False, [],
    )  # fmt: skip


@http
@pytest.mark.requirement("A129")
async def test_what_was_submitted_stays_as_it_was(year: JudgedYear) -> None:
    await year.opened()
    await year.reported()
    year.facts["registry"].append(vector.fact(999, "training", person_times=1))
    rows = (await year.own("GET", "/report")).json()["target_vs_actual"]
    assert {row["code"]: row["actual"] for row in rows}["D3"] == "410"


@http
@pytest.mark.requirement("A055", "A129")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"target_vs_actual": [{"code": "B4", "actual": "9"}]}, "FIELD_UNKNOWN"),
        ({"accounts": {**ACCOUNTS, "rd_cost": {"amount": 1.5}}}, "FIELD_INVALID"),
        ({"accounts": {**ACCOUNTS, "rd_cost": {"amount": -1}}}, "FIELD_INVALID"),
        ({"accounts": {**ACCOUNTS, "rd_staff": 101}}, "FIELD_INVALID"),
        ({"accounts": {**ACCOUNTS, "rd_cost": {"amount": 1_000_001}}}, "FIELD_INVALID"),
    ],
)
async def test_computed_fields_and_impossible_accounts_are_refused(
    year: JudgedYear, body: dict[str, Any], code: str
) -> None:
    await year.opened()
    answer = await year.own("PUT", "/report", {"accounts": ACCOUNTS, **body})
    assert (answer.status_code, codes_of(answer)) == (422, [code])


@http
@pytest.mark.requirement("A128")
@pytest.mark.parametrize(
    ("now", "late"), [("2028-03-31T15:59:59+00:00", 0), ("2028-03-31T16:00:00+00:00", 1)]
)
async def test_the_due_day_ends_at_midnight_in_shanghai(
    year: JudgedYear, now: str, late: int
) -> None:
    await year.opened()
    await year.written()
    year.service.set_clock(now)
    assert (await year.own("POST", "/report/submit")).json()["lateness_days"] == late


@http
@pytest.mark.requirement("A128")
async def test_a_late_report_is_taken_with_a_warning_and_a_return_adds_no_day(
    year: JudgedYear,
) -> None:
    await year.opened()
    year.service.set_clock("2028-04-12T02:00:00+00:00")
    late = (await year.reported()).json()
    assert (late["late"], late["lateness_days"]) == (True, 12)
    assert [one["code"] for one in late["warnings"]] == ["REPORT_LATE"]

    year.service.set_clock("2028-04-20T02:00:00+00:00")
    returned = await year.as_("handler", "POST", "/report/returns", {"reasons": ["口径有误"]})
    assert (returned.status_code, returned.json()["state"]) == (200, "returned")
    # The term is over, and yet the centre has thirty days from the return.
    for now in ("2028-05-01T02:00:00+00:00", "2028-05-20T02:00:00+00:00"):
        year.service.set_clock(now)
        early = await year.as_("handler", "POST", "/snapshot")
        assert (early.status_code, codes_of(early)) == (409, ["REPORT_MISSING"])
    year.service.set_clock("2028-05-25T02:00:00+00:00")
    again = (await year.reported()).json()
    assert (again["lateness_days"], again["first_submitted_on"]) == (12, "2028-04-12")
    assert [one["reasons"] for one in again["returns"]] == [["口径有误"]]


@http
@pytest.mark.requirement("A128")
async def test_a_late_report_caps_the_rating_at_good(year: JudgedYear) -> None:
    await year.opened()
    year.service.set_clock("2028-04-12T02:00:00+00:00")
    await year.reported()
    assert (await year.as_("handler", "POST", "/snapshot")).status_code == 201
    await year.scored()
    computed = (await year.as_("handler", "POST", "/compute")).json()
    assert (computed["gates"], computed["rating"]) == (["report_late"], "good")


@http
@pytest.mark.requirement("A128")
@pytest.mark.refusing
async def test_after_the_grace_a_report_is_locked_and_an_approver_reopens_it_once(
    year: JudgedYear,
) -> None:
    await year.opened()
    await year.written()
    year.service.set_clock("2028-05-01T02:00:00+00:00")
    assert (await year.own("POST", "/report/submit")).json()["code"] == "REPORT_LOCKED"
    assert await miss_overdue(year.service.app) == 1
    assert await miss_overdue(year.service.app) == 0
    assert (await year.own("GET", "/report")).json()["state"] == "missing"
    assert (await year.written()).status_code == 409

    again = {"reason": "不可抗力", "due_on": "2028-05-10"}
    # A day that is gone would use up the one reopening for nothing.
    gone = await year.as_(
        "approver", "POST", "/report/reopenings", again | {"due_on": "2028-04-30"}
    )
    assert (gone.status_code, codes_of(gone)) == (422, ["FIELD_INVALID"])
    assert (await year.as_("handler", "POST", "/report/reopenings", again)).status_code == 403
    reopened = await year.as_("approver", "POST", "/report/reopenings", again)
    assert (reopened.status_code, reopened.json()["state"]) == (200, "draft")
    year.service.set_clock("2028-05-11T02:00:00+00:00")
    assert (await year.own("POST", "/report/submit")).status_code == 409
    assert await miss_overdue(year.service.app) == 1
    again["due_on"] = "2028-05-20"
    second = await year.as_("approver", "POST", "/report/reopenings", again)
    assert (second.status_code, codes_of(second)) == (409, ["STATE_CONFLICT"])


@http
@pytest.mark.requirement("A128")
@pytest.mark.refusing
async def test_nothing_is_submitted_before_it_is_written_or_twice(year: JudgedYear) -> None:
    await year.opened()
    empty = await year.own("POST", "/report/submit")
    assert (empty.status_code, codes_of(empty)) == (409, ["REPORT_MISSING"])
    await year.reported()
    for method, path in (("PUT", "/report"), ("POST", "/report/submit")):
        body = {"accounts": ACCOUNTS} if method == "PUT" else None
        answer = await year.own(method, path, body)
        assert (answer.status_code, codes_of(answer)) == (409, ["STATE_CONFLICT"])


@http
@pytest.mark.requirement("A128", "X13")
@pytest.mark.refusing
async def test_a_report_in_a_snapshot_is_locked(year: JudgedYear) -> None:
    await year.frozen()
    assert (await year.own("GET", "/report")).json()["state"] == "locked"
    answer = await year.written()
    assert answer.status_code == 409
    assert set(codes_of(answer)) == {"REPORT_LOCKED"}


@http
@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_only_the_operator_and_the_lead_write_the_report(year: JudgedYear) -> None:
    await year.opened()
    for code, status in (("m02", 404), ("m20", 404), ("m01", 200)):
        async with year.member(code) as member:
            path = f"{CASES}/{year.case_id}/report"
            answer = await member.put(path, json={"accounts": ACCOUNTS})
            assert answer.status_code == status, answer.text
    answer = await year.as_("handler", "PUT", "/report", {"accounts": ACCOUNTS})
    assert (answer.status_code, codes_of(answer)) == (403, ["FORBIDDEN_SCOPE"])


@http
@pytest.mark.requirement("X03")
@pytest.mark.refusing
async def test_who_wrote_the_report_cannot_accept_it(year: JudgedYear) -> None:
    await year.opened()
    await year.reported()
    async with year.service.client("handler", sub=year.people["ex11"]) as same_person:
        answer = await same_person.post(f"{CASES}/{year.case_id}/report/accept")
    assert (answer.status_code, codes_of(answer)) == (403, ["SOD_VIOLATION"])
    accepted = await year.as_("handler", "POST", "/report/accept")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")


@http
@pytest.mark.requirement("X06")
@pytest.mark.refusing
async def test_a_stale_version_of_a_report_is_refused(year: JudgedYear) -> None:
    await year.opened()
    first = await year.written()
    unread = await year.own("PUT", "/report", {"accounts": ACCOUNTS})
    assert (unread.status_code, unread.json()["code"]) == (428, "PRECONDITION_REQUIRED")
    async with year.operator() as client:
        for version, status in ((first.headers["etag"], 200), (first.headers["etag"], 412)):
            answer = await client.put(
                f"{CASES}/{year.case_id}/report",
                json={"accounts": ACCOUNTS},
                headers={"If-Match": version},
            )
            assert answer.status_code == status
