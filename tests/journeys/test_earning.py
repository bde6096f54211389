"""Stories D11 and D12 to their ends, and a part of D8: through the gateway, step by step."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.stack import World
from tests.journeys.leading import to_day, today
from tests.journeys.test_owning import LEDGER, Held, agree, hold
from zhichuang.demo.applying import upload
from zhichuang.demo.client import Caller
from zhichuang.demo.year import patent_number

pytestmark = pytest.mark.xdist_group("stack")
CNY = {"currency": "CNY"}
# A maker of instruments in Suzhou, and a small one of sensors in Hangzhou.
USCC = {"m22": "91320500FAKE00224C", "m21": "91330100FAKE002161"}


def fen(amount: int) -> dict[str, Any]:
    return {"amount": amount, **CNY}


def codes(problem: dict[str, Any]) -> set[str]:
    return {entry["code"] for entry in problem["errors"]}


@pytest.fixture(scope="module")
def held(world: World) -> Held:
    """Bring another centre as far as its signed agreement; its first days hold no other income."""
    return hold(world)


def asset(held: Held, owner: str, **over: Any) -> dict[str, Any]:
    """Register an invention that one party owns and has made."""
    caller = held.world.caller(owner)
    person = {"name": "甲", "org_id": str(caller.org_id), "share_ppm": 1_000_000}
    body = {
        "center_id": held.draft.center_id, "kind": "invention", "title": "键合对准方法",
        "number": patent_number(1, 5_000_000 + held.world.number(), 2018),
        "filed_on": "2018-03-01", "granted_on": "2019-03-01", "background": False,
        "inventors": [person], **over,
    }  # fmt: skip
    made = caller.post(f"{LEDGER}/assets", body)
    given = {
        "valid_from": made["filed_on"],
        "cause": "initial",
        "shares": held.shares(**{owner: 1_000_000}),
        "consents": [held.org(owner)],
    }
    for name in ("m01", "m03"):
        if name != owner:
            given["consents"].append(held.org(name))
    caller.post(f"{LEDGER}/assets/{made['id']}/ownership", given, version=made["version"])
    return made


@pytest.mark.requirement("A033")
def test_own_use_earns_a_twentieth_of_five_years_and_of_a_company_of_three(held: Held) -> None:
    """D12.6: a twentieth of five years from the first profitable one; of a company, three."""
    for owner, years in (("m03", 5), ("m01", 3)):
        caller = held.world.caller(owner)
        made = asset(held, owner)
        begun = caller.post(
            f"{LEDGER}/own-uses", {"asset_id": made["id"], "started_on": "2018-06-01"}
        )
        path = f"{LEDGER}/own-uses/{begun['id']}/years"

        def told(
            year: int, profit: int, caller: Caller = caller, path: str = path
        ) -> tuple[bool, int]:
            body = {"year": year, "operating_profit": fen(profit)}
            row = caller.post(path, body)
            return row["is_owed"], row["reward"]["amount"]

        first = 2018 if owner == "m03" else 2019
        if owner == "m03":
            # Nothing is owed before there is a profit, and the clock has not begun.
            assert told(first, -1_000) == (False, 0)
            assert told(2019, 1_001) == (True, 51)
            low = {"year": 2020, "operating_profit": fen(100_000), "rate_ppm": 49_000}
            refused = caller.refused("POST", path, low)
            assert (refused["status"], codes(refused)) == (409, {"REWARD_BELOW_FLOOR"})
            # A loss gives nothing, and its year counts.
            assert told(2020, -5) == (True, 0)
            rest = [told(year, 100_000) for year in range(2021, 2026)]
            assert rest == [(True, 5_000)] * 3 + [(False, 0)] * 2
            ahead = {"year": 2099, "operating_profit": fen(1)}
            assert "DAY_IN_FUTURE" in codes(caller.refused("POST", path, ahead))
        else:
            rows = [told(year, 1_000_000)[0] for year in range(2018, 2024)]
            assert rows == [True] * years + [False] * (6 - years)
        stranger = held.world.caller("m25")
        assert stranger.refused("POST", path, {"year": 2024})["status"] in {404, 422}


@pytest.mark.requirement("A033", "X10")
def test_a_grant_gives_its_inventor_the_laws_bonus_in_three_months(held: Held) -> None:
    """D12.7: within three months of the announcement, an invention's inventor has 4,000 yuan."""
    m01 = held.world.caller("m01")
    for kind, code, least in (("invention", 1, 400_000), ("utility", 2, 150_000)):
        made = asset(
            held, "m01", kind=kind, granted_on="2025-11-28", filed_on="2025-03-01",
            number=patent_number(code, 5_000_000 + held.world.number(), 2025),
        )  # fmt: skip
        due = m01.get(f"{LEDGER}/grant-bonuses/due")["items"]
        [one] = [entry for entry in due if entry["asset_id"] == made["id"]]
        assert (one["due_on"], one["least"]["amount"]) == ("2026-02-28", least)
        body = {"asset_id": made["id"], "amount": fen(least - 50_000)}
        low = m01.refused("POST", f"{LEDGER}/grant-bonuses", body)
        assert (low["status"], codes(low)) == (409, {"REWARD_BELOW_FLOOR"})
        assert low["errors"][0]["params"]["min"] == fen(least)
        given = m01.post(f"{LEDGER}/grant-bonuses", {**body, "amount": fen(least)})
        assert [row["amount"]["amount"] for row in given["rewards"]] == [least]


