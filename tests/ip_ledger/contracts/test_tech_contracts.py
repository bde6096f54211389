"""Technology contracts: both amounts, the register, batches, and who sees the other side."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.ip_ledger.conftest import Ledger, codes, ndjson

pytestmark = pytest.mark.anyio
CONTRACTS = "/v1/ip-ledger/tech-contracts"
BATCHES = "/v1/ip-ledger/tech-contract-batches"


def contract(ledger: Ledger, number: int = 1, **over: Any) -> dict[str, Any]:
    return {
        "center_id": str(ledger.center["c03"]),
        "kind": "development",
        "counterparty": {"name": "（示例）委托方", "uscc": "91310112FAKE00080E"},
        "is_commissioned_rd": True,
        "contract_amount": {"amount": 150_000_000, "currency": "CNY"},
        "tech_transaction_amount": {"amount": 120_000_000, "currency": "CNY"},
        "signed_on": "2026-01-12",
        "registration_no": f"2631000100{number:04d}",
        "registered_on": "2026-01-15",
        "external_id": f"HT-{number}",
        **over,
    }


async def posted(ledger: Ledger, body: dict[str, Any], by: str = "m04") -> httpx.Response:
    async with ledger.member(by) as client:
        key = {"Idempotency-Key": f"{body['external_id']}-{hash(str(body))}"}
        return await client.post(CONTRACTS, json=body, headers=key)


def yuan(amount: int) -> dict[str, Any]:
    return {"amount": amount * 100, "currency": "CNY"}


@pytest.mark.requirement("A089", "A127")
async def test_a_registered_contract_is_recorded(ledger: Ledger) -> None:
    answer = await posted(ledger, contract(ledger, number=1))
    assert answer.status_code == 201, answer.text
    document = answer.json()
    assert (document["state"], document["review_due_on"]) == ("registered", None)
    assert document["warnings"] == []
    assert document["party_org_id"] == str(ledger.org["c03"])
    again = await posted(ledger, contract(ledger, number=1))
    assert (again.status_code, again.json()["id"]) == (201, document["id"])


@pytest.mark.requirement("A127")
async def test_an_unregistered_contract_is_taken_with_a_warning_and_a_timer(
    ledger: Ledger,
) -> None:
    bare: dict[str, Any] = {"registration_no": None, "registered_on": None}
    answer = await posted(ledger, contract(ledger, **bare))
    assert answer.status_code == 201
    document = answer.json()
    assert [warning["code"] for warning in document["warnings"]] == ["CONTRACT_NOT_REGISTERED"]
    assert (document["state"], document["review"]) == ("signed", "ordinary_15wd")
    # 15 working days after 2026-01-20; the Spring Festival lies between.
    assert document["review_due_on"] == "2026-02-10"


@pytest.mark.requirement("A127")
@pytest.mark.parametrize(
    ("amount", "review"),
    [
        (yuan(5_000_000), "expert_review_30wd"),
        ({"amount": 499_999_999, "currency": "CNY"}, "ordinary_15wd"),
    ],
)
async def test_from_five_million_on_experts_review(
    ledger: Ledger, amount: dict[str, Any], review: str
) -> None:
    answer = await posted(ledger, contract(ledger, contract_amount=amount))
    assert answer.json()["review"] == review


@pytest.mark.requirement("A127")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"tech_transaction_amount": yuan(1_500_001)}, "AMOUNT_EXCEEDED"),
        ({"registration_no": "26-31"}, "NUMBER_FORMAT"),
        ({"registration_no": "26990001000001", "registration_scheme": "legacy14"}, "NUMBER_FORMAT"),
        ({"registration_no": None}, "FIELD_MISSING"),
        ({"registered_on": "2026-01-11"}, "DAYS_OUT_OF_ORDER"),
        ({"counterparty": {"uscc": "91310112FAKE00081E"}}, "USCC_CHECK_DIGIT"),
        ({"contract_amount": {"amount": 12.345, "currency": "CNY"}}, "FIELD_INVALID"),
    ],
)
async def test_wrong_content_is_refused(ledger: Ledger, over: dict[str, Any], code: str) -> None:
    answer = await posted(ledger, contract(ledger, **over))
    assert (answer.status_code, codes(answer)) == (422, [code])


@pytest.mark.requirement("A127")
@pytest.mark.refusing
async def test_a_contract_is_registered_once(ledger: Ledger) -> None:
    await posted(ledger, contract(ledger, number=1))
    answer = await posted(ledger, contract(ledger, number=1, external_id="HT-9"), by="m09")
    assert (answer.status_code, codes(answer)) == (409, ["ALREADY_EXISTS"])


@pytest.mark.requirement("A053")
@pytest.mark.refusing
async def test_a_consortium_signs_nothing_itself(ledger: Ledger) -> None:
    body = contract(ledger, center_id=str(ledger.center["c08"]))
    answer = await posted(ledger, body, by="m03")
    assert (answer.status_code, codes(answer)) == (409, ["CONSORTIUM_NOT_REGISTERED"])
    by_trustee = await posted(ledger, {**body, "party_org_id": str(ledger.org["m03"])}, by="m03")
    assert by_trustee.status_code == 201


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_a_centre_of_others_takes_nothing_and_shows_nothing(ledger: Ledger) -> None:
    answer = await posted(ledger, contract(ledger), by="m03")
    assert (answer.status_code, codes(answer)) == (404, ["NOT_FOUND"])
    recorded = (await posted(ledger, contract(ledger))).json()
    async with ledger.member("m03") as stranger:
        assert (await stranger.get(f"{CONTRACTS}/{recorded['id']}")).status_code == 404
        assert (await stranger.get(CONTRACTS)).json()["items"] == []


@pytest.mark.requirement("X04")
async def test_other_members_do_not_see_a_confidential_counterparty(ledger: Ledger) -> None:
    recorded = (await posted(ledger, contract(ledger, confidential=True))).json()
    seen = {}
    for name in ("m04", "m09", "c03"):
        async with ledger.member(name) as client:
            seen[name] = (await client.get(f"{CONTRACTS}/{recorded['id']}")).json()["counterparty"]
    assert seen["m09"] is None
    assert seen["m04"] == seen["c03"] == {"name": "（示例）委托方", "uscc": "91310112FAKE00080E"}


@pytest.mark.requirement("X05", "A127")
async def test_a_batch_keeps_good_rows_beside_bad_ones(ledger: Ledger) -> None:
    rows = [contract(ledger, number) for number in range(1, 101)]
    rows[10]["registration_no"] = "malformed!"
    rows[20]["registration_no"] = "26/31/00"
    rows[30]["registration_no"] = rows[5]["registration_no"]
    rows[40] = rows[4]
    async with ledger.member("m04") as client:
        headers = {"Idempotency-Key": "b-1", "Content-Type": "application/x-ndjson"}
        answer = await client.post(BATCHES, content=ndjson(rows), headers=headers)
        other = await client.post(BATCHES, content=ndjson(rows[:1]), headers=headers)
        listed = await client.get(CONTRACTS, params={"limit": 500})
    document = answer.json()
    assert (document["created"], document["duplicates"], document["failed"]) == (96, 1, 3)
    wrong = {row["index"]: row["problem"]["code"] for row in document["results"] if row["problem"]}
    assert wrong == {10: "NUMBER_FORMAT", 20: "NUMBER_FORMAT", 30: "ALREADY_EXISTS"}
    assert document["results"][40]["id"] == document["results"][4]["id"]
    assert (other.status_code, codes(other)) == (409, ["IDEMPOTENCY_MISMATCH"])
    assert len(listed.json()["items"]) == 96


@pytest.mark.requirement("X05")
@pytest.mark.refusing
async def test_the_same_reference_with_other_content_is_told(ledger: Ledger) -> None:
    await posted(ledger, contract(ledger))
    answer = await posted(ledger, contract(ledger, signed_on="2026-01-11"))
    assert answer.status_code == 409
    assert "EXTERNAL_ID_MISMATCH" in codes(answer)


@pytest.mark.requirement("X05")
@pytest.mark.refusing
async def test_money_needs_an_idempotency_key(ledger: Ledger) -> None:
    async with ledger.member("m04") as client:
        answer = await client.post(CONTRACTS, json=contract(ledger))
    assert (answer.status_code, answer.json()["code"]) == (428, "IDEMPOTENCY_KEY_REQUIRED")


@pytest.mark.requirement("A127", "X07")
async def test_a_registration_is_a_state_a_record_and_a_later_fact(ledger: Ledger) -> None:
    bare: dict[str, Any] = {"registration_no": None, "registered_on": None}
    recorded = (await posted(ledger, contract(ledger, **bare))).json()
    ledger.service.set_clock("2026-02-05T02:00:00+00:00")
    path = f"{CONTRACTS}/{recorded['id']}/registration"
    body = {"registration_no": "26310001000009", "registered_on": "2026-02-03"}
    async with ledger.member("m04") as client:
        done = await client.post(path, json=body, headers={"If-Match": '"1"'})
        again = await client.post(path, json=body, headers={"If-Match": '"2"'})
        before = await client.get("/v1/ip-ledger/facts", params={"as_of": "2026-01-31"})
        after = await client.get("/v1/ip-ledger/facts")
    assert (done.status_code, done.json()["state"]) == (200, "registered"), done.text
    assert again.status_code == 409
    numbers = [fact["payload"]["registration_no"] for fact in after.json()["items"]]
    assert numbers == [None, "26310001000009"]
    assert [fact["superseded_by_id"] for fact in before.json()["items"]] == [None]
    async with ledger.sessions.reading() as session:
        kinds = (await session.scalars(text("SELECT kind FROM log_record"))).all()
        states = (
            await session.scalars(text("SELECT state FROM contract_state ORDER BY ordinal"))
        ).all()
    assert (kinds, states) == (["contract_state"] * 2, ["signed", "registered"])
