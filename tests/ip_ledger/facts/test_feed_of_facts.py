"""The ledger's contracts and assets as facts: what is known when, to whom, page by page."""

from typing import Any

import pytest

from tests.ip_ledger.conftest import Ledger

pytestmark = pytest.mark.anyio
FACTS = "/v1/ip-ledger/facts"


def contract(ledger: Ledger, number: int, signed_on: str) -> dict[str, Any]:
    return {
        "center_id": str(ledger.center["c03"]),
        "kind": "development",
        "counterparty": "（示例）委托方",
        "is_commissioned_rd": True,
        "contract_amount": {"amount": 100_00, "currency": "CNY"},
        "tech_transaction_amount": {"amount": 100_00, "currency": "CNY"},
        "signed_on": signed_on,
        "external_id": f"HT-{number}",
    }


async def post_contracts(ledger: Ledger, days: list[str]) -> None:
    async with ledger.member("m04") as client:
        answer = await client.post(
            "/v1/ip-ledger/tech-contract-batches",
            json=[contract(ledger, number, day) for number, day in enumerate(days)],
            headers={"Idempotency-Key": "facts"},
        )
    assert answer.json()["failed"] == 0, answer.text


@pytest.mark.requirement("A127", "X13")
async def test_a_service_reads_what_happened_in_a_period_page_by_page(ledger: Ledger) -> None:
    days = ["2025-12-31", "2026-01-01", "2026-01-10", "2026-01-18", "2026-01-19"]
    await post_contracts(ledger, days)
    asked = {
        "center_id": str(ledger.center["c03"]), "from": "2026-01-01", "until": "2026-01-18",
        "limit": "2",
    }  # fmt: skip
    found, pages = [], 0
    cursor: dict[str, str] = {}
    async with ledger.service.client("service") as evaluation:
        while True:
            page = (await evaluation.get(FACTS, params={**asked, **cursor})).json()
            found += [fact["occurred_on"] for fact in page["items"]]
            pages += 1
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
    assert (sorted(found), pages) == (days[1:4], 2)


@pytest.mark.requirement("X13")
async def test_what_is_recorded_after_the_cut_off_is_not_seen_at_it(ledger: Ledger) -> None:
    await post_contracts(ledger, ["2026-01-10"])
    async with ledger.service.client("service") as evaluation:
        known = await evaluation.get(FACTS, params={"as_of": "2026-01-20"})
        unknown = await evaluation.get(FACTS, params={"as_of": "2026-01-20T01:59:59Z"})
        nonsense = await evaluation.get(FACTS, params={"as_of": "yesterday"})
    assert [len(answer.json()["items"]) for answer in (known, unknown)] == [1, 0]
    assert nonsense.status_code == 422


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_facts_of_other_centres_are_not_there(ledger: Ledger) -> None:
    await post_contracts(ledger, ["2026-01-10"])
    counts = {}
    for name in ("m09", "c03", "m03"):
        async with ledger.member(name) as client:
            counts[name] = len((await client.get(FACTS)).json()["items"])
    assert counts == {"m09": 1, "c03": 1, "m03": 0}


@pytest.mark.requirement("A127")
async def test_the_envelope_carries_what_the_scheme_reads(ledger: Ledger) -> None:
    await post_contracts(ledger, ["2026-01-10"])
    async with ledger.service.client("service") as evaluation:
        fact = (await evaluation.get(FACTS)).json()["items"][0]
    assert fact["kind"] == "tech_contract"
    assert fact["id"] == fact["subject_id"] == fact["payload"]["contract_id"]
    assert fact["payload"]["contract_amount"] == {"amount": 100_00, "currency": "CNY"}
    assert fact["payload"]["is_commissioned_rd"] is True
    assert fact["payload"]["registration_no"] is None
    assert fact["derived"] == {"is_member": None, "is_sme": None, "region_code": None}