@pytest.mark.requirement("A086")
def test_a_loss_goes_by_the_shares_of_risk(held: Held) -> None:
    """D12.8: a loss goes by the shares of risk, and before there was an agreement by none."""
    body = {
        "center_id": held.draft.center_id, "amount": fen(30_000_000),
        "occurred_on": held.world.today(), "reason": "中试失败，设备报废",
    }  # fmt: skip
    operator = held.operators[0]
    before = operator.refused(
        "POST", f"{LEDGER}/loss-events", {**body, "occurred_on": "2025-12-31"}
    )
    assert (before["status"], codes(before)) == (409, {"IP_AGREEMENT_MISSING"})
    lines = operator.post(f"{LEDGER}/loss-events", body)["lines"]
    assert {line["party_id"]: line["amount"]["amount"] for line in lines} == {
        held.org("m03"): 12_000_000, held.org("m01"): 10_500_000, held.org("m02"): 4_500_000,
        held.org("m20"): 1_500_000, held.org("m08"): 1_500_000,
    }  # fmt: skip


@pytest.mark.requirement("A095")
def test_profit_goes_by_capital_paid_in_or_as_all_agreed(held: Held) -> None:
    """D12.9: what is not paid in does not count; another rule needs every shareholder's consent."""
    operator, day = held.operators[0], held.world.today()
    for name, committed, paid in (("m03", 600_000, 300_000), ("m01", 400_000, 100_000)):
        row = operator.post(
            f"{LEDGER}/contributions",
            {
                "center_id": held.draft.center_id, "org_id": held.org(name), "kind": "equity",
                "committed": fen(committed), "agreed_on": "2025-06-01", "schedule": [],
            },
        )  # fmt: skip
        part = {"amount": fen(paid), "paid_on": day}
        operator.post(f"{LEDGER}/contributions/{row['id']}/payments", part)
    body = {
        "center_id": held.draft.center_id,
        "year": 2025,
        "profit": fen(100_001),
        "resolved_on": day,
        "resolution_file_id": upload(operator, b"resolution\n", "text/plain")["id"],
    }
    member = held.world.caller("m02").refused("POST", f"{LEDGER}/profit-divisions", body)
    # Nor is the operator's file his.
    assert (member["status"], codes(member)) == (403, {"FORBIDDEN_SCOPE", "FILE_UNKNOWN"})
    divided = operator.post(f"{LEDGER}/profit-divisions", body)
    assert (divided["reserve"]["amount"], divided["pool"]["amount"]) == (10_001, 90_000)
    parts = {line["org_id"]: line["amount"]["amount"] for line in divided["lines"]}
    assert parts == {held.org("m03"): 67_500, held.org("m01"): 22_500}
    halves = [{"org_id": held.org(name), "ppm": 500_000} for name in ("m03", "m01")]
    other = {**body, "year": 2024, "shares": halves, "consents": [held.org("m03")]}
    alone = operator.refused("POST", f"{LEDGER}/profit-divisions", other)
    assert (alone["status"], codes(alone)) == (409, {"CONSENT_MISSING"})
    other |= {"consents": [held.org(name) for name in ("m03", "m01")]}
    consent = upload(operator, b"consent of all\n", "text/plain")["id"]
    agreed = operator.post(f"{LEDGER}/profit-divisions", {**other, "consent_file_id": consent})
    assert len({line["amount"]["amount"] for line in agreed["lines"]}) == 1


