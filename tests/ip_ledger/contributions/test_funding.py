"""Money by source: how concentrated it is, how long it lasts; profits by capital paid in."""

from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from ip_ledger.contributions import rules
from shared.rules import failed_codes
from tests.ip_ledger.conftest import Ledger, codes
from tests.ip_ledger.contributions.test_contributions import LEDGER, posted, promise

pytestmark = pytest.mark.anyio


async def funded(ledger: Ledger, by: str = "c03", **over: Any) -> httpx.Response:
    body = {
        "center_id": str(ledger.center["c03"]),
        "source": "government",
        "instrument": "grant",
        "amount": {"amount": 600_000},
        "received_on": "2026-01-10",
        "provider_name": "市经信委",
        **over,
    }
    return await posted(ledger.member(by), "funding-records", body)


@pytest.mark.requirement("A094", "A097", "A143")
async def test_funding_is_summed_by_source_with_its_concentration(ledger: Ledger) -> None:
    loan = {"source": "bank", "instrument": "loan", "provider_name": "示例银行"}
    assert (await funded(ledger)).status_code == 201
    assert (
        await funded(ledger, **loan, amount={"amount": 200_000}, risk_note="设备抵押")
    ).status_code == 201
    fund = {"source": "social_fund", "instrument": "equity", "provider_name": "示例基金"}
    assert (
        await funded(ledger, **fund, amount={"amount": 100_000}, stake_ppm=50_000)
    ).status_code == 201
    row = (await posted(ledger.member("m09"), "contributions", promise(ledger))).json()
    paid = {"amount": {"amount": 100_000}, "paid_on": "2026-01-12"}
    await posted(ledger.member("c03"), f"contributions/{row['id']}/payments", paid)
    async with ledger.member("c03") as client:
        answer = await client.get(
            f"{LEDGER}/funding-summary", params={"center_id": str(ledger.center["c03"])}
        )
    document = answer.json()
    assert document["total"]["amount"] == 1_000_000
    assert {one["key"]: one["ppm"] for one in document["by_source"]} == {
        "government": 600_000, "bank": 200_000, "member": 100_000, "social_fund": 100_000,
    }  # fmt: skip
    assert document["concentration_ppm"] == 420_000
    assert (document["largest_ppm"], document["non_public_ppm"]) == (600_000, 400_000)
    assert (document["cash"]["amount"], document["months_covered"]) == (1_000_000, None)
    async with ledger.member("m08") as other:
        hidden = await other.get(
            f"{LEDGER}/funding-summary", params={"center_id": str(ledger.center["c03"])}
        )
    assert hidden.status_code == 404


@pytest.mark.requirement("A094", "A143")
@pytest.mark.refusing
async def test_money_of_the_wrong_form_or_without_its_risk_is_refused(ledger: Ledger) -> None:
    wrong = await funded(ledger, source="bank", provider_name="示例银行")
    assert (wrong.status_code, codes(wrong)) == (422, ["FUNDING_FORM"])
    bare = await funded(ledger, source="bank", instrument="loan", provider_name="示例银行")
    assert (bare.status_code, codes(bare)) == (422, ["FIELD_MISSING"])
    member = await funded(ledger, source="member", instrument="fee")
    assert codes(member) == ["FUNDING_FORM"]
    early = await funded(ledger, received_on="2026-01-21")
    assert codes(early) == ["DAY_IN_FUTURE"]
    other = await funded(ledger, by="m09")
    assert (other.status_code, codes(other)) == (403, ["FORBIDDEN_SCOPE"])


@pytest.mark.requirement("A098")
def test_months_covered_are_floored_to_a_tenth() -> None:
    assert rules.months_covered(1_000_000, 1_200_000) == "10.0"
    assert rules.months_covered(999_999, 1_200_000) == "9.9"
    assert rules.months_covered(-5, 1_200_000) == "0.0"
    assert rules.months_covered(100, 0) is None


@pytest.mark.requirement("A086", "A095")
async def test_profit_goes_by_capital_paid_in_unless_all_agreed(ledger: Ledger) -> None:
    for name, committed, paid in (("m04", 600_000, 300_000), ("m09", 400_000, 100_000)):
        body = promise(
            ledger, org_id=str(ledger.org[name]), committed={"amount": committed}, schedule=[]
        )
        row = (await posted(ledger.member("c03"), "contributions", body)).json()
        part = {"amount": {"amount": paid}, "paid_on": "2026-01-10"}
        answer = await posted(ledger.member("c03"), f"contributions/{row['id']}/payments", part)
        assert answer.status_code == 201, answer.text
    profit = {
        "center_id": str(ledger.center["c03"]), "year": 2025, "profit": {"amount": 100_001},
        "resolved_on": "2026-01-20", "resolution_file_id": str(uuid4()),
    }  # fmt: skip
    divided = await posted(ledger.member("c03"), "profit-divisions", profit)
    assert divided.status_code == 201, divided.text
    document = divided.json()
    assert (document["reserve"]["amount"], document["pool"]["amount"]) == (10_001, 90_000)
    assert [line["amount"]["amount"] for line in document["lines"]] == [67_500, 22_500]
    shares = [
        {"org_id": str(ledger.org["m04"]), "ppm": 500_000},
        {"org_id": str(ledger.org["m09"]), "ppm": 500_000},
    ]
    other = {**profit, "year": 2024, "shares": shares, "consents": [str(ledger.org["m04"])]}
    missing = await posted(ledger.member("c03"), "profit-divisions", other)
    assert (missing.status_code, codes(missing)) == (409, ["CONSENT_MISSING"])
    other |= {"consents": [str(ledger.org[n]) for n in ("m04", "m09")]}
    other |= {"consent_file_id": str(uuid4())}
    agreed = await posted(ledger.member("c03"), "profit-divisions", other)
    assert agreed.status_code == 201, agreed.text
    amounts = [line["amount"]["amount"] for line in agreed.json()["lines"]]
    assert amounts[0] == amounts[1]


@pytest.mark.requirement("A097", "A143")
@pytest.mark.parametrize("source", list(rules.Source))
@pytest.mark.parametrize("instrument", list(rules.Instrument))
def test_money_comes_only_in_a_form_that_its_source_gives(
    source: rules.Source, instrument: rules.Instrument
) -> None:
    """A bank lends, an investor takes a stake, a fund or an alliance gives; members contribute."""
    checks = rules.funding_checks(
        source, instrument, is_named=True, risk_note="担保", received_on=date(2026, 1, 20),
        today=date(2026, 1, 20),
    )  # fmt: skip
    fits = instrument in rules.FORMS[source] and source is not rules.Source.MEMBER
    assert failed_codes(checks) == ([] if fits else ["FUNDING_FORM"])


@pytest.mark.requirement("A097")
async def test_funds_and_alliances_are_sources_of_their_own(ledger: Ledger) -> None:
    for source in ("social_fund", "alliance"):
        given = await funded(
            ledger, source=source, provider_name="示例产业联盟", purpose="中试产业化"
        )
        assert (given.status_code, given.json()["source"]) == (201, source), given.text
