"""The issue's bad input, past every rule: the database refuses each by the name of a constraint."""

from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import select

from ip_ledger.journal.tables import Currency
from shared.codes.currencies import MINOR_DIGITS
from shared.http.constraints import MEANINGS
from tests.ip_ledger.conftest import Ledger
from tests.ip_ledger.contributions.test_contributions import promise
from tests.ip_ledger.contributions.test_funding import funded
from tests.ip_ledger.costs.test_following import cost
from tests.ip_ledger.revenue.test_income import OWNERS, call, income

pytestmark = [pytest.mark.anyio, pytest.mark.refusing]

MOST = 2**53
# A row that is there once more, with something else in it.
COPY = """INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table},
    to_jsonb(one) || jsonb_build_object({changes}))).* FROM (
        SELECT * FROM {table} WHERE {where} LIMIT 1) AS one"""
OWN = "'kind', 'self_implementation'"
NEW = "'id', gen_random_uuid()"


def copied(table: str, changes: str, where: str = "true") -> str:
    return COPY.format(table=table, changes=changes, where=where)


WHO = "'person_id', gen_random_uuid()"
OTHER = "'owner_id', gen_random_uuid()"
LESS = "DELETE FROM ownership_line WHERE ppm = 250000; "
EARLY = "'number', 9, 'valid_during', '[2023-11-01,2023-11-02)'"
SELF = "'id', '{new}'::uuid, 'origin_id', '{new}'::uuid"
REFUSED = (
    # Sums of 999,999 ppm and 1,000,001 ppm, a share of 0, the same owner twice.
    (copied("ownership_line", f"{OTHER}, 'ppm', 1"), "ck_ownership_line_whole"),
    (LESS + copied("ownership_line", f"{OTHER}, 'ppm', 249999"), "ck_ownership_line_whole"),
    (copied("ownership_line", f"{OTHER}, 'ppm', 0"), "ck_ownership_line_ppm"),
    (copied("ownership_line", "'ppm', 1"), "pk_ownership_line"),
    (
        copied(
            "agreement_party",
            "'org_id', gen_random_uuid(), 'place', 50, 'benefit_ppm', 0, 'risk_ppm', 1",
        ),
        "ck_agreement_party_whole",
    ),
    (copied("agreement_party", "'place', 50"), "uq_agreement_party_agreement_id_org_id"),
    (copied("asset_inventor", f"'place', 50, {WHO}, 'share_ppm', 1"), "ck_asset_inventor_whole"),
    (
        copied("asset_inventor", f"'place', 50, {WHO}, 'share_ppm', 0"),
        "ck_asset_inventor_share_ppm",
    ),
    (copied("asset_inventor", "'place', 50"), "uq_asset_inventor_version_id_person_id"),
    (copied("inventor_version", f"{NEW}, 'number', 9"), "ck_inventor_version_instant"),
    # A date before the asset existed: it was filed on 2023-11-02.
    (
        copied("revenue_event", NEW + ", 'received_on', '2023-11-01'"),
        "ck_revenue_event_after_asset",
    ),
    (
        copied("ownership_version", f"{SELF}, {EARLY}"),
        "ck_ownership_version_after_asset",
    ),
    (
        copied("protection_event", NEW + ", 'occurred_on', '2023-11-01'"),
        "ck_protection_event_after_asset",
    ),
    # An amount of 0, negative, above 2^53.
    (copied("posting", "'line', 50, 'amount_fen', 0"), "ck_posting_amount_fen"),
    (copied("posting", f"'line', 50, 'amount_fen', {MOST}"), "ck_posting_readable"),
    (copied("posting", f"'line', 50, 'amount_fen', -{MOST}"), "ck_posting_readable"),
    (copied("revenue_event", NEW + ", 'gross_fen', 0, 'net_fen', 0"), "ck_revenue_event_earned"),
    (copied("revenue_event", f"{NEW}, {OWN}, 'gross_fen', -1"), "ck_revenue_event_gross_fen"),
    (copied("revenue_event", NEW + f", 'gross_fen', {MOST}"), "ck_revenue_event_readable"),
    (copied("contribution", NEW + ", 'committed_fen', 0"), "ck_contribution_committed_fen"),
    (copied("contribution", NEW + f", 'committed_fen', {MOST}"), "ck_contribution_readable"),
    (
        copied("contribution_payment", NEW + ", 'amount_fen', -1"),
        "ck_contribution_payment_amount_fen",
    ),
    (copied("funding_record", NEW + ", 'amount_fen', 0"), "ck_funding_record_amount_fen"),
    (copied("funding_record", NEW + f", 'amount_fen', {MOST}"), "ck_funding_record_readable"),
    (copied("asset_cost", NEW + ", 'amount_fen', 0"), "ck_asset_cost_sign"),
    (copied("asset_cost", NEW + f", 'amount_fen', {MOST}"), "ck_asset_cost_readable"),
    # A currency that does not exist; an entry with one leg.
    (copied("account", NEW + ", 'currency', 'XXX'"), "fk_account_currency_currency"),
    (
        copied("posting", "'line', 50, 'amount_fen', 1, 'account_version', 99"),
        "ck_posting_balanced",
    ),
    # A reversal of a reversal; a reversal before the original.
    (
        copied("journal_entry", NEW + ", 'reverses_id', one.id", "reverses_id IS NOT NULL"),
        "ck_journal_entry_reverses_original",
    ),
    (
        copied(
            "journal_entry", NEW + ", 'reverses_id', one.id, 'effective_on', '2020-01-01'",
            "id NOT IN (SELECT reverses_id FROM journal_entry WHERE reverses_id IS NOT NULL)"
            " AND reverses_id IS NULL",
        ),
        "ck_journal_entry_reverses_after",
    ),
    # Two runs over the same income.
    (
        copied("distribution_run", "'id', '{new}'::uuid")
        + ";"
        + copied("distribution_run_event", "'run_id', '{new}'::uuid", "standing"),
        "uq_distribution_run_event_standing",
    ),
)  # fmt: skip
PAID = "UPDATE distribution_run SET state = 'paid' WHERE state = 'approved'"