@pytest.mark.requirement("A084", "A086")
def test_an_exclusive_license_has_all_consents_and_is_recorded_late(held: Held) -> None:
    owned, m01 = held.owned(), held.world.caller("m01")
    day = today(held.world)
    body = {
        "asset_id": owned["id"], "licensor_id": held.org("m01"), "type": "exclusive",
        "licensee_uscc": "91310112FAKE00080E", "effective_on": day.isoformat(),
    }  # fmt: skip
    alone = m01.refused("POST", f"{LEDGER}/licenses", body)
    assert (alone["status"], codes(alone)) == (409, {"CONSENT_MISSING"})
    both = {**body, "consents": [held.org("m03"), held.org("entity")]}
    granted = m01.post(f"{LEDGER}/licenses", both)
    due = date.fromisoformat(granted["record_due_on"])
    assert (due.year * 12 + due.month) - (day.year * 12 + day.month) == 3
    path = f"{LEDGER}/licenses/{granted['id']}"
    assert m01.get(path)["warnings"] == []
    to_day(held.world, due + timedelta(days=1))
    assert [one["code"] for one in m01.get(path)["warnings"]] == ["LICENSE_RECORD_OVERDUE"]
    entry = {"cnipa_record_no": f"X{held.world.number():013d}", "recorded_on": held.world.today()}
    recorded = m01.post(f"{path}/record", entry, version=granted["version"])
    assert (recorded["state"], recorded["warnings"]) == ("registered", [])


@pytest.mark.requirement("A084", "X07")
def test_a_share_goes_over_after_first_refusal(held: Held) -> None:
    owned, world = held.owned(), held.world
    path = f"{LEDGER}/assets/{owned['id']}/ownership"
    body = {
        "valid_from": world.today(), "cause": "transfer", "consents": [],
        "shares": held.shares(m08=400_000, m01=350_000, entity=250_000),
    }  # fmt: skip
    version = owned["version"] + 1
    stale = world.caller("m03").refused("POST", path, body, version=owned["version"])
    assert (stale["status"], codes(stale)) == (412, {"VERSION_CONFLICT"})
    offered = world.caller("m03").post(path, body, version=version)
    assert offered["state"] == "pending"
    proposal = f"{LEDGER}/ownership-proposals/{offered['id']}"
    entry = {"registered_on": world.today(), "registration_no": f"{world.number():013d}"}
    early = world.caller("m03").refused("POST", f"{proposal}/registration", entry, version=1)
    assert codes(early) == {"FIRST_REFUSAL_OPEN", "CONSENT_MISSING"}
    for owner in (world.caller("m01"), held.operators[0]):
        owner.post(f"{proposal}/answers", {"answer": "consent"})
    done = world.caller("m03").post(f"{proposal}/registration", entry, version=1)
    assert done["state"] == "effective"
    yesterday = (today(world) - timedelta(days=1)).isoformat()
    before = world.caller("m01").get(path, on=yesterday)["shares"]
    after = world.caller("m01").get(path, on=world.today())["shares"]
    assert held.org("m03") in {one["owner_id"] for one in before}
    assert held.org("m08") in {one["owner_id"] for one in after}


