"""Qualifications that expire, figures of a year, and parks."""

from datetime import date, timedelta
from typing import Any

import pytest

from registry.organizations import queries, rules
from registry.organizations.rules import QualificationEvent, QualificationState
from shared.database import new_id
from shared.rules import failed_codes
from tests.fixtures.service import RunningService
from tests.registry.organizations.entering import (
    HANDLER,
    OTHER_HANDLER,
    entered,
    handler,
    member,
    path,
    tag,
)

CNAS = {
    "kind": "cnas", "name": "CNAS 实验室认可证书", "number": "CNAS L00000",
    "scope": "集成电路可靠性试验", "valid_from": "2022-03-01", "valid_to": "2026-02-28",
}  # fmt: skip
TECH_CENTER = {
    "kind": "tech_center", "name": "市级企业技术中心", "level": "municipal",
    "valid_from": "2023-05-01",
}  # fmt: skip
FIGURES = {
    "year": 2025, "revenue": {"amount": 52_000_000_000, "currency": "CNY"}, "staff": 820,
}  # fmt: skip


@pytest.mark.requirement("A070")
def test_a_paper_holds_from_its_first_to_its_last_day() -> None:
    first, last = date(2022, 3, 1), date(2026, 2, 28)
    day = timedelta(days=1)
    held = [
        rules.holds_on(QualificationState.VERIFIED, first, last, None, on)
        for on in (first - day, first, last, last + day)
    ]
    assert held == [False, True, True, False]


@pytest.mark.parametrize("state", list(QualificationState))
def test_what_was_taken_back_held_until_then_and_what_was_refused_never(
    state: QualificationState,
) -> None:
    first, revoked = date(2022, 3, 1), date(2025, 1, 1)
    before = rules.holds_on(state, first, None, revoked, revoked - timedelta(days=1))
    then = rules.holds_on(state, first, None, revoked, revoked)
    assert before is (state is not QualificationState.REFUSED)
    assert then is (state in rules.HOLDING)


@pytest.mark.refusing
def test_a_paper_that_is_over_moves_no_more() -> None:
    over = [s for s in QualificationState if s not in rules.HOLDING]
    assert all(
        failed_codes(rules.move_checks(state, event)) == ["STATE_CONFLICT"]
        for state in over
        for event in QualificationEvent
    )


pytestmark = pytest.mark.anyio


@pytest.mark.requirement("A070")
async def test_a_certificate_is_kept_with_scope_and_last_day_and_expires(
    registry: RunningService,
) -> None:
    org = await entered(registry, 1, org_type="testing_body")
    async with member(registry, org["id"]) as own:
        made = (await own.post(path(org, "qualifications"), json=CNAS)).json()
    async with handler(registry) as official:
        verified = await official.post(
            path(org, "qualifications", made["id"], "verification"),
            json={"decision": "verified", "basis": "CNAS 网站"},
        )
        on = [
            (await official.get(path(org, "qualifications"), params={"valid_on": day})).json()
            for day in ("2022-02-28", "2022-03-01", "2026-02-28", "2026-03-01")
        ]
        registry.set_clock("2026-02-28T16:00:00+00:00")
        [expired] = (await official.get(path(org, "qualifications"))).json()["items"]
    async with registry.sessions.reading() as session:
        days = [date(2026, 2, 28), date(2026, 3, 1)]
        held = [await queries.qualification_valid_on(session, made["id"], day) for day in days]
    assert (made["state"], made["valid"], made["scope"]) == ("stated", True, CNAS["scope"])
    assert (verified.json()["state"], verified.json()["verified_by"]) == ("verified", str(HANDLER))
    assert verified.json()["due_again_on"] == "2027-01-12"
    assert [len(page["items"]) for page in on] == [0, 1, 1, 0]
    assert (expired["state"], expired["valid"]) == ("verified", False)
    assert held == [True, False]


@pytest.mark.requirement("A070")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "failed"),
    [
        ({"number": None}, "FIELD_MISSING"),
        ({"valid_to": None}, "FIELD_MISSING"),
        ({"valid_to": "2022-02-28"}, "DAYS_OUT_OF_ORDER"),
        ({"valid_from": "2026-01-13"}, "DAY_IN_FUTURE"),
        ({"kind": "iso"}, "FIELD_INVALID"),
        ({"file_id": str(new_id())}, "FILE_UNKNOWN"),
    ],
)
async def test_a_certificate_without_number_or_last_day_is_refused(
    registry: RunningService, over: dict[str, Any], failed: str
) -> None:
    org = await entered(registry, 1)
    async with member(registry, org["id"]) as own:
        answer = await own.post(path(org, "qualifications"), json={**CNAS, **over})
    async with member(registry, new_id()) as stranger:
        foreign = await stranger.post(path(org, "qualifications"), json=CNAS)
    assert (answer.status_code, answer.json()["code"]) == (422, failed)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "FORBIDDEN_SCOPE")


