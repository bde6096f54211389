"""What was true when, as known when: nothing is written over, and a flag counts once verified."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.organizations import queries, rules
from registry.organizations.rules import Entry, VerificationDecision
from shared.auth import Actor
from shared.database import new_id
from shared.rules import failed_codes
from tests.fixtures.service import RunningService, event_types
from tests.registry.organizations.entering import (
    HANDLER,
    OTHER_HANDLER,
    code,
    entered,
    entry,
    handler,
    member,
    path,
    tag,
)

ACTOR = Actor(
    person_id=HANDLER, client_id="t", org_id=None, capacities=frozenset({"official", "handler"})
)
START = date(2020, 1, 1)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def said(version: int, value: Any, first: int, last: int | None = None) -> Entry:
    until = None if last is None else START + timedelta(days=last)
    recorded = BEGIN + timedelta(days=version)
    return Entry(new_id(), version, {"name": value}, START + timedelta(days=first), until, recorded)


def test_a_correction_supersedes_what_was_believed_and_leaves_it_readable() -> None:
    entries = [said(1, "old", 0), said(2, "new", 10), said(3, "right", 5, 7)]
    on = [START + timedelta(days=day) for day in (4, 5, 7, 8, 10)]
    assert [rules.values_on(entries, day)["name"] for day in on] == [
        "old", "right", "right", "old", "new",
    ]  # fmt: skip
    before = BEGIN + timedelta(days=2)
    assert rules.values_on(entries, on[1], before) == {"name": "old"}
    assert rules.values_on(entries, START - timedelta(days=1)) == {}


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.one_of(st.none(), st.integers(0, 30))),
        min_size=1,
        max_size=8,
    )
)
def test_segments_tell_of_each_day_what_holds_on_it(
    spans: list[tuple[int, int | None]],
) -> None:
    entries = [
        said(number, number, first, None if length is None else first + length)
        for number, (first, length) in enumerate(spans, 1)
    ]
    segments = rules.segments(entries)
    for day in (START + timedelta(days=number) for number in range(70)):
        covering = [
            one.value
            for one in segments
            if one.from_on <= day and (one.until_on is None or day <= one.until_on)
        ]
        held = rules.values_on(entries, day)
        assert covering == list(held.values())


@pytest.mark.refusing
def test_nobody_verifies_what_he_stated_nor_twice_nor_refuses_without_a_reason() -> None:
    own = UUID(int=1)
    refused = rules.verification_checks(
        stated_by=own, acting=own, decided=True, decision=VerificationDecision.REFUSED, reason=None
    )
    assert failed_codes(refused) == ["SOD_VIOLATION", "STATE_CONFLICT", "FIELD_MISSING"]


pytestmark = pytest.mark.anyio


async def history(registry: RunningService, org: dict[str, Any], field: str, **asked: str) -> Any:
    async with handler(registry) as official:
        answer = await official.get(path(org, "history"), params={"field": field, **asked})
    assert answer.status_code == 200, answer.text
    return [
        (one["value"], one["from_on"], one["until_on"])
        for found in answer.json()["fields"]
        for one in found["values"]
    ]


@pytest.mark.requirement("X07")
async def test_both_clocks_tell_what_held_and_what_was_known(registry: RunningService) -> None:
    org = await entered(registry, 1)
    first_known = "2026-01-12"
    registry.set_clock("2026-02-02T02:00:00+00:00")
    async with handler(registry) as official:
        moved = await official.patch(path(org), json={"region_code": "310114"}, headers=tag(1))
        corrected = await official.post(
            path(org, "entries"),
            json={
                "values": {"region_code": "310113"},
                "valid_from": "2025-06-01",
                "valid_until": "2025-12-31",
                "basis": "营业执照副本",
            },
            headers=tag(2),
        )
        on_day = [
            (await official.get(path(org), params={"on": day})).json()["region_code"]
            for day in ("2025-05-31", "2025-06-01", "2025-12-31", "2026-01-01", "2026-02-02")
        ]
        believed = await official.get(path(org), params={"on": "2025-07-01", "as_of": first_known})
        before = await official.get(path(org), params={"on": "2019-12-31"})
        unknown = await official.get(path(org), params={"as_of": "2026-01-11"})
    assert (moved.status_code, corrected.status_code) == (200, 201), corrected.text
    assert moved.json()["region_code"] == "310114"
    assert on_day == ["310115", "310113", "310113", "310115", "310114"]
    assert believed.json()["region_code"] == "310115"
    assert (before.status_code, unknown.status_code) == (404, 404)
    assert await history(registry, org, "region_code") == [
        ("310115", "2020-01-01", "2025-05-31"),
        ("310113", "2025-06-01", "2025-12-31"),
        ("310115", "2026-01-01", "2026-02-01"),
        ("310114", "2026-02-02", None),
    ]
    assert await history(registry, org, "region_code", as_of=first_known) == [
        ("310115", "2020-01-01", None)
    ]


@pytest.mark.requirement("X07")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "failed"),
    [
        ({"valid_from": "2026-01-13"}, "DAY_IN_FUTURE"),
        ({"valid_until": "2026-01-12"}, "DAYS_OUT_OF_ORDER"),
        ({"valid_until": "2018-12-31"}, "DAYS_OUT_OF_ORDER"),
        ({"values": {"region_code": "310199"}}, "CODE_UNKNOWN"),
        ({"values": {"uscc": code(9)}}, "FIELD_UNKNOWN"),
        ({"valid_from": "0001-01-01"}, "FIELD_INVALID"),
        ({"valid_from": "9999-12-31"}, "FIELD_INVALID"),
        ({"file_id": str(new_id())}, "FILE_UNKNOWN"),
    ],
)
async def test_an_entry_for_impossible_days_or_values_is_refused(
    registry: RunningService, over: dict[str, Any], failed: str
) -> None:
    org = await entered(registry, 1)
    body = {"values": {"is_sme": True}, "valid_from": "2019-01-01", **over}
    async with handler(registry) as official:
        answer = await official.post(path(org, "entries"), json=body, headers=tag(1))
        stale = await official.post(path(org, "entries"), json=body, headers=tag(9))
    assert (answer.status_code, answer.json()["code"]) == (422, failed)
    assert stale.status_code in {412, 422}


@pytest.mark.requirement("A058", "A065")
async def test_a_flag_of_ones_own_counts_only_once_an_official_verified_it(
    registry: RunningService,
) -> None:
    founder = await entered(registry, 1)
    async with member(registry, founder["id"]) as own:
        made = (await own.post("/v1/registry/organizations", json=entry(2, is_leading=True))).json()
        again = await own.get(path(made))
    assert (made["is_leading"], made["stated"], again.json()) == (False, ["is_leading"], made)
    async with handler(registry) as official:
        listed = await official.get(
            "/v1/registry/organization-statements",
            params={"organization_id": made["id"], "only_open": "true"},
        )
        [statement] = listed.json()["items"]
        decided = await official.post(
            path(made, "statements", statement["id"], "verification"),
            json={"decision": "verified", "basis": "年报", "due_again_on": "2026-06-30"},
        )
        shown = (await official.get(path(made))).json()
        async with registry.sessions.reading() as session:
            waiting = await queries.tasks_of(session, ACTOR, date(2026, 6, 30))
        early, due = [
            (await official.get("/v1/registry/organization-reviews", params={"until": day})).json()[
                "items"
            ]
            for day in ("2026-06-29", "2026-06-30")
        ]
    assert decided.status_code == 200, decided.text
    assert (decided.json()["state"], decided.json()["verified_by"]) == ("verified", str(HANDLER))
    assert (shown["is_leading"], shown["stated"]) == (True, [])
    assert early == []
    assert [(one.kind.code, one.due_on) for one in waiting] == [
        ("verify_organization_again", date(2026, 6, 30))
    ]
    assert [one["org_id"] for one in due] == [made["id"]]
    assert "organization.statement_verified" in await event_types(registry.sessions)


@pytest.mark.requirement("A058", "A065")
@pytest.mark.refusing
async def test_a_refused_statement_never_counts(registry: RunningService) -> None:
    org = await entered(registry, 1)
    body = {
        "values": {"is_leading": True, "chain_position": "upstream"},
        "valid_from": "2025-01-01",
    }
    async with member(registry, org["id"]) as own:
        stated = await own.post(path(org, "statements"), json=body)
    async with member(registry, new_id()) as stranger:
        foreign = await stranger.post(path(org, "statements"), json=body)
        hidden = await stranger.get("/v1/registry/organization-statements")
    verification = path(org, "statements", stated.json()["id"], "verification")
    async with handler(registry) as official:
        blank = await official.post(verification, json={"decision": "refused", "basis": "核查"})
        refused = await official.post(
            verification, json={"decision": "refused", "basis": "核查", "reason": "无排名证明"}
        )
        twice = await official.post(verification, json={"decision": "verified", "basis": "核查"})
        shown = (await official.get(path(org))).json()
    assert (stated.status_code, stated.json()["state"]) == (201, "stated")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "FORBIDDEN_SCOPE")
    assert hidden.json()["items"] == []
    assert (blank.status_code, blank.json()["code"]) == (422, "FIELD_MISSING")
    assert (refused.status_code, refused.json()["reason"]) == (200, "无排名证明")
    assert (twice.status_code, twice.json()["code"]) == (409, "STATE_CONFLICT")
    assert (shown["is_leading"], shown["chain_position"]) == (False, None)


@pytest.mark.requirement("A065", "A041")
async def test_that_a_firm_is_small_counts_as_declared_until_an_official_corrects_it(
    registry: RunningService,
) -> None:
    org = await entered(registry, 1)
    body = {"values": {"is_sme": True}, "valid_from": "2025-01-01"}
    async with member(registry, org["id"]) as own:
        stated = (await own.post(path(org, "statements"), json=body)).json()
        declared = (await own.get(path(org))).json()
        [told] = (
            await own.get(path(org, "history"), params={"field": "is_sme", "as_of": "2026-01-12"})
        ).json()["fields"]
    registry.set_clock("2026-01-13T02:00:00+00:00")
    async with handler(registry) as official:
        await official.post(
            path(org, "statements", stated["id"], "verification"),
            json={"decision": "refused", "basis": "年报", "reason": "从业人员超过标准"},
        )
        corrected = (await official.get(path(org))).json()
        then = await official.get(path(org), params={"on": "2025-06-01", "as_of": "2026-01-12"})
    assert (declared["is_sme"], declared["stated"]) == (True, ["is_sme"])
    assert [one["verified_by"] is None for one in told["values"]] == [False, True]
    assert (corrected["is_sme"], corrected["stated"]) == (False, [])
    assert then.json()["is_sme"] is True


@pytest.mark.requirement("X03")
@pytest.mark.refusing
async def test_whoever_stated_it_cannot_verify_it(registry: RunningService) -> None:
    org = await entered(registry, 1)
    both = registry.client("member", "handler", org_id=org["id"], sub=OTHER_HANDLER)
    async with both as person:
        stated = await person.post(
            path(org, "statements"), json={"values": {"is_sme": True}, "valid_from": "2025-01-01"}
        )
        verified = await person.post(
            path(org, "statements", stated.json()["id"], "verification"),
            json={"decision": "verified", "basis": "本人"},
        )
    assert (verified.status_code, verified.json()["code"]) == (403, "SOD_VIOLATION")


@pytest.mark.refusing
async def test_of_two_decisions_at_once_one_wins(registry: RunningService) -> None:
    org = await entered(registry, 1)
    async with member(registry, org["id"]) as own:
        stated = await own.post(
            path(org, "statements"), json={"values": {"is_sme": True}, "valid_from": "2025-01-01"}
        )
    place = path(org, "statements", stated.json()["id"], "verification")

    async def decide() -> Any:
        async with handler(registry) as official:
            return await official.post(place, json={"decision": "verified", "basis": "核查"})

    answers = await asyncio.gather(*(decide() for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


@pytest.mark.requirement("X17")
async def test_a_record_of_dishonesty_ends_and_stays_readable(registry: RunningService) -> None:
    org = await entered(registry, 1)
    record = {
        "from_on": "2025-12-01", "until_on": "2027-01-01",
        "authority": "市场监督管理局", "basis": "决定书",
    }  # fmt: skip
    async with handler(registry) as official:
        made = await official.post(path(org, "dishonesty-records"), json=record)
        barred = (await official.get(path(org))).json()["dishonesty_until"]
        lifting = path(org, "dishonesty-records", made.json()["id"], "lifting")
        lifted = await official.post(
            lifting, json={"lifted_on": "2026-01-12", "reason": "信用修复"}
        )
        twice = await official.post(lifting, json={"lifted_on": "2026-01-12", "reason": "again"})
        freed = (await official.get(path(org))).json()["dishonesty_until"]
        then = (await official.get(path(org), params={"on": "2026-01-11"})).json()
        listed = (await official.get(path(org, "dishonesty-records"))).json()["items"]
    assert (made.status_code, barred) == (201, "2027-01-01")
    assert (lifted.status_code, freed) == (200, None)
    assert (twice.status_code, twice.json()["code"]) == (409, "STATE_CONFLICT")
    assert then["dishonesty_until"] == "2026-01-11"
    assert [one["lift_reason"] for one in listed] == ["信用修复"]


@pytest.mark.requirement("X17")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "failed"),
    [
        ({"from_on": "2026-01-13"}, "DAY_IN_FUTURE"),
        ({"until_on": "2025-11-30"}, "DAYS_OUT_OF_ORDER"),
        ({"authority": ""}, "FIELD_INVALID"),
    ],
)
async def test_a_record_with_wrong_days_is_refused(
    registry: RunningService, over: dict[str, Any], failed: str
) -> None:
    org = await entered(registry, 1)
    record = {
        "from_on": "2025-12-01", "until_on": "2027-01-01", "authority": "市监局", "basis": "决定书",
        **over,
    }  # fmt: skip
    async with handler(registry) as official:
        answer = await official.post(path(org, "dishonesty-records"), json=record)
    async with member(registry, org["id"]) as own:
        foreign = await own.post(path(org, "dishonesty-records"), json=record)
    assert (answer.status_code, answer.json()["code"]) == (422, failed)
    assert foreign.status_code == 403