@pytest.mark.requirement("A084", "A086")
def test_a_filing_is_opposed_and_a_right_to_it_renounced(held: Held) -> None:
    world = held.world
    body = {
        "center_id": held.draft.center_id, "kind": "invention", "title": "未申请的方法",
        "background": False, "inventors": [], "unfiled": True,
    }  # fmt: skip
    made = world.caller("m01").post(f"{LEDGER}/assets", body)
    path = f"{LEDGER}/assets/{made['id']}"
    given = {
        "valid_from": world.today(), "cause": "initial",
        "shares": held.shares(m03=400_000, m01=350_000, entity=250_000),
        "consents": [held.org(name) for name in ("m03", "m01", "entity")],
    }  # fmt: skip
    world.caller("m01").post(f"{path}/ownership", given, version=made["version"])
    held.operators[0].post(f"{path}/filing-positions", {"position": "oppose"})
    number = patent_number(1, 5_000_000 + world.number(), today(world).year)
    filing = {"event": "file", "occurred_on": world.today(), "number": number}
    opposed = world.caller("m03").refused("POST", f"{path}/state-changes", filing, version=2)
    assert (opposed["status"], codes(opposed)) == (409, {"FILING_OPPOSED"})
    held.operators[0].post(f"{path}/filing-positions", {"position": "agree"})
    gone = world.caller("m01").post(f"{path}/filing-positions", {"position": "renounce"})
    assert gone["free_use"] is True
    left = world.caller("m03").get(f"{path}/ownership")["shares"]
    assert held.org("m01") not in {one["owner_id"] for one in left}
    filed = world.caller("m03").post(f"{path}/state-changes", filing, version=3)
    assert (filed["state"], filed["number"]) == ("filed", number)


@pytest.mark.requirement("A086")
def test_the_agreement_prevails_over_the_law(held: Held) -> None:
    """D11.5: where the agreement asks two thirds for an ordinary license, one alone grants none."""
    world, owned = held.world, held.owned()
    body = {
        "asset_id": owned["id"], "licensor_id": held.org("m01"), "type": "ordinary",
        "licensee_uscc": "91310112FAKE00080E", "effective_on": world.today(),
    }  # fmt: skip
    assert world.caller("m01").post(f"{LEDGER}/licenses", body)["decided_by"] == "law"
    text = upload(held.draft.lead, f"修订 {world.number()}\n".encode(), "text/plain")
    signed = agree(world, held.draft, text, ordinary_license_consent_ppm=666_667)
    assert signed["state"] == "in_force"
    refused = world.caller("m01").refused("POST", f"{LEDGER}/licenses", body)
    assert (refused["status"], codes(refused)) == (409, {"CONSENT_MISSING"})
    assert refused["errors"][0]["params"]["decided_by"] == "agreement"
    granted = world.caller("m01").post(
        f"{LEDGER}/licenses", {**body, "consents": [held.org("m03")]}
    )
    assert granted["decided_by"] == "agreement"


