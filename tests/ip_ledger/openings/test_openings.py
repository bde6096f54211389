"""What was there before comes in first, proven, and approved by two people; or not at all."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from ip_ledger.agreements.rules import State as AgreementState
from ip_ledger.agreements.tables import Agreement
from ip_ledger.journal import queries as journal
from ip_ledger.journal.rules import EntryKind
from ip_ledger.journal.tables import JournalEntry
from ip_ledger.openings import rules
from ip_ledger.openings.rules import Approval, State
from shared.rules import failed_codes
from tests.fixtures.service import event_types
from tests.ip_ledger.conftest import TODAY, Ledger, codes

pytestmark = pytest.mark.anyio

PROPOSER, FIRST, SECOND = UUID(int=1), UUID(int=2), UUID(int=3)
BANK = {"code": "bank", "kind": "asset", "side": "debit", "amount": {"amount": 5_000_000}}
EQUITY = {
    "code": "opening_equity", "kind": "equity", "side": "credit", "amount": {"amount": 5_000_000},
}  # fmt: skip


def balances(*lines: dict[str, Any]) -> dict[str, Any]:
    return {"subject": "balances", "balances": list(lines or (BANK, EQUITY))}


class Office:
    """Who proposes and who approves."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.bookkeeper = ledger.service.client("bookkeeper", sub=PROPOSER)
        self.first = ledger.service.client("approver", sub=FIRST)
        self.second = ledger.service.client("approver", sub=SECOND)

    async def propose(
        self, content: dict[str, Any], client: httpx.AsyncClient | None = None, **over: Any
    ) -> httpx.Response:
        body = {
            "center_id": str(self.ledger.center["c03"]),
            "on": "2026-01-01",
            "source": "2025 年度审计报告",
            "source_file_id": str(self.ledger.text_file_id),
            "content": content,
            **over,
        }
        return await (client or self.bookkeeper).post("/v1/ip-ledger/openings", json=body)

    async def proposed(self, content: dict[str, Any], **over: Any) -> dict[str, Any]:
        answer = await self.propose(content, **over)
        assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.json()
        return document

    async def approve(
        self, opening: dict[str, Any], client: httpx.AsyncClient, **over: Any
    ) -> httpx.Response:
        body = {"content_sha256": opening["content_sha256"], **over}
        return await client.post(f"/v1/ip-ledger/openings/{opening['id']}/approvals", json=body)

    async def entered(self, content: dict[str, Any], **over: Any) -> dict[str, Any]:
        opening = await self.proposed(content, **over)
        for client in (self.first, self.second):
            answer = await self.approve(opening, client)
            assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.json()
        assert document["state"] == "entered"
        return document

    async def entry(self, code: str = "bank", **over: Any) -> httpx.Response:
        """An ordinary entry between two accounts of the centre."""
        ids = []
        for name in (code, "sales"):
            account = await self.bookkeeper.post("/v1/ip-ledger/accounts", json={
                "center_id": str(self.ledger.center["c03"]), "code": name, "kind": "asset",
            })  # fmt: skip
            ids.append(account.json()["id"])
        lines = [
            {"account_id": one, "side": side, "amount": {"amount": 7}}
            for one, side in zip(ids, ("debit", "credit"), strict=True)
        ]
        body = {"effective_on": "2026-01-10", "reference": "r", "postings": lines, **over}
        headers = {"Idempotency-Key": str(uuid4())}
        return await self.bookkeeper.post("/v1/ip-ledger/entries", json=body, headers=headers)


@pytest.fixture
def office(ledger: Ledger) -> Office:
    return Office(ledger)


def judged(given: list[Approval], new: Approval, state: State = State.PROPOSED) -> list[str]:
    checks = rules.approval_checks(state, PROPOSER, given, new, same_content=True)
    return failed_codes(checks)


@pytest.mark.requirement("X07")
def test_two_people_approve_of_whom_one_is_an_official() -> None:
    ours, theirs = Approval(FIRST, is_official=False), Approval(SECOND, is_official=True)
    assert judged([], ours) == judged([ours], theirs) == judged([theirs], ours) == []
    assert rules.approval_event(1) is rules.Event.APPROVE
    assert rules.approval_event(2) is rules.Event.ENTER