async def world(ledger: Ledger) -> tuple[str, dict[str, Any]]:
    """Something of each table that the list speaks of; a run waits to be paid."""
    await ledger.signed(*OWNERS)
    inventor = {"person_id": str(uuid4()), "org_id": str(ledger.org["m04"])}
    asset_id = str(
        (await ledger.registered(inventors=[{**inventor, "share_ppm": 1_000_000}]))["id"]
    )
    owned = await ledger.owned(asset_id, consents=OWNERS, m04=400_000, m09=350_000, c03=250_000)
    assert owned.status_code == 201, owned.text
    protection = {
        "asset_id": asset_id, "kind": "infringement", "occurred_on": "2026-01-10",
        "counterparty": "（示例）公司",
    }  # fmt: skip
    await call(ledger, "m04", "protection-events", protection)
    promised = await call(ledger, "m09", "contributions", promise(ledger))
    part = {"amount": {"amount": 1_000}, "paid_on": "2026-01-15"}
    await call(ledger, "c03", f"contributions/{promised['id']}/payments", part)
    await funded(ledger)
    spent = await call(ledger, "c03", "asset-costs", cost(asset_id, 10))
    await call(ledger, "c03", f"asset-costs/{spent['id']}/undoing", {"reason": "误记"})
    await call(ledger, "c03", "asset-costs", cost(asset_id, 10))
    event = await call(ledger, "c03", "revenue-events", income(asset_id))
    body = {"revenue_event_ids": [event["id"]], "reward_rules": []}
    run = await call(ledger, "c03", "distribution-runs", body)
    for name in OWNERS:
        agreed = {"plan_hash": run["plan_hash"]}
        await call(ledger, name, f"distribution-runs/{run['id']}/confirmations", agreed)
    await call(ledger, "c03", f"distribution-runs/{run['id']}/approve", None, 200, sub=str(uuid4()))
    return asset_id, run


@pytest.mark.requirement("X07", "A086")
async def test_each_bad_row_is_refused_by_the_database_under_its_rules_own_code(
    ledger: Ledger,
) -> None:
    asset_id, run = await world(ledger)
    url = ledger.service.database.owner_url.replace("postgresql+asyncpg", "postgresql")
    owner = await asyncpg.connect(url)
    missed = []
    try:
        for statement, name in REFUSED:
            whole = f"BEGIN; {statement.format(new=uuid4())}; COMMIT"
            with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
                await owner.execute(whole)
            await owner.execute("ROLLBACK")
            said = getattr(refused.value, "constraint_name", None)
            if said != name:
                missed.append((name, said, str(refused.value)))
        assert missed == []
        # What a rule of its own answers, the constraint answers with the same code.
        assert {MEANINGS[name][1] for _, name in REFUSED if name in MEANINGS} >= {
            "SHARES_NOT_100", "PARTY_REPEATED", "BEFORE_ASSET", "AMOUNT_TOO_LARGE", "AMOUNT_ZERO",
            "UNBALANCED", "CURRENCY_UNKNOWN", "REVERSAL_OF_REVERSAL", "REVERSAL_BEFORE_ORIGINAL",
            "REVENUE_DISTRIBUTED",
        }  # fmt: skip
        # A run whose shares changes while it waits: as it stands it could be paid …
        async with owner.transaction():
            await owner.execute(PAID)
            await owner.execute("UPDATE distribution_run SET state = 'approved'")
        moved = await ledger.owned(
            asset_id, version=2, valid_from="2026-01-19", consents=OWNERS, cause="assignment",
            m04=500_000, m09=250_000, c03=250_000,
        )  # fmt: skip
        assert moved.status_code == 201, moved.text
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await owner.execute(PAID)
        assert getattr(refused.value, "constraint_name", "") == "ck_distribution_run_present"
    finally:
        await owner.close()
    answer = await call(ledger, "c03", f"distribution-runs/{run['id']}/pay", None, 409)
    assert [one["code"] for one in answer["errors"]] == ["STALE_INPUT"]


@pytest.mark.requirement("X07")
async def test_no_column_of_money_or_shares_holds_a_float_and_every_currency_is_known(
    ledger: Ledger,
) -> None:
    owner = await asyncpg.connect(
        ledger.service.database.owner_url.replace("postgresql+asyncpg", "postgresql")
    )
    try:
        loose = await owner.fetch(
            """SELECT table_name, column_name, data_type FROM information_schema.columns
            WHERE table_schema = 'public' AND column_name ~ '_(fen|ppm|millionths)$'
              AND data_type NOT IN ('bigint', 'integer')"""
        )
    finally:
        await owner.close()
    assert loose == []
    async with ledger.sessions.reading() as session:
        rows = await session.execute(select(Currency))
        assert {row.code: row.minor_digits for (row,) in rows} == MINOR_DIGITS


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(("kind", "status"), [("license", 422), ("self_implementation", 201)])
async def test_only_a_year_of_ones_own_production_earns_nothing(
    ledger: Ledger, kind: str, status: int
) -> None:
    asset_id = (await ledger.registered())["id"]
    await ledger.owned(asset_id, consents=("m04",), m04=1_000_000)
    nothing = income(asset_id, kind=kind, gross={"amount": 0}, deductions=[])
    answer = await call(ledger, "c03", "revenue-events", nothing, status)
    assert answer.get("code") == (None if status == 201 else "AMOUNT_ZERO")