@pytest.mark.requirement("A127", "X04", "X05")
def test_a_member_posts_contracts_and_facts_by_program(held: Held) -> None:
    """D8.2 to D8.8 beyond the batch of a hundred rows, which `test_owning` posts."""
    world, m02, n = held.world, held.world.caller("m02"), held.world.number()
    body = {
        "center_id": held.draft.center_id, "kind": "development", "role": "seller",
        "counterparty": {"name": "示例委托方"}, "is_commissioned_rd": True,
        "contract_amount": fen(620_000_000), "tech_transaction_amount": fen(500_000_000),
        "signed_on": "2026-01-03", "external_id": f"k-{n}", "confidential": True,
    }  # fmt: skip
    path, key = f"{LEDGER}/tech-contracts", {"Idempotency-Key": str(uuid4())}
    first = m02._send("POST", path, body=body, headers=key)
    again = m02._send("POST", path, body=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    changed = m02._send("POST", path, body={**body, "confidential": False}, headers=key)
    assert (changed.status_code, changed.json()["code"]) == (409, "IDEMPOTENCY_MISMATCH")
    contract = first.json()
    assert contract["review"] == "expert_review_30wd"
    assert [one["code"] for one in contract["warnings"]] == ["CONTRACT_NOT_REGISTERED"]
    small = {**body, "external_id": f"s-{n}", "contract_amount": fen(100)}
    over = m02.refused("POST", path, {**small, "tech_transaction_amount": fen(101)})
    assert (over["status"], codes(over)) == (422, {"AMOUNT_EXCEEDED"})
    ordinary = m02.post(path, {**small, "tech_transaction_amount": fen(100)})
    assert ordinary["review"] == "ordinary_15wd"
    for amount in (12.345, "12", True, 2**53):
        wrong = m02.refused("POST", path, {**small, "contract_amount": fen(1) | {"amount": amount}})
        assert wrong["status"] == 422, amount
    one = f"{path}/{contract['id']}"
    assert world.caller("m25").refused("GET", one)["status"] == 404
    assert world.caller("m20").get(one)["counterparty"] is None
    assert m02.get(one)["counterparty"]["name"] == "示例委托方"


@pytest.mark.requirement("A041", "A092")
def test_a_client_in_suzhou_counts_for_the_delta_and_is_as_small_as_the_register_says(
    held: Held,
) -> None:
    """D8.7: region and size of whom a centre serves are looked up, never taken from the body."""
    world, m02, n = held.world, held.world.caller("m02"), held.world.number()
    center = f"/v1/registry/centers/{held.draft.center_id}/client-regions"
    before = m02.get(center)
    for client, region, small in (("m22", "32", False), ("m21", "33", True)):
        fact: dict[str, Any] = {
            "kind": "service", "center_id": held.draft.center_id, "occurred_on": world.today(),
            "external_id": f"{client}-{n}", "chain_stage": "transfer_diffusion", "evidence": [],
            "payload": {
                "client_uscc": USCC[client], "catalog_code": "pilot_test", "amount": fen(3_500_000),
            },
        }  # fmt: skip
        claimed = {**fact, "payload": {**fact["payload"], "is_sme": not small}}
        assert m02.refused("POST", "/v1/registry/facts", claimed)["status"] == 422
        derived = m02.post("/v1/registry/facts", fact)["derived"]
        assert (derived["region_code"][:2], derived["is_sme"]) == (region, small)
    after = m02.get(center)
    assert after["count"] == before["count"] + 2
    near = {one["region"]: one["in_delta"] for one in after["regions"]}
    assert near["32"] is near["33"] is True


@pytest.mark.requirement("X07", "A033")
def test_a_dollar_fee_is_booked_held_changed_and_shared_in_renminbi(held: Held) -> None:
    """Money of another country comes in, waits, is changed at a rate, and only then is shared."""
    keeper, day = held.world.caller("bookkeeper"), held.world.today()
    accounts = {
        currency: keeper.post(
            f"{LEDGER}/accounts",
            {
                "center_id": held.draft.center_id, "code": f"b-{uuid4().hex[:8]}",
                "kind": "asset", "currency": currency, "may_go_negative": False,
            },
        )["id"]
        for currency in ("USD", "CNY")
    }  # fmt: skip
    owed = keeper.post(
        f"{LEDGER}/accounts",
        {
            "center_id": held.draft.center_id, "code": f"fees-{uuid4().hex[:6]}",
            "kind": "liability", "currency": "USD",
        },
    )["id"]  # fmt: skip

    def dollars(amount: int) -> dict[str, Any]:
        return {
            "effective_on": day, "reference": "licence fee", "postings": [
                {"account_id": account, "side": side, "amount": {"amount": amount, **usd}}
                for account, side in ((accounts["USD"], "debit"), (owed, "credit"))
            ],
        }  # fmt: skip

    usd = {"currency": "USD"}
    waiting = keeper.post(f"{LEDGER}/pending-entries", dollars(10_000))
    part = {"postings": dollars(9_000)["postings"]}
    over = {"postings": dollars(10_001)["postings"]}
    path = f"{LEDGER}/pending-entries/{waiting['id']}/confirm"
    refused = keeper.refused("POST", path, over)
    assert (refused["status"], codes(refused)) == (422, {"HOLD_EXCEEDED"})
    assert keeper.post(path, part)["state"] == "confirmed"
    change = {
        "effective_on": day, "reference": "settled", "rate": "7.1234",
        "sold": {"account_id": accounts["USD"], "amount": {"amount": 9_000, **usd}},
        "bought": {"account_id": accounts["CNY"], "amount": fen(64_111)},
    }  # fmt: skip
    assert keeper.post(f"{LEDGER}/exchanges", change)["kind"] == "exchange"
    body = {
        "asset_id": held.owned()["id"], "kind": "license", "deductions": [],
        "gross": {"amount": 9_000, **usd}, "received_on": day,
    }  # fmt: skip
    foreign = held.operators[0].refused("POST", f"{LEDGER}/revenue-events", body)
    assert (foreign["status"], codes(foreign)) == (422, {"CURRENCY_NOT_CNY"})
    earned = held.operators[0].post(f"{LEDGER}/revenue-events", {**body, "gross": fen(64_111)})
    assert earned["net"] == fen(64_111)
