"""Posting a fact: who may, what it says, and what posting it again does."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from shared.database import new_id
from tests.fixtures.service import event_types
from tests.registry.facts.conftest import House

pytestmark = pytest.mark.anyio


def codes(answer: Any) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]


@pytest.mark.requirement("A041", "A091", "A019")
async def test_a_member_posts_a_service_and_the_register_tells_the_rest(house: House) -> None:
    payload = {
        "client_uscc": "91330100fake002161",
        "catalog_code": "inspection_testing",
        "amount": {"amount": 3_500_000, "currency": "CNY"},
    }
    answer = await house.post(house.member, "k", payload=payload)
    body = answer.json()
    assert answer.status_code == 201, answer.text
    assert body["derived"] == {"is_member": False, "is_sme": True, "region_code": "330100"}
    assert body["chain_stage"] == "transfer_diffusion"
    assert body["payload"]["client_uscc"] == "91330100FAKE002161"
    assert "fact.recorded" in await event_types(house.registry.sessions)


@pytest.mark.requirement("A041")
@pytest.mark.parametrize(
    ("code", "derived"),
    [
        ("91310115FAKE00021N", {"is_member": True, "is_sme": True, "region_code": "310115"}),
        ("91310114FAKE00064M", {"is_member": False, "is_sme": False, "region_code": "310115"}),
        ("91310115FAKE00275K", {"is_member": True, "is_sme": False, "region_code": "310115"}),
        ("91310000132260250X", {"is_member": False, "is_sme": None, "region_code": "310000"}),
    ],
    ids=["member", "former member", "the centre itself", "not in the register"],
)
async def test_membership_is_that_of_the_day_it_happened(
    house: House, code: str, derived: dict[str, Any]
) -> None:
    payload = {**house.fact()["payload"], "client_uscc": code}
    answer = await house.post(house.lead, "k", payload=payload)
    assert answer.json()["derived"] == derived


@pytest.mark.requirement("X05")
async def test_posting_again_gives_the_first_fact(house: House) -> None:
    first = await house.post(house.member, "one")
    replayed = await house.post(house.member, "one")
    repeated = await house.post(house.member, "two")
    assert [first.status_code, replayed.status_code, repeated.status_code] == [201, 201, 200]
    assert first.json()["id"] == replayed.json()["id"] == repeated.json()["id"]
    assert (await event_types(house.registry.sessions)).count("fact.recorded") == 1


@pytest.mark.requirement("X05")
@pytest.mark.refusing
async def test_the_same_reference_with_other_content_is_refused(house: House) -> None:
    await house.post(house.member, "one")
    answer = await house.post(house.member, "two", occurred_on="2027-03-02")
    assert (answer.status_code, codes(answer)) == (409, ["EXTERNAL_ID_MISMATCH"])


@pytest.mark.requirement("X05")
@pytest.mark.refusing
async def test_a_fact_needs_an_idempotency_key(house: House) -> None:
    async with house.caller(house.member) as caller:
        answer = await caller.post("/v1/registry/facts", json=house.fact())
    assert (answer.status_code, answer.json()["code"]) == (428, "IDEMPOTENCY_KEY_REQUIRED")


@pytest.mark.requirement("X05")
async def test_twenty_twins_make_one_fact(house: House) -> None:
    answers = await asyncio.gather(*(house.post(house.member, f"k{n}") for n in range(20)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["id"] for answer in answers}) == 1


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_a_strangers_centre_does_not_exist(house: House) -> None:
    answer = await house.post(house.stranger, "k")
    assert (answer.status_code, codes(answer)) == (404, ["NOT_FOUND"])


@pytest.mark.requirement("X04", "A045")
@pytest.mark.refusing
async def test_a_member_tells_of_nothing_before_it_joined_but_who_runs_the_centre_does(
    house: House,
) -> None:
    first, before = "2026-03-10", "2026-03-09"
    early = await house.post(house.member, "k1", occurred_on=before)
    assert (early.status_code, codes(early)) == (422, ["DAY_NOT_OF_MEMBERSHIP"])
    [error] = early.json()["errors"]
    assert (error["pointer"], error["params"]) == ("/occurred_on", {"days": ["2026-03-10/"]})
    assert (await house.post(house.member, "k2", occurred_on=first)).status_code == 201
    for key, org in (("k3", house.lead), ("k4", house.entity)):
        told = await house.post(org, key, occurred_on=before, external_id=key)
        assert told.status_code == 201, told.text
    rows = [house.fact(external_id="r1", occurred_on=before), house.fact(external_id="r2")]
    async with house.caller(house.member) as member:
        for dry_run in ("true", "false"):
            answer = await member.post(
                "/v1/registry/fact-batches",
                params={"dry_run": dry_run}, json={"rows": rows},
                headers={"Idempotency-Key": f"batch-{dry_run}"},
            )  # fmt: skip
            results = [
                (one["outcome"], (one.get("problem") or {}).get("code"))
                for one in answer.json()["results"]
            ]
            assert results == [("failed", "DAY_NOT_OF_MEMBERSHIP"), ("created", None)]


@pytest.mark.requirement("X04")
async def test_a_former_member_tells_only_of_its_time(house: House) -> None:
    within = await house.post(house.former, "k1", occurred_on="2026-12-31")
    after = await house.post(house.former, "k2", occurred_on="2027-01-01", external_id="S-2")
    assert [within.status_code, after.status_code] == [201, 404]


@pytest.mark.refusing
async def test_a_suspended_centre_takes_no_facts(house: House) -> None:
    answer = await house.post(house.stranger, "k", center_id=str(house.other_center_id))
    assert (answer.status_code, codes(answer)) == (409, ["STATE_CONFLICT"])


@pytest.mark.requirement("A019", "A089")
@pytest.mark.refusing
async def test_a_refusal_names_everything_that_is_wrong(house: House) -> None:
    answer = await house.post(
        house.member,
        "k",
        kind="project",
        occurred_on="2027-06-02",
        evidence=["019a0000-0000-7000-8000-000000000001"],
        payload={"title": "x", "project_kind": "frontier", "source": "commissioned"},
    )
    assert answer.status_code == 422
    assert codes(answer) == [
        "CHAIN_STAGE_MISSING",
        "DAY_IN_FUTURE",
        "FIELD_MISSING",
        "FILE_UNKNOWN",
    ]


@pytest.mark.requirement("A041", "A091")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "payload",
    [
        {
            "client_uscc": "91310113FAKE0011X5",
            "catalog_code": "training",
            "amount": {"amount": 1.5},
        },
        {"client_uscc": "91310113FAKE0011X5", "catalog_code": "haircut", "amount": {"amount": 1}},
        {"client_uscc": "91310113FAKE0011X5", "catalog_code": "training", "amount": {"amount": -1}},
        {"client_uscc": "91310113FAKE0011X9", "catalog_code": "training", "amount": {"amount": 1}},
        {
            "client_uscc": "91310113FAKE0011X5",
            "catalog_code": "training",
            "amount": {"amount": 1},
            "is_sme": True,
        },
        {"technology": "x", "verified_by_uscc": "91310113FAKE0011X5"},
    ],
    ids=["float", "unknown service", "negative", "wrong code", "claims to be small", "other kind"],
)
async def test_a_wrong_payload_is_refused(house: House, payload: dict[str, Any]) -> None:
    answer = await house.post(house.member, "k", payload=payload)
    assert answer.status_code == 422, answer.text


@pytest.mark.requirement("A027")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("verifier", "codes"),
    [
        ("91310115FAKE00013U", ["VERIFIER_CONCERNED"]),  # The lead.
        ("91310115FAKE00275K", ["VERIFIER_CONCERNED"]),  # The centre's own legal person.
        ("91310115FAKE00021N", ["VERIFIER_CONCERNED"]),  # Who posts it.
        ("91310115fake00013u", ["VERIFIER_CONCERNED"]),
        ("91310110FAKE00187W", []),
    ],
)
async def test_a_breakthrough_is_verified_by_a_third_party(
    house: House, verifier: str, codes: list[str]
) -> None:
    payload = {"technology": "键合工艺", "verified_by_uscc": verifier}
    answer = await house.post(house.member, "k", kind="breakthrough", payload=payload)
    failed = [error["code"] for error in answer.json().get("errors", [])]
    assert (answer.status_code, failed) == (422 if codes else 201, codes)


@pytest.mark.refusing
async def test_a_pointer_leads_into_the_body_that_was_sent(house: House) -> None:
    payload = {**house.fact()["payload"], "amount": {"amount": 1.5}}
    answer = await house.post(house.member, "k", payload=payload)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/payload/amount/amount"]


KINDS: dict[str, dict[str, Any]] = {
    "incubation": {"uscc": "91310113FAKE0011X5", "alive_on": "2027-03-01"},
    "seed_financing": {"uscc": "91310113FAKE0011X5", "round": "seed", "amount": {"amount": 1}},
    "first_commercialization": {"product": "x", "first_sale_on": "2027-02-01"},
    "breakthrough": {"technology": "x", "verified_by_uscc": "91310110FAKE00187W"},
    "diffusion": {"recipient_uscc": "91310113FAKE0011X5", "content": "new_process", "title": "x"},
    "adoption": {"adopter_uscc": "91310113FAKE0011X5", "technology": "x"},
    "standard": {"level": "national", "part": "lead", "number": "GB/T 1-2027"},
    "resource_usage": {"resource_id": "R-1", "hours": 100, "shared_hours": "25.5"},
    "talent": {"category": "leading_talent", "person_ref": "P-1"},
    "training": {"person_times": 410},
    "incentive": {"incentive_kind": "cash", "amount": {"amount": 1}, "person_ref": "P-1"},
    "international_project": {"partner": "Fraunhofer", "country": "DE"},
    "international_node": {"kind": "overseas_node", "place": "Aachen"},
}


ROWS = {
    "incubation": "A031",
    "seed_financing": "A031",
    "first_commercialization": "A032",
    "breakthrough": "A027",
    "diffusion": "A090",
    "adoption": "A029",
    "standard": "A042",
    "resource_usage": "A062",
    "talent": "A010",
    "training": "A038",
    "incentive": "A033",
    "international_project": "A153",
    "international_node": "A044",
}


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.requirement(row)) for kind, row in ROWS.items()],
)
async def test_every_kind_is_taken(house: House, kind: str) -> None:
    answer = await house.post(house.entity, "k", kind=kind, payload=KINDS[kind])
    assert answer.status_code == 201, answer.text
    assert (
        answer.json()["payload"].items()
        >= {
            name: value for name, value in KINDS[kind].items() if not isinstance(value, dict)
        }.items()
    )


BOUNDS: list[tuple[str, dict[str, Any]]] = [
    ("incentive", {"incentive_kind": "praise", "amount": {"amount": 1}, "person_ref": "P-1"}),
    ("incentive", {"incentive_kind": "cash", "amount": {"amount": 1}, "person_ref": "林一舟"}),
    ("standard", {"level": "galactic", "part": "lead", "number": "1"}),
    ("training", {"person_times": -1}),
    ("resource_usage", {"resource_id": "R", "hours": 10, "shared_hours": "10.5"}),
    ("diffusion", {"recipient_uscc": "1", "content": "new_process", "title": "x"}),
    ("diffusion", {"recipient_uscc": "91310113FAKE0011X5", "content": "gossip", "title": "x"}),
    ("incubation", {"uscc": "91310113FAKE0011X5", "alive_on": "2027-06-02"}),
    ("incubation", {"uscc": "91310113FAKE0011X9", "alive_on": "2027-03-01"}),
    (
        "incubation",
        {"uscc": "91310113FAKE0011X5", "alive_on": "2027-03-01", "founded_on": "2027-03-02"},
    ),
    ("seed_financing", {"uscc": "91310113FAKE0011X5", "round": "last", "amount": {"amount": 1}}),
    ("first_commercialization", {"product": "x", "first_sale_on": "2027-06-02"}),
    ("breakthrough", {"technology": "x"}),
]


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        pytest.param(kind, payload, marks=pytest.mark.requirement(ROWS[kind]))
        for kind, payload in BOUNDS
    ],
)
async def test_a_kind_keeps_its_bounds(house: House, kind: str, payload: dict[str, Any]) -> None:
    answer = await house.post(house.entity, "k", kind=kind, payload=payload)
    assert answer.status_code == 422, answer.text


@pytest.mark.refusing
async def test_an_unknown_kind_is_refused(house: House) -> None:
    answer = await house.post(house.entity, "k", kind="weather", payload={})
    assert answer.status_code == 422


@pytest.mark.requirement("A089", "A019")
@pytest.mark.parametrize(
    ("payload", "stage"),
    [
        ({"source": "self"}, "first_commercialization"),
        ({"source": "commissioned", "contract_ref": "26310001000001"}, "rd_supply"),
    ],
)
async def test_a_project_says_its_link_and_a_commissioned_one_its_contract(
    house: House, payload: dict[str, Any], stage: str
) -> None:
    whole = {"title": "x", "project_kind": "common_key", **payload}
    answer = await house.post(house.member, "k", kind="project", chain_stage=stage, payload=whole)
    assert (answer.status_code, answer.json()["chain_stage"]) == (201, stage)


async def test_evidence_is_a_file_of_ones_own(house: House) -> None:
    async def stored_by(org_id: UUID) -> str:
        async with house.caller(org_id) as caller:
            answer = await caller.post(
                "/v1/registry/files",
                content=b"%PDF-1.7",
                headers={"Content-Type": "application/pdf"},
            )
        return str(answer.json()["id"])

    own, strange = await stored_by(house.member), await stored_by(house.stranger)
    kept = await house.post(house.member, "a", evidence=[own])
    refused = await house.post(house.member, "b", evidence=[strange], external_id="S-2")
    assert kept.json()["evidence"] == [own]
    assert codes(refused) == ["FILE_UNKNOWN"]


@pytest.mark.requirement("A041", "A090")
async def test_the_other_side_counts_as_what_it_was_on_the_day_of_the_fact(house: House) -> None:
    async with house.registry.client("handler", sub=new_id()) as official:
        [client] = (
            await official.get("/v1/registry/organizations?uscc=91330100FAKE002161")
        ).json()["items"]
        path, version = f"/v1/registry/organizations/{client['id']}/entries", client["version"]
        for values, since in (
            ({"is_sme": True, "region_code": "330100"}, "2020-01-01"),
            ({"is_sme": False, "region_code": "320500"}, "2027-04-01"),
        ):
            entered = await official.post(
                path,
                json={"values": values, "valid_from": since, "basis": "年报"},
                headers={"If-Match": f'"{version}"'},
            )
            assert entered.status_code == 201, entered.text
            version += 1
    said = {}
    for day in ("2019-06-01", "2027-03-31", "2027-04-01"):
        payload = {**house.fact()["payload"], "client_uscc": "91330100FAKE002161"}
        answer = await house.post(
            house.lead, day, occurred_on=day, external_id=day, payload=payload
        )
        said[day] = (answer.json()["derived"]["is_sme"], answer.json()["derived"]["region_code"])
    # Of a day of which no entry speaks, the register's word of today is taken.
    assert said == {
        "2019-06-01": (False, "320500"), "2027-03-31": (True, "330100"),
        "2027-04-01": (False, "320500"),
    }  # fmt: skip