@pytest.mark.requirement("A061")
async def test_a_technology_centre_is_kept_with_level_and_year(registry: RunningService) -> None:
    org = await entered(registry, 1)
    async with member(registry, org["id"]) as own:
        made = (await own.post(path(org, "qualifications"), json=TECH_CENTER)).json()
        before = (await own.get(path(org))).json()
    async with handler(registry) as official:
        await official.post(
            path(org, "qualifications", made["id"], "verification"),
            json={"decision": "verified", "basis": "认定文件"},
        )
        after = (await official.get(path(org))).json()
        then = (await official.get(path(org), params={"on": "2023-04-30"})).json()
    assert (made["level"], made["year"]) == ("municipal", 2023)
    assert before["tech_center_level"] is None
    assert (after["tech_center_level"], then["tech_center_level"]) == ("municipal", None)


@pytest.mark.requirement("A061")
@pytest.mark.refusing
async def test_a_technology_centre_needs_a_level_and_another_person_to_verify_it(
    registry: RunningService,
) -> None:
    org = await entered(registry, 1)
    both = registry.client("member", "handler", org_id=org["id"], sub=OTHER_HANDLER)
    async with both as person:
        blank = await person.post(path(org, "qualifications"), json={**TECH_CENTER, "level": None})
        made = (await person.post(path(org, "qualifications"), json=TECH_CENTER)).json()
        own = await person.post(
            path(org, "qualifications", made["id"], "verification"),
            json={"decision": "verified", "basis": "本人"},
        )
    assert (blank.status_code, blank.json()["code"]) == (422, "FIELD_MISSING")
    assert (own.status_code, own.json()["code"]) == (403, "SOD_VIOLATION")


async def test_a_paper_is_followed_by_another_or_taken_back_and_stays_readable(
    registry: RunningService,
) -> None:
    org = await entered(registry, 1)
    async with handler(registry) as official:
        first = (await official.post(path(org, "qualifications"), json=CNAS)).json()
        renewed = {
            **CNAS, "valid_from": "2026-01-01", "valid_to": "2032-01-01",
            "supersedes_id": first["id"],
        }  # fmt: skip
        second = (await official.post(path(org, "qualifications"), json=renewed)).json()
        twice = await official.post(path(org, "qualifications"), json=renewed)
        revoked = await official.post(
            path(org, "qualifications", second["id"], "revocation"),
            json={"revoked_on": "2026-01-10", "reason": "撤销"},
        )
        papers = (await official.get(path(org, "qualifications"))).json()["items"]
        on = [
            [
                one["id"]
                for one in (
                    await official.get(path(org, "qualifications"), params={"valid_on": day})
                ).json()["items"]
            ]
            for day in ("2025-12-31", "2026-01-01", "2026-01-10")
        ]
    assert (twice.status_code, twice.json()["code"]) == (409, "STATE_CONFLICT")
    assert revoked.status_code == 200
    assert [one["state"] for one in papers] == ["superseded", "revoked"]
    assert on == [[first["id"]], [second["id"]], []]


@pytest.mark.requirement("A106")
async def test_figures_of_a_year_are_superseded_and_never_written_over(
    registry: RunningService,
) -> None:
    org = await entered(registry, 1)
    async with member(registry, org["id"]) as own:
        made = await own.post(path(org, "profiles"), json=FIGURES)
        twice = await own.post(path(org, "profiles"), json=FIGURES)
        registry.set_clock("2026-02-02T02:00:00+00:00")
        figures = {**FIGURES, "staff": 830}
        figures.pop("year")
        stale = await own.put(path(org, "profiles", 2025), json=figures, headers=tag(7))
        changed = await own.put(path(org, "profiles", 2025), json=figures, headers=tag(1))
        known = (await own.get(path(org, "profiles"), params={"as_of": "2026-01-12"})).json()
        now = (await own.get(path(org, "profiles"))).json()
    async with handler(registry) as official:
        verified = await official.post(
            path(org, "profiles", 2025, "verification"),
            json={"decision": "verified", "basis": "审计报告"},
            headers=tag(2),
        )
        versions = (await official.get(path(org, "profiles", 2025))).json()["items"]
    assert (made.status_code, made.json()["revenue"]) == (201, FIGURES["revenue"])
    assert (twice.status_code, twice.json()["code"]) == (409, "ALREADY_EXISTS")
    assert (stale.status_code, changed.status_code) == (412, 200)
    assert [one["staff"] for one in known["items"] + now["items"]] == [820, 830]
    assert verified.json()["verified_by"] == str(HANDLER)
    assert [(one["version"], one["staff"]) for one in versions] == [(1, 820), (2, 830), (3, 830)]


