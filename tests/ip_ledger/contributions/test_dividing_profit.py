"""What counts towards a division of profit is what stood on its resolution's day, once for each."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from ip_ledger.contributions import profit_rules
from ip_ledger.contributions.profit_rules import Shareholder, Subscription
from shared.money import WHOLE_PPM
from shared.rules import failed_codes
from tests.ip_ledger.conftest import Ledger, figures
from tests.ip_ledger.contributions.test_contributions import posted, promise
from tests.ip_ledger.revenue.test_income import call

pytestmark = pytest.mark.anyio

A, B = UUID(int=1), UUID(int=2)
DAY = date(2026, 1, 15)
BEFORE, AFTER = date(2026, 1, 14), date(2026, 1, 16)


def one(
    org_id: UUID = A,
    agreed_on: date = BEFORE,
    paid: tuple[tuple[date, int], ...] = (),
    lost: tuple[tuple[date, int], ...] = (),
) -> Subscription:
    return Subscription(org_id, agreed_on, 1_000, paid, lost)


@pytest.mark.requirement("A086", "A095")
@pytest.mark.parametrize(
    ("promises", "expected"),
    [
        ([one(agreed_on=BEFORE)], [(A, 1_000, 0)]),
        ([one(agreed_on=DAY)], [(A, 1_000, 0)]),
        ([one(agreed_on=AFTER)], []),
        ([one(paid=((BEFORE, 300),))], [(A, 1_000, 300)]),
        ([one(paid=((DAY, 300),))], [(A, 1_000, 300)]),
        ([one(paid=((AFTER, 300),))], [(A, 1_000, 0)]),
        ([one(lost=((BEFORE, 400),))], [(A, 600, 0)]),
        ([one(lost=((DAY, 400),))], [(A, 600, 0)]),
        ([one(lost=((AFTER, 400),))], [(A, 1_000, 0)]),
        # Who lost all of it is no shareholder any more; who will lose it tomorrow still is.
        ([one(lost=((DAY, 1_000),)), one(B)], [(B, 1_000, 0)]),
        ([one(lost=((AFTER, 1_000),)), one(B)], [(A, 1_000, 0), (B, 1_000, 0)]),
        # Two promises of one member are one holding, and the later one does not count yet.
        ([one(paid=((DAY, 5),)), one(paid=((DAY, 7),))], [(A, 2_000, 12)]),
        ([one(paid=((DAY, 5),)), one(agreed_on=AFTER)], [(A, 1_000, 5)]),
    ],
)
def test_capital_counts_from_its_own_day_to_the_end_of_the_resolutions(
    promises: list[Subscription], expected: list[tuple[UUID, int, int]]
) -> None:
    holders = profit_rules.shareholders_on(promises, DAY)
    assert holders == [Shareholder(*row) for row in expected]


@pytest.mark.requirement("A086")
@pytest.mark.parametrize(
    ("agreed", "refused"),
    [
        (None, []),
        (((A, WHOLE_PPM), (B, 0)), []),
        (((A, 999_999), (B, 1)), []),
        (((A, 999_999), (B, 0)), ["SHARES_NOT_100"]),
        ((), ["SHARES_NOT_100"]),
        # The last of the two would have been the whole by itself.
        (((A, 1), (A, WHOLE_PPM)), ["PARTY_REPEATED", "SHARES_NOT_100"]),
        (((A, 500_000), (B, 0), (A, 500_000)), ["PARTY_REPEATED"]),
        (((A, 500_000), (UUID(int=3), 500_000)), ["PARTY_UNKNOWN"]),
    ],
)
def test_an_agreed_division_names_each_shareholder_once(
    agreed: tuple[tuple[UUID, int], ...] | None, refused: list[str]
) -> None:
    holders = [Shareholder(A, 10, 10), Shareholder(B, 10, 0)]
    checks = profit_rules.profit_checks(holders, agreed, consent_attached=True, consents=[A, B])
    assert sorted(failed_codes(checks)) == refused


async def holding(ledger: Ledger, name: str, committed: int, paid: int, on: str) -> None:
    body = promise(
        ledger, org_id=str(ledger.org[name]), committed={"amount": committed}, schedule=[],
        agreed_on=on,
    )  # fmt: skip
    row = await call(ledger, "c03", "contributions", body)
    part = {"amount": {"amount": paid}, "paid_on": on}
    await call(ledger, "c03", f"contributions/{row['id']}/payments", part)


def profit(ledger: Ledger, **over: Any) -> dict[str, Any]:
    return {
        "center_id": str(ledger.center["c03"]), "year": 2025, "profit": {"amount": 100_000},
        "resolved_on": "2026-01-15", "resolution_file_id": str(uuid4()), **over,
    }  # fmt: skip


@pytest.mark.requirement("A086", "A095")
async def test_a_promise_after_the_resolution_takes_no_part_and_need_not_consent(
    ledger: Ledger,
) -> None:
    """The reserve is bounded by half of the capital of that day, and so it stays 5,000."""
    await holding(ledger, "m04", 6_000, 3_000, "2026-01-14")
    await holding(ledger, "m09", 4_000, 1_000, "2026-01-15")
    await holding(ledger, "m08", 90_000, 90_000, "2026-01-16")
    divided = await call(ledger, "c03", "profit-divisions", profit(ledger))
    assert divided["reserve"]["amount"] == 5_000
    assert [
        (line["org_id"], line["subscribed"]["amount"], line["amount"]["amount"])
        for line in divided["lines"]
    ] == [(str(ledger.org["m04"]), 6_000, 71_250), (str(ledger.org["m09"]), 4_000, 23_750)]
    agreed = {
        "shares": [
            {"org_id": str(ledger.org[name]), "ppm": 500_000} for name in ("m04", "m09")
        ],
        "consents": [str(ledger.org[name]) for name in ("m04", "m09")],
        "consent_file_id": str(uuid4()),
    }  # fmt: skip
    await call(ledger, "c03", "profit-divisions", profit(ledger, year=2024, **agreed))
    late = profit(ledger, year=2023, resolved_on="2026-01-16", **agreed)
    answer = await call(ledger, "c03", "profit-divisions", late, 409)
    assert [one["code"] for one in answer["errors"]] == ["CONSENT_MISSING"]


@pytest.mark.requirement("A086")
@pytest.mark.refusing
async def test_a_shareholder_named_twice_is_refused_and_by_the_database_too(
    ledger: Ledger,
) -> None:
    await holding(ledger, "m04", 6_000, 3_000, "2026-01-14")
    await holding(ledger, "m09", 4_000, 1_000, "2026-01-14")
    twice = {
        "shares": [
            {"org_id": str(ledger.org["m04"]), "ppm": 400_000},
            {"org_id": str(ledger.org["m09"]), "ppm": 200_000},
            {"org_id": str(ledger.org["m04"]), "ppm": 400_000},
        ],
        "consents": [str(ledger.org[name]) for name in ("m04", "m09")],
        "consent_file_id": str(uuid4()),
    }
    answer = await posted(ledger.member("c03"), "profit-divisions", profit(ledger, **twice))
    assert answer.status_code == 422, answer.text
    assert figures(answer, "PARTY_REPEATED") == {"org_ids": [str(ledger.org["m04"])]}
    await call(ledger, "c03", "profit-divisions", profit(ledger))
    url = ledger.service.database.owner_url.replace("postgresql+asyncpg", "postgresql")
    owner = await asyncpg.connect(url)
    try:
        for lines, name in (
            ("one.lines || (one.lines->0)", "ck_profit_division_parties"),
            ("one.lines - 0", "ck_profit_division_whole"),
        ):
            with pytest.raises(asyncpg.CheckViolationError) as refused:
                await owner.execute(
                    f"""INSERT INTO profit_division SELECT (jsonb_populate_record(one,
                        jsonb_build_object('id', gen_random_uuid(), 'year', 2019,
                            'lines', {lines}))).* FROM profit_division AS one"""  # noqa: S608
                )
            assert getattr(refused.value, "constraint_name", "") == name
    finally:
        await owner.close()
