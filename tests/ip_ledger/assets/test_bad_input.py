"""Whatever is sent, the answer is a problem document and never a fault (I10)."""

from typing import Any

import pytest

from tests.ip_ledger.conftest import Ledger

pytestmark = pytest.mark.anyio

ODD: list[Any] = [
    None, True, -1, 0, 2**53, 2**63, 10**400, 1.5, "", " ", "x" * 300, "0001-01-01",
    "9999-12-31", "2026-02-30", [], {}, [None], "00000000-0000-0000-0000-000000000000",
]  # fmt: skip


@pytest.mark.requirement("A109", "A086", "A127")
@pytest.mark.refusing
async def test_odd_values_in_any_field_are_answered(ledger: Ledger) -> None:
    asset_id = (await ledger.registered(number="202410000002.4", filed_on="2024-01-02"))["id"]
    bodies = {
        "/v1/ip-ledger/assets": ledger.asset(granted_on="2025-11-28", external_id="P"),
        "/v1/ip-ledger/agreements": ledger.agreement("m04", "m09"),
        f"/v1/ip-ledger/assets/{asset_id}/ownership": {
            "valid_from": "2026-01-01", "cause": "attribution", "consents": [],
            "shares": ledger.shares(m04=1_000_000),
        },
        "/v1/ip-ledger/licenses": {
            "asset_id": asset_id, "licensee_uscc": "91310112FAKE00080E", "type": "ordinary",
            "effective_on": "2026-02-10", "territory": "CN",
        },
        "/v1/ip-ledger/tech-contracts": {
            "center_id": str(ledger.center["c03"]), "kind": "service", "counterparty": "甲",
            "is_commissioned_rd": False, "signed_on": "2026-01-02", "external_id": "E",
            "contract_amount": {"amount": 5, "currency": "CNY"},
            "tech_transaction_amount": {"amount": 5, "currency": "CNY"},
        },
    }  # fmt: skip
    number = 0
    async with ledger.member("m04") as client:
        for path, body in bodies.items():
            for name in body:
                for value in ODD:
                    number += 1
                    headers = {"Idempotency-Key": str(number), "If-Match": '"1"'}
                    answer = await client.post(path, json={**body, name: value}, headers=headers)
                    assert answer.status_code < 500, (path, name, value, answer.text)
