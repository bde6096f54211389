"""Story D3: a consortium is listed first, and registers its legal person later (A052, A053)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.fixtures.stack import World
from tests.journeys.leading import center_path, listed, to_day, today
from tests.journeys.test_models import founded
from zhichuang.demo.applying import Draft, upload
from zhichuang.demo.client import soon
from zhichuang.demo.year import fictional_uscc

MEMBERS = ("m22", "m23", "m21")
LEDGER = "/v1/ip-ledger"


def codes(problem: dict[str, Any]) -> set[str]:
    return {entry["code"] for entry in problem["errors"]}


def milestone(world: World, center_id: str) -> dict[str, Any]:
    [owed] = world.caller("m03").get(f"/v1/registry/centers/{center_id}/milestones")["items"]
    return dict(owed)


@pytest.mark.refusing
@pytest.mark.requirement("A052", "A053", "A063")
def test_a_consortium_is_listed_reminded_overdue_and_registered_at_last(world: World) -> None:
    due = today(world) + timedelta(days=60)
    draft = founded(
        world, "m03", "institute", MEMBERS, applicant_form="consortium",
        common_problem="量子传感器件的计量溯源缺少共用平台", entity_due_on=due.isoformat(),
    )  # fmt: skip
    center = listed(world, draft, ("m03", *MEMBERS))
    path = center_path(draft)
    lead, handler = world.caller("m03"), world.caller("handler")
    early = lead.refused("POST", f"{path}/stage-changes", {"to": "pilot", "reason": "转入试点"})
    assert "CONSORTIUM_NOT_REGISTERED" in codes(early)
    assert early["status"] == 409

    asset = {
        "center_id": draft.center_id, "kind": "know_how", "title": "一致性校准方法",
        "filed_on": "2026-01-02", "background": False, "inventors": [],
    }  # fmt: skip
    alone = lead.refused("POST", f"{LEDGER}/assets", asset)
    assert "CONSORTIUM_NOT_REGISTERED" in codes(alone)
    held = lead.post(f"{LEDGER}/assets", {**asset, "trustee_org": str(lead.org_id)})
    assert held["trustee_org"] == str(lead.org_id)
    in_trust_only(world, draft)
    settled(world, draft)

    assert milestone(world, draft.center_id)["due_on"] == due.isoformat()
    to_day(world, due - timedelta(days=30))
    soon(lambda: milestone(world, draft.center_id), lambda owed: owed["reminded_days"] == 30)
    to_day(world, due + timedelta(days=1))
    soon(lambda: milestone(world, draft.center_id), lambda owed: owed["state"] == "overdue")
    queue = handler.get("/v1/registry/milestones", state="overdue")["items"]
    assert draft.center_id in {owed["center_id"] for owed in queue}

    code = fictional_uscc("91310115", world.number())
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    refused = lead.refused("POST", f"{path}/entity", {"uscc": wrong})
    assert (refused["status"], refused["code"]) == (422, "USCC_CHECK_DIGIT")
    members = lead.get(f"{path}/members")["items"]
    entity = lead.post(
        "/v1/registry/organizations",
        {
            "uscc": code, "name": f"上海量子传感创新中心 {code}", "org_type": "enterprise",
            "legal_person_kind": "independent", "region_code": "310115",
            "registered_on": world.today(),
        },
    )  # fmt: skip
    unasked = lead.refused("POST", f"{path}/entity", {"uscc": code})
    assert (unasked["status"], codes(unasked)) == (409, {"ENTITY_CONSENT_MISSING"})
    draft.agree(world.entity_caller(entity["id"]))
    attached = lead.post(f"{path}/entity", {"uscc": code})
    assert (attached["id"], attached["code"]) == (draft.center_id, center["code"])
    assert lead.get(f"{path}/members")["items"] == members
    assert milestone(world, draft.center_id)["state"] == "met"
    told = [item["type"] for item in lead.get(f"{path}/history")["items"]]
    assert {"milestone.overdue", "milestone.met", "center.listed"} <= set(told)
    later = lead.refused("POST", f"{path}/stage-changes", {"to": "pilot", "reason": "转入试点"})
    assert "CONSORTIUM_NOT_REGISTERED" not in codes(later)
    released(world, held, str(attached["legal_entity_id"]))


def in_trust_only(world: World, draft: Draft) -> None:
    """D3.2: no contract and no equity without a legal person; fees lie with the trustee."""
    lead, member = world.caller("m03"), world.caller("m22")
    contract = {
        "center_id": draft.center_id, "kind": "development", "role": "seller",
        "counterparty": {"name": "示例委托方"}, "is_commissioned_rd": True,
        "contract_amount": {"amount": 100}, "tech_transaction_amount": {"amount": 80},
        "signed_on": "2026-01-03", "external_id": f"t-{world.number()}",
    }  # fmt: skip
    own = lead.refused("POST", f"{LEDGER}/tech-contracts", contract)
    assert (own["status"], codes(own)) == (409, {"CONSORTIUM_NOT_REGISTERED"})
    assert lead.post(f"{LEDGER}/tech-contracts", {**contract, "party_org_id": str(lead.org_id)})
    promise = {
        "center_id": draft.center_id, "org_id": str(member.org_id), "kind": "equity",
        "committed": {"amount": 500_000}, "agreed_on": "2026-01-02", "schedule": [],
    }  # fmt: skip
    fee = {**promise, "kind": "membership_fee"}
    for body in (promise, fee):
        refused = member.refused("POST", f"{LEDGER}/contributions", body)
        assert (refused["status"], codes(refused)) == (409, {"CONSORTIUM_NOT_REGISTERED"})
    kept = member.post(f"{LEDGER}/contributions", {**fee, "held_in_trust": True})
    assert kept["trustee_org_id"] == str(lead.org_id)


def settled(world: World, draft: Draft) -> None:
    """A063: what was booked and used is settled between two, at the prices that they signed."""
    lead, member, number = world.caller("m03"), world.caller("m22"), world.number()
    tomorrow = (today(world) + timedelta(days=1)).isoformat()
    resource = lead.post(
        "/v1/registry/resources",
        {
            "center_id": draft.center_id, "org_id": str(lead.org_id),
            "resource_type": "instrument", "name": f"键合机 {number}", "scope": "members",
            "terms": "按协议价", "fee_per_hour": {"amount": 60_000},
        },
    )  # fmt: skip
    booking = member.post(
        f"/v1/registry/resources/{resource['id']}/bookings",
        {"starts_at": f"{tomorrow}T01:00:00Z", "ends_at": f"{tomorrow}T05:30:00Z"},
    )
    to_day(world, today(world) + timedelta(days=1), "06:00:00")
    used = lead.post(f"/v1/registry/bookings/{booking['id']}/usage", {"used_minutes": 255})
    body = {
        "center_id": draft.center_id, "provider_org_id": str(lead.org_id),
        "user_org_id": str(member.org_id), "element": "equipment", "unit": "minute",
        "quantity": 256, "used_on": tomorrow, "external_id": f"u-{number}",
        "usage_fact_id": used["usage_fact_id"],
    }  # fmt: skip
    more = lead.refused("POST", f"{LEDGER}/shared-uses", body)
    assert (more["status"], codes(more)) == (422, {"USE_MISMATCH"})
    use = lead.post(f"{LEDGER}/shared-uses", {**body, "quantity": 255})
    assert use["amount"]["amount"] == 212_500
    data = {
        **body, "provider_org_id": str(member.org_id), "user_org_id": str(lead.org_id),
        "element": "data", "unit": "gigabyte", "quantity": 7, "usage_fact_id": None,
        "evidence": [upload(member, b"delivery note\n", "text/plain")["id"]],
    }  # fmt: skip
    member.post(f"{LEDGER}/shared-uses", data)
    days = {"from_on": tomorrow, "until_on": tomorrow}
    pair = {"one_org_id": str(lead.org_id), "other_org_id": str(member.org_id)}
    statement = member.post(
        f"{LEDGER}/use-settlements", {"center_id": draft.center_id, **pair, **days}
    )
    assert statement["net"]["amount"] == 212_500 - 7 * 333
    assert statement["payer_id"] == str(member.org_id)
    path = f"{LEDGER}/use-settlements/{statement['id']}"
    word = {"statement_sha256": statement["statement_sha256"]}
    assert world.caller("m23").refused("POST", f"{path}/confirmations", word)["status"] == 404
    assert member.post(f"{path}/confirmations", word)["state"] == "proposed"
    owed = lead.post(f"{path}/confirmations", word)
    assert owed["state"] == "owed"
    paid = lead.post(f"{path}/payment", {"paid_on": world.today()}, version=owed["version"])
    assert paid["state"] == "settled"


def released(world: World, held: dict[str, Any], entity_id: str) -> None:
    """Let the trustee hand what he held to the centre's new legal person, by his own word."""
    lead, place = world.caller("m03"), f"{LEDGER}/assets/{held['id']}/ownership"
    body = {
        "valid_from": world.today(),
        "cause": "trust_release",
        "shares": [{"owner_id": entity_id, "ppm": 1_000_000}],
        "consents": [],
    }

    def alone() -> dict[str, Any]:
        return lead.refused("POST", place, body, version=held["version"])

    # The ledger hears of the legal person by the registry's feed.
    problem = soon(alone, lambda told: "CONSORTIUM_NOT_REGISTERED" not in codes(told))
    assert (problem["status"], problem["code"]) == (409, "CONSENT_MISSING")
    stranger = world.caller("m25").refused("POST", place, body, version=held["version"])
    assert (stranger["status"], stranger["code"]) == (404, "NOT_FOUND")
    given = {**body, "consents": [str(lead.org_id)]}
    written = lead.post(place, given, version=held["version"])
    assert [(one["owner_id"], one["ppm"]) for one in written["shares"]] == [(entity_id, 1_000_000)]
    stale = lead.refused("POST", place, given, version=held["version"])
    assert (stale["status"], stale["code"]) == (412, "VERSION_CONFLICT")
