"""An agreement binds when every party has signed the same text and its first day has come."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from ip_ledger import tenancy
from ip_ledger.agreements import actions
from shared.auth import Actor
from tests.fixtures.service import event_types, until_waiting_on_lock
from tests.ip_ledger.conftest import CLAUSES, TEXT_SHA256, TODAY, Ledger, codes, figures

pytestmark = pytest.mark.anyio
AGREEMENTS = "/v1/ip-ledger/agreements"


@pytest.mark.requirement("A084", "A024", "A086")
async def test_the_last_signature_puts_the_agreement_in_force(ledger: Ledger) -> None:
    signed = await ledger.signed("m04", "m09", "c03")
    assert signed["state"] == "in_force"
    assert [party["org_id"] for party in signed["parties"]] == [
        str(ledger.org[name]) for name in ("m04", "m09", "c03")
    ]
    assert [party["place"] for party in signed["parties"]] == [1, 2, 3]
    assert await event_types(ledger.sessions) == [
        "agreement.proposed",
        *["agreement.signed"] * 3,
        "agreement.in_force",
    ]


@pytest.mark.requirement("A084")
async def test_standing_names_the_agreement_only_once_all_have_signed(ledger: Ledger) -> None:
    async with ledger.member("m04") as lead, ledger.service.client("service") as registry:
        question = {"center_id": str(ledger.center["c03"])}
        proposed = (await lead.post(AGREEMENTS, json=ledger.agreement("m04", "m09"))).json()
        before = await registry.get(f"{AGREEMENTS}/standing", params=question)
        assert before.json()["agreement"] is None
    for name in ("m04", "m09"):
        async with ledger.member(name) as party:
            await party.post(
                f"{AGREEMENTS}/{proposed['id']}/signatures", json={"text_sha256": TEXT_SHA256}
            )
    async with ledger.service.client("service") as registry:
        standing = (await registry.get(f"{AGREEMENTS}/standing", params=question)).json()
    agreement = standing["agreement"]
    assert agreement["id"] == proposed["id"]
    assert set(agreement["clauses"]) == set(CLAUSES)
    assert agreement["hash"] == proposed["hash"]


@pytest.mark.requirement("A024")
@pytest.mark.refusing
async def test_a_clause_without_a_tick_is_refused_by_name(ledger: Ledger) -> None:
    body = ledger.agreement("m04", "m09")
    body["clauses"]["risk_sharing"] = {"ticked": False, "evidence": "-"}
    del body["clauses"]["complementarity"]
    async with ledger.member("m04") as lead:
        answer = await lead.post(AGREEMENTS, json=body)
    assert answer.status_code == 422
    assert figures(answer, "CLAUSE_MISSING") == {"missing": ["complementarity", "risk_sharing"]}


@pytest.mark.requirement("A086")
@pytest.mark.refusing
async def test_every_share_that_is_not_whole_is_told_at_once(ledger: Ledger) -> None:
    body = ledger.agreement("m04", "m09")
    body["benefit_shares"] = [{**share, "ppm": 499_999} for share in body["benefit_shares"]]
    body["risk_shares"][1]["org_id"] = body["risk_shares"][0]["org_id"]
    async with ledger.member("m04") as lead:
        answer = await lead.post(AGREEMENTS, json=body)
    assert answer.status_code == 422
    assert codes(answer) == ["SHARES_NOT_100", "PARTY_REPEATED"]
    assert figures(answer, "SHARES_NOT_100") == {"sum_ppm": 999_998}


@pytest.mark.requirement("A086")
@pytest.mark.refusing
@pytest.mark.parametrize("ppm", [333333.3, "333333", True])
async def test_a_share_that_is_no_integer_is_refused(ledger: Ledger, ppm: Any) -> None:
    body = ledger.agreement("m04", "m09")
    body["benefit_shares"][0]["ppm"] = ppm
    async with ledger.member("m04") as lead:
        answer = await lead.post(AGREEMENTS, json=body)
    assert answer.status_code == 422
    assert codes(answer) == ["SHARES_PRECISION"]


@pytest.mark.requirement("A084")
@pytest.mark.refusing
async def test_only_the_lead_or_the_centre_proposes_and_only_a_party_signs(ledger: Ledger) -> None:
    async with ledger.member("m09") as other:
        refused = await other.post(AGREEMENTS, json=ledger.agreement("m04", "m09"))
    assert refused.status_code == 403
    async with ledger.member("c03") as operator:
        proposed = await operator.post(AGREEMENTS, json=ledger.agreement("m04", "m09"))
        assert proposed.status_code == 201
        path = f"{AGREEMENTS}/{proposed.json()['id']}/signatures"
        stranger = await operator.post(path, json={"text_sha256": TEXT_SHA256})
    assert (stranger.status_code, codes(stranger)) == (403, ["FORBIDDEN_SCOPE"])


@pytest.mark.requirement("A084", "X07")
@pytest.mark.refusing
async def test_another_text_or_a_second_signature_is_refused(ledger: Ledger) -> None:
    async with ledger.member("m04") as lead:
        proposed = (await lead.post(AGREEMENTS, json=ledger.agreement("m04", "m09"))).json()
        path = f"{AGREEMENTS}/{proposed['id']}/signatures"
        other = await lead.post(path, json={"text_sha256": "00" * 32})
        assert (other.status_code, codes(other)) == (409, ["TEXT_HASH_MISMATCH"])
        assert (await lead.post(path, json={"text_sha256": TEXT_SHA256})).status_code == 201
        again = await lead.post(path, json={"text_sha256": TEXT_SHA256})
    assert (again.status_code, codes(again)) == (409, ["ALREADY_SIGNED"])


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_an_agreement_does_not_exist_for_other_centres(ledger: Ledger) -> None:
    signed = await ledger.signed("m04", "m09")
    async with ledger.member("m03") as stranger:
        seen = await stranger.get(f"{AGREEMENTS}/{signed['id']}")
        proposed = await stranger.post(AGREEMENTS, json=ledger.agreement("m04", "m09"))
        listed = await stranger.get(AGREEMENTS)
    assert (seen.status_code, proposed.status_code) == (404, 404)
    assert listed.json()["items"] == []


@pytest.mark.requirement("A084")
async def test_a_later_first_day_waits_for_the_day(ledger: Ledger) -> None:
    from ip_ledger.agreements import jobs

    signed = await ledger.signed("m04", "m09", effective_on="2026-02-01")
    assert signed["state"] == "signed"
    assert await jobs.put_due_in_force(ledger.sessions) == 0
    ledger.service.set_clock("2026-01-31T16:00:01+00:00")
    assert await jobs.put_due_in_force(ledger.sessions) == 1
    async with ledger.member("m09") as party:
        seen = (await party.get(f"{AGREEMENTS}/{signed['id']}")).json()
    assert seen["state"] == "in_force"


@pytest.mark.requirement("A084", "X06")
async def test_an_amendment_by_all_parties_supersedes(ledger: Ledger) -> None:
    first = await ledger.signed("m04", "m09")
    body = ledger.agreement("m04", "m09", "c03", effective_on="2026-01-20")
    del body["center_id"]
    async with ledger.member("m04") as lead:
        stale = await lead.post(
            f"{AGREEMENTS}/{first['id']}/amendments", json=body, headers={"If-Match": '"1"'}
        )
        assert stale.status_code == 412
        made = await lead.post(
            f"{AGREEMENTS}/{first['id']}/amendments",
            json=body,
            headers={"If-Match": f'"{first["version"]}"'},
        )
    assert made.status_code == 201, made.text
    second = made.json()
    assert (second["supersedes_id"], second["edition"]) == (first["id"], 2)
    for name in ("m04", "m09", "c03"):
        async with ledger.member(name) as party:
            await party.post(
                f"{AGREEMENTS}/{second['id']}/signatures", json={"text_sha256": TEXT_SHA256}
            )
    async with ledger.member("m04") as lead:
        states = [
            (await lead.get(f"{AGREEMENTS}/{one['id']}")).json()["state"] for one in (first, second)
        ]
    assert states == ["superseded", "in_force"]
    assert (await event_types(ledger.sessions))[-2:] == ["agreement.ended", "agreement.in_force"]


@pytest.mark.requirement("A084")
@pytest.mark.refusing
async def test_a_bound_member_cannot_be_left_out_of_the_next_agreement(ledger: Ledger) -> None:
    await ledger.signed("m04", "m09")
    async with ledger.member("m04") as lead:
        answer = await lead.post(AGREEMENTS, json=ledger.agreement("m04", "c03"))
    assert (answer.status_code, codes(answer)) == (409, ["CONSENT_MISSING"])
    assert figures(answer, "CONSENT_MISSING")["orgs"] == [str(ledger.org["m09"])]


@pytest.mark.requirement("A084", "X06")
@pytest.mark.parametrize("together", [True, False])
async def test_two_last_signatures_of_two_texts_leave_one_in_force(
    ledger: Ledger, *, together: bool
) -> None:
    drafts = []
    async with ledger.member("m04") as lead:
        for _ in range(2):
            made = (await lead.post(AGREEMENTS, json=ledger.agreement("m04", "m09"))).json()
            path = f"{AGREEMENTS}/{made['id']}/signatures"
            assert (await lead.post(path, json={"text_sha256": TEXT_SHA256})).status_code == 201
            drafts.append(made["id"])

    async def sign(agreement_id: str) -> int:
        async with ledger.member("m09") as party:
            path = f"{AGREEMENTS}/{agreement_id}/signatures"
            return (await party.post(path, json={"text_sha256": TEXT_SHA256})).status_code

    # The later text first, so that the last word of all parties is the earlier one.
    ordered = drafts if together else [*reversed(drafts)]
    if together:
        assert await asyncio.gather(*(sign(one) for one in ordered)) == [201, 201]
    else:
        assert [await sign(one) for one in ordered] == [201, 201]
    async with ledger.member("m04") as lead:
        listed = (await lead.get(AGREEMENTS)).json()["items"]
    assert [one["state"] for one in listed].count("in_force") == 1
    question = {"center_id": str(ledger.center["c03"])}
    async with ledger.service.client("service") as registry:
        standing = (await registry.get(f"{AGREEMENTS}/standing", params=question)).json()
    in_force = next(one["id"] for one in listed if one["state"] == "in_force")
    assert standing["agreement"]["id"] == in_force


@pytest.mark.requirement("A084", "X06")
async def test_a_signature_waits_for_the_text_that_is_being_signed(ledger: Ledger) -> None:
    from ip_ledger.tenancy import lock_center

    async with ledger.member("m04") as lead:
        made = (await lead.post(AGREEMENTS, json=ledger.agreement("m04", "m09"))).json()
        async with ledger.sessions.begin() as first:
            await lock_center(first, ledger.center["c03"])
            second = asyncio.create_task(
                lead.post(
                    f"{AGREEMENTS}/{made['id']}/signatures", json={"text_sha256": TEXT_SHA256}
                )
            )
            await until_waiting_on_lock(ledger.sessions, second)
        assert (await second).status_code == 201


@pytest.mark.requirement("A084")
@pytest.mark.refusing
async def test_a_text_that_is_withdrawn_while_one_signs_is_not_signed(ledger: Ledger) -> None:
    async with ledger.member("m04") as lead:
        proposed = (await lead.post(AGREEMENTS, json=ledger.agreement("m04", "m09"))).json()

    async def sign() -> Any:
        async with ledger.member("m09") as party:
            path = f"{AGREEMENTS}/{proposed['id']}/signatures"
            return await party.post(path, json={"text_sha256": TEXT_SHA256})

    actor = Actor(UUID(int=1), "test", frozenset({"member"}), org_id=ledger.org["m04"])
    async with ledger.sessions.begin() as first:
        await tenancy.lock_center(first, ledger.center["c03"])
        await actions.withdraw(first, actor, UUID(proposed["id"]), version=1, today=TODAY)
        second = asyncio.create_task(sign())
        await until_waiting_on_lock(ledger.sessions, second)
    answer = await second
    assert (answer.status_code, codes(answer)) == (409, ["STATE_CONFLICT"])
