"""Openings attacked: by their author, after a close, too much, and beside other writers."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, func, select

from ip_ledger.journal import queries as journal
from ip_ledger.journal.rules import EntryKind
from ip_ledger.journal.tables import JournalEntry
from ip_ledger.openings.tables import BookOpening, BookOpeningApproval
from tests.ip_ledger.conftest import Ledger, codes
from tests.ip_ledger.openings.test_openings import BANK, EQUITY, FIRST, PROPOSER, Office, balances

pytestmark = [pytest.mark.anyio, pytest.mark.requirement("X07"), pytest.mark.refusing]
MOST = 2**53 - 1
STRICT = {"may_go_negative": False}


@pytest.fixture
def office(ledger: Ledger) -> Office:
    return Office(ledger)


async def stands(office: Office, opening: dict[str, Any], state: str, approvals: int) -> None:
    """What a refused step leaves: the opening as it was, and no entry of it."""
    async with office.ledger.sessions.reading() as session:
        row = await session.get(BookOpening, UUID(opening["id"]))
        assert row is not None
        given = await session.scalar(
            select(func.count())
            .select_from(BookOpeningApproval)
            .where(col(BookOpeningApproval.opening_id) == row.id)
        )
        entries = await session.scalar(
            select(func.count())
            .select_from(JournalEntry)
            .where(col(JournalEntry.kind) == EntryKind.OPENING)
        )
        assert await journal.wrong_balances(session) == []
    assert (row.state, given) == (state, approvals)
    assert bool(entries) == (state == "entered")


async def test_nobody_approves_what_he_proposed_in_whatever_capacity(office: Office) -> None:
    opening = await office.proposed(balances())
    himself = office.ledger.service.client("approver", sub=PROPOSER)
    own = await office.approve(opening, himself)
    assert (own.status_code, codes(own)) == (403, ["SOD_VIOLATION"])
    assert (await office.approve(opening, office.first)).status_code == 201
    both = office.ledger.service.client("approver", "bookkeeper", sub=FIRST)
    for client in (himself, office.first, both):
        again = await office.approve(opening, client)
        assert (again.status_code, codes(again)) == (403, ["SOD_VIOLATION"])
    other = await office.approve(opening, office.second, content_sha256="00" * 32)
    assert (other.status_code, codes(other)) == (409, ["STALE_INPUT"])
    async with office.ledger.member("m23") as stranger:
        assert (await office.approve(opening, stranger)).status_code == 404
    await stands(office, opening, "proposed", 1)


async def test_books_are_not_opened_within_a_closed_period(office: Office) -> None:
    opening = await office.proposed(balances())
    assert (await office.approve(opening, office.first)).status_code == 201
    closed = await office.bookkeeper.post(
        "/v1/ip-ledger/periods",
        json={"center_id": str(office.ledger.center["c03"]), "until_on": "2026-01-01"},
        headers={"Idempotency-Key": "close"},
    )
    assert closed.status_code == 201, closed.text
    late = await office.approve(opening, office.second)
    assert (late.status_code, codes(late)) == (409, ["PERIOD_CLOSED"]), late.text
    await stands(office, opening, "proposed", 1)


@pytest.mark.parametrize(
    "lines",
    [
        [{**BANK, **STRICT, "side": "credit"}, {**EQUITY, "side": "debit"}],
        [BANK, {**EQUITY, **STRICT, "kind": "asset", "code": "till"}],
    ],
)
async def test_what_no_account_may_hold_is_refused_where_it_is_entered_and_leaves_nothing(
    office: Office, lines: list[dict[str, Any]]
) -> None:
    opening = await office.proposed(balances(*lines))
    assert (await office.approve(opening, office.first)).status_code == 201
    refused = await office.approve(opening, office.second)
    assert (refused.status_code, codes(refused)) == (409, ["ACCOUNT_OVERDRAWN"]), refused.text
    await stands(office, opening, "proposed", 1)
    listed = await office.bookkeeper.get("/v1/ip-ledger/accounts?code=bank")
    assert listed.json()["items"] == []


async def test_amounts_that_are_none_too_large_or_without_a_counterpart_are_refused(
    office: Office,
) -> None:
    most = {"amount": MOST}
    for lines, expected in (
        ([BANK], {"UNBALANCED", "FIELD_INVALID"}),
        ([BANK, {**EQUITY, "amount": {"amount": 4_999_999}}], {"UNBALANCED"}),
        ([{**BANK, "amount": {"amount": 0}}, EQUITY], {"FIELD_INVALID", "UNBALANCED"}),
        ([{**BANK, "amount": {"amount": -1}}, EQUITY], {"FIELD_INVALID"}),
        ([{**BANK, "amount": {"amount": 2**53}}, EQUITY], {"FIELD_INVALID"}),
        ([{**BANK, "amount": {"amount": 1.5}}, EQUITY], {"FIELD_INVALID"}),
        (
            [BANK, {**EQUITY, "amount": {"amount": 5_000_000, "currency": "USD"}}],
            {"UNBALANCED", "CURRENCIES_MIXED"},
        ),
        (
            [
                {**BANK, "amount": {"amount": 1, "currency": "ZZZ"}},
                {**EQUITY, "amount": {"amount": 1, "currency": "ZZZ"}},
            ],
            {"CURRENCY_UNKNOWN", "FIELD_INVALID"},
        ),
        (
            [
                {**BANK, "amount": most}, {**BANK, "code": "till", "amount": most},
                {**EQUITY, "amount": most}, {**EQUITY, "code": "reserve", "amount": most},
            ],
            set(),
        ),
    ):  # fmt: skip
        answer = await office.propose(balances(*lines))
        if expected:
            assert answer.status_code == 422, (lines, answer.text)
            assert set(codes(answer)) <= expected, answer.text
        else:
            assert answer.status_code in {201, 422}, answer.text


async def test_an_opening_beside_the_first_entry_comes_first_or_not_at_all(
    office: Office,
) -> None:
    opening = await office.proposed(balances())
    assert (await office.approve(opening, office.first)).status_code == 201
    entered, posted = await asyncio.gather(office.approve(opening, office.second), office.entry())
    assert posted.status_code == 201, posted.text
    if entered.status_code == 201:
        await stands(office, opening, "entered", 2)
    else:
        assert (entered.status_code, codes(entered)) == (409, ["OPENING_TOO_LATE"])
        await stands(office, opening, "proposed", 1)
    async with office.ledger.sessions.reading() as session:
        kinds = list(
            await session.scalars(
                select(JournalEntry.kind).order_by(
                    (col(JournalEntry.kind) == EntryKind.OPENING).desc()
                )
            )
        )
    assert len(kinds) == (2 if entered.status_code == 201 else 1)


async def test_two_openings_proposed_at_once_leave_one(office: Office) -> None:
    other = office.ledger.service.client("bookkeeper", sub=uuid4())
    answers = await asyncio.gather(
        office.propose(balances()), office.propose(balances(), other), office.propose(balances())
    )
    assert sorted(one.status_code for one in answers) == [201, 409, 409]
    assert {code for one in answers if one.status_code == 409 for code in codes(one)} == {
        "ALREADY_EXISTS"
    }


async def test_owners_that_became_known_between_the_approvals_are_not_opened_over(
    office: Office,
) -> None:
    asset = await office.ledger.registered()
    shares = office.ledger.shares(m04=600_000, c03=400_000)
    content = {"subject": "ownership", "asset_id": asset["id"], "shares": shares}
    opening = await office.proposed(content, on="2024-05-01")
    assert (await office.approve(opening, office.first)).status_code == 201
    owned, late = await asyncio.gather(
        office.ledger.owned(asset["id"], m04=1_000_000, consents=("m04",)),
        office.approve(opening, office.second),
    )
    assert sorted((owned.status_code, late.status_code)) in ([201, 409], [201, 412]), (
        owned.text, late.text,
    )  # fmt: skip
    async with office.ledger.member("m04") as owner:
        path = f"/v1/ip-ledger/assets/{asset['id']}/ownership"
        version = (await owner.get(path)).json()
    assert (version["cause"] == "opening") == (late.status_code == 201)
    assert version["number"] == 1


async def test_an_agreement_of_before_does_not_take_the_place_of_a_later_one(
    office: Office,
) -> None:
    """Proposed for a day that is to come, and overtaken by what all parties sign meanwhile."""
    terms = office.ledger.agreement("m04", "m09", "c03", effective_on="2026-02-01")
    content = {
        "subject": "agreement", "terms": {k: v for k, v in terms.items() if k != "center_id"},
    }  # fmt: skip
    opening = await office.proposed(content, on="2025-02-20")
    assert (await office.approve(opening, office.first)).status_code == 201
    signed = await office.ledger.signed("m04", "m09", "c03")
    late = await office.approve(opening, office.second)
    assert (late.status_code, codes(late)) == (409, ["OPENING_TOO_LATE"])
    official = office.ledger.service.client("official")
    path = f"/v1/ip-ledger/agreements/standing?center_id={office.ledger.center['c03']}"
    standing = (await official.get(f"{path}&on=2026-03-01")).json()
    assert standing["agreement"]["id"] == signed["id"]
