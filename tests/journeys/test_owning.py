"""Stories of ownership and money: shares that do not sum, licenses, floors, and who confirms."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.codes.patents import check_character
from tests.fixtures.stack import World
from zhichuang.demo.applying import Draft, upload
from zhichuang.demo.client import Caller
from zhichuang.demo.year import ndjson, patent_number
from zhichuang.verify import main as verify

LEDGER = "/v1/ip-ledger"
PARTIES = (("m03", 400_000), ("m01", 350_000), ("m02", 150_000), ("m20", 50_000), ("m08", 50_000))


@dataclass
class Held:
    """A centre with an agreement in force, and the two people who operate it."""

    world: World
    draft: Draft
    entity_id: str
    operators: tuple[Caller, Caller]

    def org(self, name: str) -> str:
        return self.entity_id if name == "entity" else str(self.world.caller(name).org_id)

    def shares(self, **ppm: int) -> list[dict[str, Any]]:
        return [{"owner_id": self.org(name), "ppm": value} for name, value in ppm.items()]

    def invention(self) -> dict[str, Any]:
        body = {
            "center_id": self.draft.center_id,
            "kind": "invention",
            "title": "应力补偿方法",
            "number": patent_number(1, 5_000_000 + self.world.number(), 2025),
            "filed_on": "2025-09-10",
            "granted_on": "2026-01-02",
            "background": False,
            "inventors": [],
        }
        return self.world.caller("m01").post(f"{LEDGER}/assets", body)

    def owned(self) -> dict[str, Any]:
        asset = self.invention()
        body = {
            "valid_from": "2026-01-02",
            "cause": "initial",
            "shares": self.shares(m03=400_000, m01=350_000, entity=250_000),
            "consents": [self.org(name) for name in ("m03", "m01", "entity")],
        }
        path = f"{LEDGER}/assets/{asset['id']}/ownership"
        self.world.caller("m01").post(path, body, version=asset["version"])
        return asset

    def earned(self, asset: dict[str, Any], **over: Any) -> dict[str, Any]:
        parts = (("tax", 6_792_453), ("maintenance", 3_000_000), ("direct", 2_000_000))
        body = {
            "asset_id": asset["id"],
            "kind": "license",
            "gross": {"amount": 120_000_000, "currency": "CNY"},
            "deductions": [
                {"kind": kind, "amount": {"amount": amount, "currency": "CNY"}, "evidence": []}
                for kind, amount in parts
            ],
            "received_on": "2026-01-04",
            **over,
        }
        return self.operators[0].post(f"{LEDGER}/revenue-events", body)


@pytest.fixture(scope="module")
def held(world: World) -> Held:
    """Bring a candidate centre as far as its signed agreement."""
    return hold(world)


def hold(world: World, **terms: Any) -> Held:
    """Draft a centre, sign its agreement with further terms, and name two people who operate it."""
    entity = world.entity()
    draft = world.complete(world.draft(entity=entity))
    text = upload(draft.lead, f"协议 {world.number()}\n".encode(), "text/plain")
    agree(world, draft, text, **terms)
    operators = [
        world.caller("m01").post(
            "/v1/identity/clients",
            {"name": f"op-{world.number()}", "org_id": entity["id"], "person": {"name": name}},
        )
        for name in ("运营人甲", "运营人乙")
    ]
    first, second = (Caller(world.url, made["client_id"], made) for made in operators)
    return Held(world, draft, entity["id"], (first, second))


def agree(world: World, draft: Draft, text: dict[str, Any], **terms: Any) -> dict[str, Any]:
    """Propose an agreement of all parties over a text, and let each sign it; give the last word."""
    split = [{"org_id": str(world.caller(name).org_id), "ppm": ppm} for name, ppm in PARTIES]
    clause = {"ticked": True, "evidence": "第三条"}
    names = ("joint_development", "complementarity", "result_sharing", "risk_sharing")
    signed = draft.lead.post(
        f"{LEDGER}/agreements",
        {
            "center_id": draft.center_id,
            "text_file_id": text["id"],
            "parties": [{"org_id": share["org_id"]} for share in split],
            "clauses": dict.fromkeys(names, clause),
            "benefit_shares": split,
            "risk_shares": split,
            "rounding": "largest_remainder",
            "exit_method": "event_dated",
            "effective_on": world.today(),
            **terms,
        },
    )
    path = f"{LEDGER}/agreements/{signed['id']}/signatures"
    for name, _ in PARTIES:
        signed = world.caller(name).post(path, {"text_sha256": text["sha256"]})
    return signed


@pytest.mark.refusing
@pytest.mark.requirement("A084")
def test_a_patent_number_with_a_wrong_check_digit_is_refused(held: Held) -> None:
    digits = f"20251{held.world.number() % 10_000_000:07d}"
    right = check_character(digits)
    wrong = "1" if right != "1" else "2"
    body = {
        "center_id": held.draft.center_id, "kind": "invention", "title": "示例",
        "number": f"{digits}.{wrong}", "filed_on": "2025-09-10", "background": False,
        "inventors": [],
    }  # fmt: skip
    problem = held.world.caller("m01").refused("POST", f"{LEDGER}/assets", body)
    assert (problem["status"], problem["code"]) == (422, "PATENT_NO_CHECK_DIGIT")
    assert problem["errors"][0]["params"]["expected"] == right
    body["number"] = f"{digits}.{right}"
    assert held.world.caller("m01").post(f"{LEDGER}/assets", body)["id"]


@pytest.mark.refusing
@pytest.mark.requirement("A086")
@pytest.mark.parametrize(
    ("ppm", "code"),
    [
        ((333_300, 333_300, 333_300), "SHARES_NOT_100"),
        ((333_333.3, 333_333.3, 333_333.4), "SHARES_PRECISION"),
        ((1_000_000, 0, 0), "FIELD_INVALID"),
        ((1_000_001, -1, 0), "FIELD_INVALID"),
    ],
)
def test_shares_that_do_not_make_a_whole_are_refused(
    ppm: tuple[float, float, float], code: str, held: Held
) -> None:
    asset = held.invention()
    names = ("m03", "m01", "entity")
    shares = [{"owner_id": held.org(n), "ppm": p} for n, p in zip(names, ppm, strict=True)]
    problem = held.world.caller("m01").refused(
        "POST",
        f"{LEDGER}/assets/{asset['id']}/ownership",
        {"valid_from": "2026-01-02", "cause": "initial", "shares": shares, "consents": []},
        version=asset["version"],
    )
    assert problem["status"] == 422
    assert problem["code"] == code
    if code == "SHARES_NOT_100":
        assert problem["errors"][0]["params"]["sum_ppm"] == 999_900


@pytest.mark.requirement("A086")
def test_thirds_that_make_a_whole_are_taken(held: Held) -> None:
    asset = held.invention()
    body = {
        "valid_from": "2026-01-02",
        "cause": "initial",
        "shares": held.shares(m03=333_333, m01=333_333, entity=333_334),
        "consents": [held.org(name) for name in ("m03", "m01", "entity")],
    }
    path = f"{LEDGER}/assets/{asset['id']}/ownership"
    held.world.caller("m01").post(path, body, version=asset["version"])
    shown = held.world.caller("m03").get(path, on="2026-01-03")
    assert "333334" in json.dumps(shown)


@pytest.mark.requirement("A084")
def test_one_owner_grants_an_ordinary_license_alone_but_an_exclusive_one_needs_all(
    held: Held,
) -> None:
    asset = held.owned()
    body = {
        "asset_id": asset["id"],
        "licensor_id": held.org("m01"),
        "licensee_uscc": "91310112FAKE00080E",
        "territory": "CN",
        "effective_on": "2026-01-04",
    }
    m01 = held.world.caller("m01")
    assert m01.post(f"{LEDGER}/licenses", {**body, "type": "ordinary"})["id"]
    problem = m01.refused("POST", f"{LEDGER}/licenses", {**body, "type": "exclusive"})
    assert (problem["status"], problem["code"]) == (409, "CONSENT_MISSING")
    assert set(problem["errors"][0]["params"]["orgs"]) == {held.org("m03"), held.org("entity")}


@pytest.mark.refusing
@pytest.mark.requirement("A033")
def test_a_deduction_that_the_law_does_not_know_is_refused(held: Held) -> None:
    asset = held.owned()
    fee = {"kind": "management", "amount": {"amount": 1, "currency": "CNY"}, "evidence": []}
    problem = held.operators[0].refused(
        "POST",
        f"{LEDGER}/revenue-events",
        {
            "asset_id": asset["id"], "kind": "license", "deductions": [fee],
            "gross": {"amount": 100, "currency": "CNY"}, "received_on": "2026-01-04",
        },
    )  # fmt: skip
    assert problem["status"] == 422


@pytest.mark.requirement("A033", "X03", "X07")
def test_income_is_shared_confirmed_approved_paid_and_proven(held: Held, tmp_path: Path) -> None:
    event = held.earned(held.owned())
    drafter, second = held.operators
    runs = f"{LEDGER}/distribution-runs"

    def body(rate_ppm: int) -> dict[str, Any]:
        rule = {"owner_id": held.org("m03"), "rate_ppm": rate_ppm, "basis": "rule"}
        return {"revenue_event_ids": [event["id"]], "reward_rules": [rule]}

    low = drafter.refused("POST", runs, body(450_000))
    assert (low["status"], low["code"]) == (409, "REWARD_BELOW_FLOOR")
    assert low["errors"][0]["params"]["min"] == {"amount": 21_641_510, "currency": "CNY"}
    run = drafter.post(runs, body(700_000))
    assert run["net"]["amount"] == 108_207_547
    amounts = {line["payee_id"]: line["amount"]["amount"] for line in run["lines"]}
    assert amounts == {
        held.org("m03"): 43_283_019, held.org("m01"): 37_872_641, held.org("entity"): 27_051_887,
    }  # fmt: skip
    rewards = {reward["owner_id"]: reward["amount"]["amount"] for reward in run["rewards"]}
    assert rewards[held.org("m03")] == 30_298_114
    assert rewards[held.org("m01")] == 18_936_321
    path = f"{runs}/{run['id']}"
    early = second.refused("POST", f"{path}/approve")
    assert early["status"] == 409
    stranger = held.world.caller("m02").refused(
        "POST", f"{path}/confirmations", {"plan_hash": run["plan_hash"]}
    )
    assert stranger["status"] in {403, 404}
    for owner in (held.world.caller("m03"), held.world.caller("m01"), drafter):
        owner.post(f"{path}/confirmations", {"plan_hash": run["plan_hash"]})
    own = drafter.refused("POST", f"{path}/approve")
    assert (own["status"], own["code"]) == (403, "SOD_VIOLATION")
    second.post(f"{path}/approve")
    second.post(f"{path}/pay")
    again = second.refused("POST", f"{path}/pay")
    assert again["status"] == 409
    _prove(held, run, tmp_path)


def _prove(held: Held, run: dict[str, Any], folder: Path) -> None:
    key = folder / "log.pub"
    key.write_bytes(held.world.caller("m03").raw(f"{LEDGER}/log/key"))
    line = next(line for line in run["lines"] if line["payee_id"] == held.org("m03"))
    wait = {"Prefer": "wait=checkpoint"}
    content = held.world.caller("m03").raw(f"{LEDGER}/receipts/{line['id']}", wait)
    receipt = folder / "receipt.json"
    receipt.write_bytes(content)
    assert verify([str(receipt), "--key", str(key)]) == 0
    document = json.loads(content)
    record = bytearray(base64.b64decode(document["record"]))
    record[len(record) // 2] ^= 1
    document["record"] = base64.b64encode(bytes(record)).decode()
    receipt.write_text(json.dumps(document), encoding="utf-8")
    assert verify([str(receipt), "--key", str(key)]) != 0


@pytest.mark.requirement("A127", "X05")
def test_a_batch_of_contracts_keeps_its_good_rows_and_its_replay_changes_nothing(
    held: Held,
) -> None:
    number = held.world.number()

    def row(index: int, **over: Any) -> dict[str, Any]:
        return {
            "center_id": held.draft.center_id, "kind": "development", "role": "seller",
            "counterparty": {"name": "示例委托方"}, "is_commissioned_rd": True,
            "contract_amount": {"amount": 100_000_000, "currency": "CNY"},
            "tech_transaction_amount": {"amount": 80_000_000, "currency": "CNY"},
            "signed_on": "2026-01-03", "external_id": f"c-{number}-{index}", **over,
        }  # fmt: skip

    rows = [row(index) for index in range(97)]
    rows += [row(97, registration_no="26-31"), row(98, registration_no="x"), row(0)]
    rows += [row(99, tech_transaction_amount={"amount": 100_000_001, "currency": "CNY"})]
    caller = held.world.caller("m02")
    answer = caller.upload(
        f"{LEDGER}/tech-contract-batches", ndjson(rows), {"Content-Type": "application/x-ndjson"}
    )
    assert answer["created"] == 97
    outcomes = [entry["outcome"] for entry in answer["results"][97:]]
    assert outcomes == ["failed", "failed", "duplicate", "failed"]
    assert answer["results"][100]["problem"]["code"] == "AMOUNT_EXCEEDED"
    stranger = held.world.caller("m25").upload(
        f"{LEDGER}/tech-contract-batches",
        ndjson([row(200)]),
        {"Content-Type": "application/x-ndjson"},
    )
    assert stranger["results"][0]["status"] == 404
