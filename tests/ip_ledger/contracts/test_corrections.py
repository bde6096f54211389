"""A contract's amounts are corrected by others beside them; number and review are judged anew."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from ip_ledger.audit.auditing import audit
from tests.ip_ledger.conftest import Ledger, codes
from tests.ip_ledger.contracts.test_tech_contracts import CONTRACTS, contract, posted, yuan

pytestmark = pytest.mark.anyio
BARE: dict[str, Any] = {"registration_no": None, "registered_on": None}


def correction(contract_amount: Any, transaction: Any, **over: Any) -> dict[str, Any]:
    return {
        "contract_amount": contract_amount, "tech_transaction_amount": transaction,
        "reason": "补充协议", "evidence": [str(uuid4())], **over,
    }  # fmt: skip


def entry(number: int, day: str = "2026-01-19") -> dict[str, Any]:
    return {"registration_no": f"2631000100{number:04d}", "registered_on": day}


async def corrected(
    ledger: Ledger, contract_id: str, body: dict[str, Any], by: str = "m04", version: int = 1
) -> httpx.Response:
    async with ledger.member(by) as client:
        return await client.post(
            f"{CONTRACTS}/{contract_id}/corrections",
            json=body,
            headers={"If-Match": f'"{version}"'},
        )


async def read(ledger: Ledger, path: str, **query: str) -> Any:
    async with ledger.member("m04") as client:
        answer = await client.get(f"/v1/ip-ledger/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def recorded(ledger: Ledger, **over: Any) -> str:
    answer = await posted(ledger, contract(ledger, **over))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def sound(ledger: Ledger) -> None:
    async with ledger.service.app.state.database.engine.connect() as connection:
        assert (await audit(connection, None)).differences == []


@pytest.mark.requirement("A127", "X07")
async def test_without_the_registers_entry_of_the_change_it_counts_as_unregistered(
    ledger: Ledger,
) -> None:
    contract_id = await recorded(ledger)
    ledger.service.set_clock("2026-02-02T02:00:00+00:00")
    answer = await corrected(ledger, contract_id, correction(yuan(6_200_000), yuan(1_200_000)))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["former_registration_no"], told["registration_no"]) == ("26310001000001", None)
    now = await read(ledger, f"tech-contracts/{contract_id}")
    # From 5,000,000 on experts review, thirty working days from the correction.
    assert (now["state"], now["review"], now["registration_no"]) == (
        "signed", "expert_review_30wd", None,
    )  # fmt: skip
    assert now["review_due_on"] == "2026-03-20"
    # What was told of it before stays what it was, and says what followed it.
    facts = (await read(ledger, "facts", center_id=str(ledger.center["c03"])))["items"]
    told_of = [(one["payload"]["contract_amount"]["amount"], one["id"]) for one in facts]
    assert [amount for amount, _ in told_of] == [150_000_000, 620_000_000]
    assert [one["superseded_by_id"] for one in facts] == [told_of[1][1], None]
    before = await read(ledger, "facts", center_id=str(ledger.center["c03"]), as_of="2026-02-01")
    assert [one["payload"]["contract_amount"]["amount"] for one in before["items"]] == [150_000_000]
    # Its number stays its own, and comes back with the entry of the change.
    other = await posted(ledger, contract(ledger, number=1, external_id="HT-9"), by="m09")
    assert (other.status_code, codes(other)) == (409, ["ALREADY_EXISTS"])
    async with ledger.member("m04") as client:
        path = f"{CONTRACTS}/{contract_id}/registration"
        again = await client.post(path, json=entry(1, "2026-02-02"), headers={"If-Match": '"2"'})
    assert (again.status_code, again.json()["state"]) == (200, "registered"), again.text
    rows = (await read(ledger, f"tech-contracts/{contract_id}/corrections"))["items"]
    assert [(one["ordinal"], one["former_contract_amount"]["amount"]) for one in rows] == [
        (2, 150_000_000)
    ]
    await sound(ledger)


@pytest.mark.requirement("A127", "X07")
async def test_with_the_entry_of_the_change_it_stays_registered(ledger: Ledger) -> None:
    contract_id = await recorded(ledger)
    body = correction(yuan(1_600_000), yuan(1_200_000), registration=entry(7))
    assert (await corrected(ledger, contract_id, body)).status_code == 201
    now = await read(ledger, f"tech-contracts/{contract_id}")
    assert (now["state"], now["registration_no"], now["review_due_on"]) == (
        "registered", "26310001000007", None,
    )  # fmt: skip
    # Back to the first number: a contract takes up its own.
    back = correction(yuan(1_500_000), yuan(1_200_000), registration=entry(1, "2026-01-20"))
    assert (await corrected(ledger, contract_id, back, version=2)).status_code == 201
    # The first report, posted again, is no other contract.
    again = await posted(ledger, contract(ledger))
    assert again.json()["id"] == contract_id
    await sound(ledger)


@pytest.mark.requirement("A127")
@pytest.mark.parametrize(
    ("first", "then", "review", "due_on"),
    [
        # The timer of 15 working days from 2026-01-20 runs on where the review stays what it was.
        (4_999_999, 4_999_998, "ordinary_15wd", "2026-02-10"),
        (4_999_999, 5_000_000, "expert_review_30wd", "2026-03-20"),
        (5_000_000, 4_999_999, "ordinary_15wd", "2026-02-28"),
        (5_000_000, 5_000_001, "expert_review_30wd", "2026-03-09"),
    ],
)
async def test_the_review_is_judged_by_the_new_amount(
    ledger: Ledger, first: int, then: int, review: str, due_on: str
) -> None:
    contract_id = await recorded(ledger, contract_amount=yuan(first), **BARE)
    ledger.service.set_clock("2026-02-02T02:00:00+00:00")
    answer = await corrected(ledger, contract_id, correction(yuan(then), yuan(1_200_000)))
    assert answer.status_code == 201, answer.text
    now = await read(ledger, f"tech-contracts/{contract_id}")
    assert (now["review"], now["review_due_on"]) == (review, due_on)


@pytest.mark.requirement("A127", "X07")
@pytest.mark.refusing
async def test_every_fault_of_a_correction_is_told_at_once(ledger: Ledger) -> None:
    contract_id = await recorded(ledger)
    bare_id = await recorded(ledger, number=2, external_id="HT-2", **BARE)
    await recorded(ledger, number=3, external_id="HT-3")
    right = (yuan(1_600_000), yuan(1_200_000))
    cases: list[tuple[str, dict[str, Any], int, list[str]]] = [
        (contract_id, correction(yuan(1_500_000), yuan(1_200_000)), 409, ["CORRECTION_NOT_NEEDED"]),
        (contract_id, correction(yuan(1_000), yuan(1_001)), 422, ["AMOUNT_EXCEEDED"]),
        (contract_id, correction({"amount": 0}, {"amount": 0}), 422, ["FIELD_INVALID"]),
        (contract_id, correction({"amount": 2**53}, yuan(1)), 422, ["FIELD_INVALID"]),
        (contract_id, correction(*right, evidence=[]), 422, ["FIELD_INVALID"]),
        (bare_id, correction(*right, registration=entry(9)), 422, ["FIELD_INVALID"]),
        (contract_id, correction(*right, registration=entry(3)), 409, ["ALREADY_EXISTS"]),
        (
            contract_id, correction(*right, registration=entry(1, "2026-01-21")), 422,
            ["DAY_IN_FUTURE"],
        ),
        (
            contract_id, correction(*right, registration=entry(1, "2026-01-14")), 422,
            ["DAYS_OUT_OF_ORDER"],
        ),
        (
            contract_id,
            correction(
                *right, registration={"registration_no": "26-31", "registered_on": "2026-01-19"}
            ),
            422, ["NUMBER_FORMAT"],
        ),
    ]  # fmt: skip
    for one, body, status, expected in cases:
        answer = await corrected(ledger, one, body)
        assert (answer.status_code, codes(answer)) == (status, expected), answer.text
    good = correction(*right)
    for by, status in (("m08", 403), ("m01", 404)):
        assert (await corrected(ledger, contract_id, good, by=by)).status_code == status
    stale = await corrected(ledger, contract_id, good, version=2)
    assert (stale.status_code, codes(stale)) == (412, ["VERSION_CONFLICT"])
    assert (await read(ledger, f"tech-contracts/{contract_id}"))["version"] == 1


@pytest.mark.requirement("A084", "A127")
@pytest.mark.refusing
@pytest.mark.parametrize("event", ["sign", "register"])
async def test_nobody_registers_or_signs_by_saying_so(ledger: Ledger, event: str) -> None:
    """A number registers a contract, and co-owners' consents sign a license: no word does."""
    contract_id = await recorded(ledger, **BARE)
    asset = await ledger.registered()
    await ledger.owned(asset["id"], m04=600_000, m09=400_000, consents=("m04", "m09"))
    license_body = {
        "asset_id": asset["id"], "licensor_id": str(ledger.org["m04"]), "type": "exclusive",
        "licensee_org_id": str(ledger.org["m08"]), "territory": "CN", "effective_on": "2026-02-10",
        "awaits_consents": True,
    }  # fmt: skip
    async with ledger.member("m04") as client:
        granted = await client.post("/v1/ip-ledger/licenses", json=license_body)
        assert granted.json()["state"] == "consent_pending", granted.text
        for path in (
            f"{CONTRACTS}/{contract_id}",
            f"/v1/ip-ledger/licenses/{granted.json()['id']}",
        ):
            answer = await client.post(
                f"{path}/state-changes", json={"event": event}, headers={"If-Match": '"1"'}
            )
            assert (answer.status_code, codes(answer)) == (409, ["STATE_CONFLICT"]), path
