"""Five years from the founding, not from the promise; what a resolution takes of unpaid equity."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col

from ip_ledger.contributions import rules, term_rules
from ip_ledger.contributions.rules import Balance, ContributionKind, State
from ip_ledger.contributions.term_rules import Term, TermBasis
from shared.directory import DirectoryOrganization
from shared.directory.storing import store_organization
from shared.rules import failed_codes
from tests.ip_ledger.conftest import Ledger, codes, figures
from tests.ip_ledger.contributions.test_contributions import posted, promise
from tests.ip_ledger.revenue.test_income import call

pytestmark = pytest.mark.anyio

AGREED, FOUNDED, RAISED = date(2025, 6, 1), date(2024, 2, 29), date(2025, 9, 1)
TODAY = date(2026, 1, 20)


@pytest.mark.requirement("A095")
@pytest.mark.parametrize(
    ("founded", "raised", "basis", "until"),
    [
        (None, None, TermBasis.PROMISE, date(2030, 6, 1)),
        (FOUNDED, None, TermBasis.FOUNDING, date(2029, 2, 28)),
        # Founded after the promise: the founders' agreement comes first.
        (date(2025, 7, 1), None, TermBasis.FOUNDING, date(2030, 7, 1)),
        (FOUNDED, RAISED, TermBasis.INCREASE, date(2030, 9, 1)),
        (None, RAISED, TermBasis.INCREASE, date(2030, 9, 1)),
    ],
)
def test_the_five_years_run_from_the_founding_or_a_registered_increase(
    founded: date | None, raised: date | None, basis: TermBasis, until: date
) -> None:
    term = term_rules.capital_term(AGREED, founded, raised)
    assert (term.basis, term.until) == (basis, until)
    assert failed_codes(term_rules.term_checks(term, until, founded, TODAY)) == []
    late = until.replace(month=until.month + 1, day=1)
    [check] = [one for one in term_rules.term_checks(term, late, founded, TODAY) if one.refuses]
    assert (check.code, check.params["counted_from"]) == ("CAPITAL_TERM_EXCEEDED", basis.value)


@pytest.mark.requirement("A095")
@pytest.mark.parametrize(
    ("raised", "refused"),
    [
        (FOUNDED, []),
        (date(2024, 2, 28), ["DAYS_OUT_OF_ORDER"]),
        (TODAY, []),
        (date(2026, 1, 21), ["DAY_IN_FUTURE"]),
    ],
)
def test_an_increase_is_registered_after_the_founding_and_not_ahead_of_time(
    raised: date, refused: list[str]
) -> None:
    checks = term_rules.term_checks(Term(TermBasis.INCREASE, raised), raised, FOUNDED, TODAY)
    assert failed_codes(checks) == refused


async def founded(ledger: Ledger, day: date | None) -> None:
    async with ledger.sessions.begin() as session:
        await session.execute(
            update(DirectoryOrganization)
            .where(col(DirectoryOrganization.id) == ledger.org["c03"])
            .values(registered_on=day)
        )


def due(day: str) -> dict[str, Any]:
    return {"schedule": [{"due_on": day, "amount": {"amount": 500_000}}]}


@pytest.mark.requirement("A095")
async def test_capital_is_due_within_five_years_of_the_companys_founding(ledger: Ledger) -> None:
    await founded(ledger, date(2024, 3, 1))
    kept = await call(ledger, "m09", "contributions", promise(ledger, **due("2029-03-01")))
    assert kept["capital_term"] == {
        "counted_from": "founding", "since": "2024-03-01", "until": "2029-03-01",
    }  # fmt: skip
    late = promise(ledger, **due("2029-03-02"))
    answer = await posted(ledger.member("m09"), "contributions", late)
    assert (answer.status_code, codes(answer)) == (422, ["CAPITAL_TERM_EXCEEDED"])
    assert figures(answer, "CAPITAL_TERM_EXCEEDED") == {
        "limit": "2029-03-01", "counted_from": "founding", "since": "2024-03-01",
    }  # fmt: skip
    raised = {**late, "increase_registered_on": "2025-10-01"}
    more = await call(ledger, "m09", "contributions", raised)
    assert more["capital_term"]["counted_from"] == "increase"
    early = {**late, "increase_registered_on": "2024-02-29"}
    answer = await posted(ledger.member("m09"), "contributions", early)
    assert "DAYS_OUT_OF_ORDER" in codes(answer)
    fee = promise(ledger, kind="membership_fee", **due("2032-01-01"))
    assert (await call(ledger, "m09", "contributions", fee))["capital_term"] is None


@pytest.mark.requirement("A095")
async def test_an_unknown_founding_day_is_asked_for_and_else_said_so(ledger: Ledger) -> None:
    unknown = await call(ledger, "m09", "contributions", promise(ledger))
    assert unknown["capital_term"]["counted_from"] == "promise"
    late = await posted(ledger.member("m09"), "contributions", promise(ledger, **due("2030-06-02")))
    assert figures(late, "CAPITAL_TERM_EXCEEDED")["counted_from"] == "promise"
    entry = {
        "id": str(ledger.org["c03"]), "uscc": "91310112FAKE00291X", "name": "c03",
        "org_type": "enterprise", "legal_person_kind": "independent", "region_code": "310115",
        "is_sme": False, "parent_uscc": None, "registered_on": "2024-03-01",
        "successor_id": None, "position": 1,
    }  # fmt: skip
    path = f"GET /v1/registry/directory/organizations/{ledger.org['c03']}"
    ledger.service.neighbours.answers[path] = entry
    known = await call(ledger, "m09", "contributions", promise(ledger))
    assert known["capital_term"]["since"] == "2024-03-01"
    # An announcement from before that day was part of it, heard late, does not take it away.
    async with ledger.sessions.begin() as session:
        await store_organization(session, {**entry, "registered_on": None, "name": "新名"}, 2)
        kept = await session.get(DirectoryOrganization, ledger.org["c03"])
        assert kept is not None
        await session.refresh(kept)
        assert (kept.name, kept.registered_on) == ("新名", date(2024, 3, 1))


@pytest.mark.requirement("A095")
@pytest.mark.parametrize(
    ("resolved", "refused"),
    [(None, []), (1, []), (700, []), (701, ["FORFEITURE_EXCEEDED"])],
)
def test_a_resolution_takes_no_more_than_was_unpaid_on_its_day(
    resolved: int | None, refused: list[str]
) -> None:
    checks = rules.forfeiture_checks(
        ContributionKind.EQUITY, State.COMMITTED, Balance(1_000, 500, 200, 100), 500,
        date(2026, 1, 1), date(2026, 1, 2), resolved, TODAY,
    )  # fmt: skip
    assert failed_codes(checks) == refused


@pytest.mark.requirement("A095")
def test_who_paid_after_the_resolution_has_lost_that_much_less() -> None:
    assert rules.lost_fen(700, 700) == 700
    assert rules.lost_fen(700, 699) == 699
    assert rules.lost_fen(300, 700) == 300


@pytest.mark.requirement("A095", "X03")
async def test_a_part_that_a_resolution_takes_leaves_the_rest_owed(ledger: Ledger) -> None:
    row = await call(ledger, "m09", "contributions", promise(ledger))
    path = f"contributions/{row['id']}"
    await call(ledger, "c03", f"{path}/arrears-notices", {})
    ledger.service.set_clock("2026-03-22T02:00:00+00:00")
    body = {
        "resolution_file_id": str(uuid4()), "resolved_on": "2026-03-22",
        "amount": {"amount": 500_001},
    }  # fmt: skip

    async def resolved(fen: int, version: int) -> Any:
        other = ledger.member("c03", sub=str(uuid4()))
        sent = {**body, "amount": {"amount": fen}}
        return await posted(other, f"{path}/forfeiture", sent, **{"If-Match": f'"{version}"'})

    over = await resolved(500_001, 1)
    assert (over.status_code, codes(over)) == (422, ["FORFEITURE_EXCEEDED"])
    assert figures(over, "FORFEITURE_EXCEEDED") == {"left_fen": 500_000}
    part = await resolved(200_000, 1)
    assert part.status_code == 201, part.text
    document = part.json()
    assert (document["state"], document["forfeited"]["amount"]) == ("committed", 200_000)
    assert document["forfeiture"]["resolved"]["amount"] == 200_000
    assert document["arrears"]["amount"] == 0
    # What is left is owed: it is paid, and by nobody's resolution is any of it lost.
    again = await resolved(300_000, 2)
    assert codes(again) == ["GRACE_RUNNING", "NO_ARREARS"]
    paid = {"amount": {"amount": 300_000}, "paid_on": "2026-03-22"}
    rest = await call(ledger, "c03", f"{path}/payments", paid)
    assert rest["state"] == "fulfilled"