@pytest.mark.requirement("A106", "X04")
@pytest.mark.refusing
async def test_anothers_figures_do_not_exist(registry: RunningService) -> None:
    org = await entered(registry, 1)
    async with member(registry, org["id"]) as own:
        await own.post(path(org, "profiles"), json=FIGURES)
    async with member(registry, new_id()) as stranger:
        read = await stranger.get(path(org, "profiles", 2025))
        far = await stranger.get(path(org, "profiles", 10**30))
        listed = await stranger.get(path(org, "profiles"))
        written = await stranger.post(path(org, "profiles"), json={**FIGURES, "year": 2024})
        early = await stranger.post(path(org, "profiles"), json={**FIGURES, "year": 2027})
    assert far.status_code == 422
    assert (read.status_code, listed.json()["items"]) == (404, [])
    assert {written.status_code, early.status_code} == {403}


@pytest.mark.requirement("A068")
async def test_a_park_is_changed_by_its_developer_and_found_by_level_and_district(
    registry: RunningService,
) -> None:
    org = await entered(registry, 1, org_type="park_developer")
    park = {
        "name": "临湾智能制造产业园（示例）", "level": "municipal", "region_code": "310115",
        "firm_count": 260, "cluster_output": {"amount": 1_200_000_000_000, "currency": "CNY"},
        "figures_year": 2025, "support_conditions": "公共检测平台", "developer_org_id": org["id"],
    }  # fmt: skip
    async with member(registry, org["id"]) as own:
        made = (await own.post("/v1/registry/parks", json=park)).json()
        place = f"/v1/registry/parks/{made['id']}"
        changed = await own.patch(
            place, json={"firm_count": 275, "level": "national"}, headers=tag(1)
        )
        lists = [
            (await own.get("/v1/registry/parks", params=asked)).json()["items"]
            for asked in (
                {"level": "national"}, {"level": "district"}, {"region_code": "3101"},
                {"region_code": "3102"}, {"developer_org_id": org["id"]},
            )
        ]  # fmt: skip
    async with registry.sessions.reading() as session:
        assert await queries.park_exists_of(session, [org["id"]])
        assert not await queries.park_exists_of(session, [new_id()])
    assert (changed.json()["firm_count"], changed.json()["support_conditions"]) == (
        275, park["support_conditions"],
    )  # fmt: skip
    assert [len(items) for items in lists] == [1, 0, 1, 0, 1]


@pytest.mark.requirement("A068")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "failed"),
    [
        ({"region_code": "310199"}, "CODE_UNKNOWN"),
        ({"firm_count": -1}, "FIELD_INVALID"),
        ({"cluster_output": {"amount": -1, "currency": "CNY"}}, "FIELD_INVALID"),
        ({"level": "world"}, "FIELD_INVALID"),
    ],
)
async def test_a_park_that_cannot_be_is_refused(
    registry: RunningService, over: dict[str, Any], failed: str
) -> None:
    org = await entered(registry, 1, org_type="park_developer")
    park = {
        "name": "园区", "level": "district", "region_code": "310115", "firm_count": 1,
        "cluster_output": {"amount": 1, "currency": "CNY"}, "support_conditions": "无",
        "developer_org_id": org["id"],
    }  # fmt: skip
    async with member(registry, org["id"]) as own:
        answer = await own.post("/v1/registry/parks", json={**park, **over})
        made = (await own.post("/v1/registry/parks", json=park)).json()
        stale = await own.patch(
            f"/v1/registry/parks/{made['id']}", json={"firm_count": 2}, headers=tag(4)
        )
    async with member(registry, new_id()) as stranger:
        foreign = await stranger.patch(
            f"/v1/registry/parks/{made['id']}", json={"firm_count": 2}, headers=tag(1)
        )
    assert (answer.status_code, answer.json()["code"]) == (422, failed)
    assert (stale.status_code, foreign.status_code) == (412, 403)