@pytest.mark.requirement("X07")
@pytest.mark.refusing
def test_nobody_approves_twice_nor_his_own_nor_two_of_the_centre_alone() -> None:
    ours = Approval(FIRST, is_official=False)
    assert judged([ours], Approval(FIRST, is_official=True)) == ["SOD_VIOLATION"]
    assert judged([], Approval(PROPOSER, is_official=True)) == ["SOD_VIOLATION"]
    assert judged([ours], Approval(SECOND, is_official=False)) == ["APPROVALS_ONE_SIDED"]
    for state in (State.ENTERED, State.WITHDRAWN):
        assert judged([], ours, state) == ["STATE_CONFLICT"]
    stale = rules.approval_checks(State.PROPOSED, PROPOSER, [], ours, same_content=False)
    assert failed_codes(stale) == ["STALE_INPUT"]


@pytest.mark.requirement("X07")
async def test_balances_come_in_by_one_marked_entry_per_currency(office: Office) -> None:
    opening = await office.entered(balances())
    async with office.ledger.sessions.reading() as session:
        entry = await session.scalar(select(JournalEntry))
        assert entry is not None
        assert (entry.kind, entry.source_id) == (EntryKind.OPENING, UUID(opening["id"]))
        assert await journal.wrong_balances(session) == []
    listed = await office.bookkeeper.get("/v1/ip-ledger/accounts?code=bank")
    assert listed.json()["items"][0]["balance"]["amount"] == 5_000_000
    assert (await office.entry()).status_code == 201
    await office.ledger.service.number()
    for record_id in (opening["id"], str(entry.id)):
        receipt = await office.first.get(f"/v1/ip-ledger/receipts/{record_id}")
        assert receipt.status_code == 200, receipt.text
    types = await event_types(office.ledger.sessions)
    assert {"opening.proposed", "opening.approved", "opening.entered"} <= set(types)
    shown = await office.first.get(f"/v1/ip-ledger/openings/{opening['id']}")
    assert [one["place"] for one in shown.json()["approvals"]] == [1, 2]
    assert shown.json()["content"]["balances"][0]["code"] == "bank"


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_an_opening_is_balanced_proven_and_of_a_day_that_has_come(office: Office) -> None:
    more = {**BANK, "amount": {"amount": 5_000_001}}
    uneven = await office.propose(balances(more, EQUITY))
    assert (uneven.status_code, codes(uneven)) == (422, ["UNBALANCED"])
    twice = await office.propose(balances(BANK, BANK, {**EQUITY, "amount": {"amount": 10_000_000}}))
    assert codes(twice) == ["ACCOUNT_REPEATED"]
    not_theirs = str(uuid4())
    office.ledger.service.neighbours.strange.add(not_theirs)
    unproven = await office.propose(balances(), source_file_id=not_theirs)
    assert codes(unproven) == ["FILE_UNKNOWN"]
    ahead = await office.propose(balances(), on="2026-01-21")
    assert codes(ahead) == ["DAY_IN_FUTURE"]
    strange = await office.propose(balances({**BANK, "org_id": str(uuid4())}, EQUITY))
    assert codes(strange) == ["PARTY_UNKNOWN"]
    nobody = await office.propose(balances(), source_file_id=not_theirs, on="2027-01-01")
    assert codes(nobody) == ["FILE_UNKNOWN", "DAY_IN_FUTURE"]
    async with office.ledger.member("m09") as member:
        mine = await office.propose(balances(), member)
    assert (mine.status_code, codes(mine)) == (403, ["FORBIDDEN_SCOPE"])
    async with office.ledger.member("m23") as stranger:
        hidden = await office.propose(balances(), stranger)
    assert hidden.status_code == 404


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_books_in_use_are_opened_no_more_and_open_ones_only_once(office: Office) -> None:
    opening = await office.proposed(balances())
    again = await office.propose(balances())
    assert (again.status_code, codes(again)) == (409, ["ALREADY_EXISTS"])
    assert (await office.approve(opening, office.first)).status_code == 201
    assert (await office.entry()).status_code == 201
    late = await office.approve(opening, office.second)
    assert (late.status_code, codes(late)) == (409, ["OPENING_TOO_LATE"])
    version = (await office.first.get(f"/v1/ip-ledger/openings/{opening['id']}")).headers["ETag"]
    withdrawn = await office.first.post(
        f"/v1/ip-ledger/openings/{opening['id']}/withdraw", headers={"If-Match": version}
    )
    assert withdrawn.json()["state"] == "withdrawn"
    assert codes(await office.propose(balances())) == ["OPENING_TOO_LATE"]


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_nothing_lies_before_the_day_on_which_books_were_opened(office: Office) -> None:
    await office.entered(balances())
    early = await office.entry(effective_on="2025-12-31")
    assert (early.status_code, codes(early)) == (409, ["BEFORE_OPENING"])
    assert (await office.entry(effective_on="2026-01-01")).status_code == 201


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_the_database_itself_opens_books_first_or_not_at_all(office: Office) -> None:
    assert (await office.entry()).status_code == 201
    async with office.ledger.sessions.begin() as session:
        session.add(
            JournalEntry(
                center_id=office.ledger.center["c03"], effective_on=TODAY, reference="r",
                recorded_at=datetime.now(UTC), recorded_by=FIRST, kind=EntryKind.OPENING,
                source_id=uuid4(),
            )
        )  # fmt: skip
        with pytest.raises(IntegrityError, match="opens books that are in use"):
            await session.flush()
        await session.rollback()


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_two_second_approvals_at_once_enter_it_once(office: Office) -> None:
    opening = await office.proposed(balances())
    await office.approve(opening, office.first)
    third = office.ledger.service.client("approver", sub=UUID(int=4))
    answers = await asyncio.gather(
        office.approve(opening, office.second), office.approve(opening, third)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    same = await office.approve(opening, office.first)
    assert (same.status_code, codes(same)[0]) == (403, "SOD_VIOLATION")
    async with office.ledger.sessions.reading() as session:
        assert len((await session.scalars(select(JournalEntry))).all()) == 1


@pytest.mark.requirement("X07", "A086")
async def test_owners_come_in_as_a_first_version_of_cause_opening(office: Office) -> None:
    asset = await office.ledger.registered()
    shares = office.ledger.shares(m04=600_000, c03=400_000)
    content = {"subject": "ownership", "asset_id": asset["id"], "shares": shares}
    await office.entered(content, on="2024-05-01")
    async with office.ledger.member("m04") as owner:
        path = f"/v1/ip-ledger/assets/{asset['id']}/ownership"
        version = (await owner.get(path)).json()
    assert (version["cause"], version["valid_from"]) == ("opening", "2024-05-01")


@pytest.mark.requirement("A086")
@pytest.mark.refusing
async def test_owners_are_opened_only_whole_and_where_none_are_known(office: Office) -> None:
    asset = await office.ledger.registered()
    part = office.ledger.shares(m04=333_300, m09=333_300, c03=333_300)
    content = {"subject": "ownership", "asset_id": asset["id"], "shares": part}
    short = await office.propose(content, on="2024-05-01")
    assert codes(short) == ["SHARES_NOT_100"]
    content["shares"] = office.ledger.shares(m04=1_000_000)
    early = await office.propose(content, on="2023-11-01")
    assert codes(early) == ["BEFORE_ASSET"]
    content["asset_id"] = str(uuid4())
    assert (await office.propose(content)).status_code == 404
    owned = await office.ledger.owned(asset["id"], m04=1_000_000, consents=("m04",))
    assert owned.status_code == 201, owned.text
    content["asset_id"] = asset["id"]
    assert codes(await office.propose(content)) == ["OPENING_TOO_LATE"]


def existing(ledger: Ledger, **over: Any) -> dict[str, Any]:
    terms = ledger.agreement("m04", "m09", "c03", effective_on="2025-03-01", **over)
    return {"subject": "agreement", "terms": {k: v for k, v in terms.items() if k != "center_id"}}


@pytest.mark.requirement("A084")
async def test_an_agreement_signed_before_is_in_force_and_says_so(office: Office) -> None:
    content = existing(office.ledger)
    opening = await office.entered(content, on="2025-02-20")
    async with office.ledger.sessions.reading() as session:
        agreement = await session.scalar(select(Agreement).where(col(Agreement.edition) == 1))
        assert agreement is not None
        assert agreement.state is AgreementState.IN_FORCE
        assert agreement.opening_id == UUID(opening["id"])
    official = office.ledger.service.client("official")
    path = f"/v1/ip-ledger/agreements/standing?center_id={office.ledger.center['c03']}"
    standing = await official.get(f"{path}&on=2025-06-01")
    assert standing.json()["agreement"]["id"] == str(agreement.id)
    before = await official.get(f"{path}&on=2025-02-28")
    assert before.json()["agreement"] is None


@pytest.mark.requirement("A084", "A024")
@pytest.mark.refusing
async def test_an_agreement_comes_in_complete_and_before_any_other(office: Office) -> None:
    content = existing(office.ledger)
    del content["terms"]["clauses"]["risk_sharing"]
    assert codes(await office.propose(content)) == ["CLAUSE_MISSING"]
    await office.ledger.signed("m04", "m09", "c03")
    late = await office.propose(existing(office.ledger), on="2025-02-20")
    assert codes(late) == ["OPENING_TOO_LATE"]
