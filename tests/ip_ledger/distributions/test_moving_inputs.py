"""Whatever a run rests on may move between its steps: the next step refuses, and books nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, func, select, update

from ip_ledger.journal.tables import JournalEntry
from shared.directory import DirectoryOrganization
from tests.ip_ledger.conftest import TEXT_SHA256, Ledger
from tests.ip_ledger.revenue.test_income import OWNERS, asset_of, call, income

pytestmark = [pytest.mark.anyio, pytest.mark.refusing]
STEPS = ("confirmations", "approve", "pay")
APPROVER = {"sub": str(UUID(int=7))}
Mover = Callable[[Ledger, str], Awaitable[None]]


async def _drafted(ledger: Ledger, asset_id: str) -> Any:
    # One third each of 100.01: what rounding owes afterwards is no whole 分.
    body = income(asset_id, gross={"amount": 10_001}, deductions=[])
    event = await call(ledger, "c03", "revenue-events", body)
    rate = [{"owner_id": str(ledger.org["m04"]), "rate_ppm": 600_000, "basis": "办法第8条"}]
    draft = {"revenue_event_ids": [event["id"]], "reward_rules": rate}
    return await call(ledger, "c03", "distribution-runs", draft)


async def _step(ledger: Ledger, run: Any, step: str, status: int) -> Any:
    path = f"distribution-runs/{run['id']}/{step}"
    if step == "confirmations":
        agreed = {"plan_hash": run["plan_hash"]}
        names = OWNERS if status < 300 else OWNERS[:1]
        return [await call(ledger, name, path, agreed, status if status > 300 else 201)
                for name in names][-1]  # fmt: skip
    claims = APPROVER if step == "approve" else {}
    return await call(ledger, "c03", path, None, status, **claims)


async def _owners(ledger: Ledger, asset_id: str) -> None:
    moved = await ledger.owned(
        asset_id, version=2, valid_from="2026-01-19", consents=OWNERS, cause="assignment",
        m04=333_332, m09=333_334, c03=333_334,
    )  # fmt: skip
    assert moved.status_code == 201, moved.text


async def _rounding(ledger: Ledger, asset_id: str) -> None:
    """Another run of the same asset overtakes this one."""
    run = await _drafted(ledger, asset_id)
    for step in STEPS:
        await _step(ledger, run, step, 200)


async def _owner_type(ledger: Ledger, asset_id: str) -> None:
    """The institute turns into a company: another law sets its rate."""
    del asset_id
    await _change(ledger, "m04", org_type="enterprise", uscc="91310112FAKE00048N")


async def _entity(ledger: Ledger, asset_id: str) -> None:
    """An owner is a legal person no longer, and nobody pays it."""
    del asset_id
    await _change(ledger, "m09", legal_person_kind="none")


async def _change(ledger: Ledger, name: str, **values: Any) -> None:
    async with ledger.sessions.begin() as session:
        await session.execute(
            update(DirectoryOrganization)
            .where(col(DirectoryOrganization.id) == ledger.org[name])
            .values(**values)
        )


MOVERS: dict[str, tuple[Mover, str]] = {
    "owners": (_owners, "STALE_INPUT"),
    "rounding": (_rounding, "STALE_INPUT"),
    "owner_type": (_owner_type, "STALE_INPUT"),
    "entity": (_entity, "CONSORTIUM_NOT_REGISTERED"),
}


@pytest.mark.requirement("A086", "A033", "A053")
@pytest.mark.parametrize("mover", list(MOVERS))
@pytest.mark.parametrize("step", STEPS)
async def test_what_moved_before_a_step_is_refused_there(
    ledger: Ledger, step: str, mover: str
) -> None:
    move, code = MOVERS[mover]
    await ledger.signed(*OWNERS)
    asset_id = await asset_of(ledger, m04=333_333, m09=333_333, c03=333_334)
    run = await _drafted(ledger, asset_id)
    for before in STEPS[: STEPS.index(step)]:
        await _step(ledger, run, before, 200)
    await move(ledger, asset_id)
    async with ledger.sessions.reading() as session:
        entries = await session.scalar(select(func.count()).select_from(JournalEntry))
    answer = await _step(ledger, run, step, 409)
    assert [one["code"] for one in answer["errors"]] == [code]
    async with ledger.sessions.reading() as session:
        assert await session.scalar(select(func.count()).select_from(JournalEntry)) == entries


@pytest.mark.requirement("A086")
async def test_income_in_a_run_is_not_undone_at_any_step(ledger: Ledger) -> None:
    await ledger.signed(*OWNERS)
    asset_id = await asset_of(ledger, m04=333_333, m09=333_333, c03=333_334)
    run = await _drafted(ledger, asset_id)
    undoing = {"reason": "误记"}
    for step in STEPS:
        path = f"revenue-events/{run['revenue_event_ids'][0]}/undoing"
        answer = await call(ledger, "c03", path, undoing, 409, sub=str(uuid4()))
        assert answer["code"] == "REVENUE_DISTRIBUTED"
        await _step(ledger, run, step, 200)


# --- what the members agree anew between the steps --------------------------------------------

LATER = {"effective_on": "2026-01-21"}
# The draft says 600,000 ppm for the institute, nothing for the others; the income came on the 20th.
TERMS: dict[str, tuple[dict[str, Any], bool]] = {
    # What settles ties, though no 分 goes another way by it in the end.
    "order": ({"parties": ("c03", "m09", "m04")}, True),
    "earlier order": ({"parties": ("c03", "m09", "m04"), "effective_on": "2025-06-01"}, True),
    "order from tomorrow": ({"parties": ("c03", "m09", "m04"), **LATER}, False),
    "rate": ({"rates": {"m09": 100_000}}, True),
    "earlier rate": ({"rates": {"m09": 100_000}, "effective_on": "2025-06-01"}, True),
    "rate from tomorrow": ({"rates": {"m09": 100_000}, **LATER}, False),
    # More than the draft gives: hidden behind the rule that was drafted, and refused all the same.
    "rate above the draft's": ({"rates": {"m04": 700_000}}, True),
    "rate below the draft's": ({"rates": {"m04": 550_000}}, False),
    "rate that is the draft's": ({"rates": {"m04": 600_000}}, False),
    "exit": ({"exit_method": "day_weighted"}, False),
    "consents": ({"ordinary_license_consent_ppm": 900_000}, False),
    "benefit": ({"benefit": (100_000, 200_000, 700_000)}, False),
    "same again": ({}, False),
}  # fmt: skip


async def _agreed_anew(
    ledger: Ledger,
    parties: tuple[str, ...] = OWNERS,
    rates: dict[str, int] | None = None,
    benefit: tuple[int, ...] = (),
    **over: Any,
) -> None:
    if rates:
        over["reward_rates"] = [
            {"org_id": str(ledger.org[name]), "rate_ppm": ppm} for name, ppm in rates.items()
        ]
    if benefit:
        over["benefit_shares"] = over["risk_shares"] = [
            {"org_id": str(ledger.org[name]), "ppm": part}
            for name, part in zip(parties, benefit, strict=True)
        ]
    signed = await ledger.signed(*parties, **over)
    later = over.get("effective_on") == LATER["effective_on"]
    assert signed["state"] == ("signed" if later else "in_force")


@pytest.mark.requirement("A086", "A033", "A084")
@pytest.mark.parametrize("terms", list(TERMS))
@pytest.mark.parametrize("step", STEPS)
async def test_terms_that_move_before_a_step_are_refused_or_rightly_no_matter(
    ledger: Ledger, step: str, terms: str
) -> None:
    over, moves = TERMS[terms]
    await ledger.signed(*OWNERS, effective_on="2025-01-01")
    asset_id = await asset_of(ledger, m04=333_333, m09=333_333, c03=333_334)
    run = await _drafted(ledger, asset_id)
    for before in STEPS[: STEPS.index(step)]:
        await _step(ledger, run, before, 200)
    await _agreed_anew(ledger, **over)
    if moves:
        answer = await _step(ledger, run, step, 409)
        assert [one["code"] for one in answer["errors"]] == ["STALE_INPUT"]
        return
    for then in STEPS[STEPS.index(step) :]:
        await _step(ledger, run, then, 200)
    async with ledger.member("c03") as payer:
        paid = (await payer.get(f"/v1/ip-ledger/distribution-runs/{run['id']}")).json()
    assert paid["state"] == "paid"
    for name in ("plan_hash", "lines", "rewards"):
        assert paid[name] == run[name], name


@pytest.mark.requirement("A086", "A033")
async def test_a_text_that_one_party_has_not_signed_yet_is_no_matter(ledger: Ledger) -> None:
    await ledger.signed(*OWNERS, effective_on="2025-01-01")
    asset_id = await asset_of(ledger, m04=333_333, m09=333_333, c03=333_334)
    run = await _drafted(ledger, asset_id)
    rates = [{"org_id": str(ledger.org["m09"]), "rate_ppm": 100_000}]
    made = await call(ledger, "m04", "agreements", ledger.agreement(*OWNERS, reward_rates=rates))
    for name in OWNERS[:2]:
        await call(
            ledger, name, f"agreements/{made['id']}/signatures", {"text_sha256": TEXT_SHA256}
        )
    for step in STEPS:
        await _step(ledger, run, step, 200)
    # The last signature comes after the payment: the run is told, with what it changes.
    path = f"agreements/{made['id']}/signatures"
    await call(ledger, OWNERS[2], path, {"text_sha256": TEXT_SHA256})
    async with ledger.member("c03") as payer:
        answer = await payer.get(f"/v1/ip-ledger/assets/{asset_id}/affected-runs")
    [found] = answer.json()["runs"]
    assert (found["run_id"], found["causes"]) == (run["id"], ["agreement"])


@pytest.mark.requirement("A086", "X07")
async def test_a_last_signature_beside_the_payment_is_refused_there_or_told_afterwards(
    ledger: Ledger,
) -> None:
    """Whichever comes first: no run is paid by terms that nobody hears were others."""
    await ledger.signed(*OWNERS, effective_on="2025-01-01")
    asset_id = await asset_of(ledger, m04=333_333, m09=333_333, c03=333_334)
    outcomes = set()
    for turn in range(6):
        run = await _drafted(ledger, asset_id)
        for step in STEPS[:2]:
            await _step(ledger, run, step, 200)
        rates = [{"org_id": str(ledger.org["m09"]), "rate_ppm": 50_000 + 100_000 * turn}]
        made = await call(
            ledger, "m04", "agreements", ledger.agreement(*OWNERS, reward_rates=rates)
        )
        path = f"agreements/{made['id']}/signatures"
        for name in OWNERS[:2]:
            await call(ledger, name, path, {"text_sha256": TEXT_SHA256})
        async with ledger.member("c03") as payer, ledger.member("c03") as signer:
            keyed = {"Idempotency-Key": str(uuid4())}
            paid, signed = await asyncio.gather(
                payer.post(f"/v1/ip-ledger/distribution-runs/{run['id']}/pay", headers=keyed),
                signer.post(f"/v1/ip-ledger/{path}", json={"text_sha256": TEXT_SHA256}),
            )
            assert signed.status_code == 201, signed.text
            told = await payer.get(f"/v1/ip-ledger/assets/{asset_id}/affected-runs")
        listed = {one["run_id"] for one in told.json()["runs"]}
        outcomes.add(paid.status_code)
        if paid.status_code == 200:
            assert run["id"] in listed
        else:
            assert [one["code"] for one in paid.json()["errors"]] == ["STALE_INPUT"]
    assert outcomes <= {200, 409}
