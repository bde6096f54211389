"""A right that the office restored: within the law's times, with every fee that was missed."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from ip_ledger.assets.rules import AssetKind, State, ended, returned
from ip_ledger.audit.auditing import audit
from ip_ledger.contracts.rules import asset_checks
from ip_ledger.fees.jobs import look_at_rights
from ip_ledger.fees.restoration_rules import (
    Lost,
    Restoration,
    RestorationGround,
    restoration_checks,
)
from ip_ledger.revenue.rules import absence_check
from shared.calendar import WorkingDays
from shared.rules import failed_codes
from tests.ip_ledger.conftest import Ledger, codes, figures
from tests.ip_ledger.fees.test_paying import WHOLE, on, read, right, tasks, told

pytestmark = pytest.mark.anyio
# Filed 2023-11-02: the fee of 2026-11-02 could be paid up to 2027-05-04 (working days).
LATE = WHOLE + 5 * 6_000
PAID = {"number": 4, "paid_on": "2027-08-02", "amount": {"amount": LATE}}


def decision(**over: Any) -> dict[str, Any]:
    return {
        "ground": "justified", "counted_from": "2027-06-10", "requested_on": "2027-08-02",
        "decided_on": "2027-08-20", "decision_no": "2027082000001",
        "request_fee": {"amount": 100_000}, "payments": [PAID], "evidence": [str(uuid4())], **over,
    }  # fmt: skip


async def restored(
    ledger: Ledger, asset_id: str, body: dict[str, Any], by: str = "m04"
) -> httpx.Response:
    async with ledger.member(by) as client:
        return await client.post(f"/v1/ip-ledger/assets/{asset_id}/restorations", json=body)


async def lapsed(ledger: Ledger, day: str = "2027-09-01") -> str:
    asset_id = await right(ledger)
    await on(ledger, day)
    assert (await read(ledger, f"assets/{asset_id}"))["state"] == "abandoned"
    return asset_id


@pytest.mark.requirement("A043")
async def test_a_lapsed_right_comes_back_with_its_term_and_its_next_fee(ledger: Ledger) -> None:
    asset_id = await lapsed(ledger)
    ledger.service.set_clock("2027-09-03T02:00:00+00:00")
    answer = await restored(ledger, asset_id, decision())
    assert answer.status_code == 201, answer.text
    back = answer.json()
    assert (back["state"], back["term_until"], back["ended_on"]) == (
        "maintained", "2043-11-01", "2026-11-02",
    )  # fmt: skip
    await look_at_rights(ledger.service.app)
    fees = (await read(ledger, f"assets/{asset_id}/fee-schedule"))["fees"]
    assert [(one["number"], one["state"]) for one in fees][:3] == [
        (4, "restored"), (5, "open"), (6, None),
    ]  # fmt: skip
    assert await told(ledger) == [
        "fee.opened", "fee.lapsed", "fee.paid", "fee.opened", "fee.reminder",
    ]  # fmt: skip
    # What was believed while it was gone stays what was believed.
    facts = f"facts?center_id={ledger.center['c03']}"
    states = [
        (await read(ledger, path))["items"][-1]["payload"]["state"]
        for path in (f"{facts}&as_of=2027-09-02", facts)
    ]
    assert states == ["abandoned", "maintained"]
    twice = await restored(ledger, asset_id, decision())
    assert twice.status_code == 409
    async with ledger.service.app.state.database.engine.connect() as connection:
        assert (await audit(connection, None)).differences == []


@pytest.mark.requirement("A043")
async def test_two_fees_missed_are_paid_together(ledger: Ledger) -> None:
    asset_id = await lapsed(ledger, "2028-06-01")
    body = decision(
        ground="force_majeure", counted_from="2028-05-02", requested_on="2028-05-20",
        decided_on="2028-05-30",
        payments=[PAID, {**PAID, "number": 5, "paid_on": "2028-05-20"}],
    )  # fmt: skip
    one = await restored(ledger, asset_id, {**body, "payments": body["payments"][:1]})
    assert (one.status_code, codes(one)) == (409, ["FEE_NOT_OWED"])
    assert figures(one, "FEE_NOT_OWED")["next"] == 5
    assert (await restored(ledger, asset_id, body)).status_code == 201
    await look_at_rights(ledger.service.app)
    assert (await read(ledger, f"assets/{asset_id}"))["state"] == "maintained"
    fees = (await read(ledger, f"assets/{asset_id}/fee-schedule"))["fees"]
    assert [one["state"] for one in fees][:3] == ["restored", "restored", "open"]


@pytest.mark.requirement("A043")
@pytest.mark.refusing
async def test_every_fault_of_a_restoration_is_told_at_once(ledger: Ledger) -> None:
    asset_id = await lapsed(ledger)
    cases: list[tuple[dict[str, Any], list[str]]] = [
        (decision(requested_on="2027-08-11"), ["RESTORATION_TOO_LATE"]),
        (decision(counted_from="2026-11-01"), ["DAYS_OUT_OF_ORDER", "RESTORATION_TOO_LATE"]),
        (decision(decided_on="2027-09-02"), ["DAY_IN_FUTURE"]),
        (decision(decided_on="2027-08-01"), ["DAYS_OUT_OF_ORDER", "DAYS_OUT_OF_ORDER"]),
        (decision(payments=[]), ["FEE_NOT_OWED"]),
        (decision(payments=[{**PAID, "number": 5}]), ["FEE_NOT_OWED"]),
        (decision(payer_org_id=str(ledger.org["m23"])), ["PARTY_UNKNOWN"]),
        (decision(evidence=[]), ["FIELD_INVALID"]),
        (
            decision(sources=[{"source_id": str(uuid4()), "amount": {"amount": 1}}]),
            ["FIELD_INVALID"],
        ),
    ]
    for body, expected in cases:
        answer = await restored(ledger, asset_id, body)
        assert sorted(codes(answer)) == expected, answer.text
    for by, status in (("m08", 403), ("m01", 404)):
        assert (await restored(ledger, asset_id, decision(), by=by)).status_code == status
    assert (await read(ledger, f"assets/{asset_id}"))["state"] == "abandoned"


@pytest.mark.requirement("A043")
async def test_an_application_that_was_given_up_comes_back_as_it_stood(ledger: Ledger) -> None:
    asset = await ledger.registered(number="202410000002.4", filed_on="2024-03-01")
    async with ledger.member("m04") as lead:
        for version, event in ((1, "publish"), (2, "abandon")):
            answer = await lead.post(
                f"/v1/ip-ledger/assets/{asset['id']}/state-changes",
                json={"event": event, "occurred_on": "2026-01-10"},
                headers={"If-Match": f'"{version}"'},
            )
            assert answer.status_code == 200, answer.text
    body = decision(
        counted_from="2026-01-12", requested_on="2026-01-15", decided_on="2026-01-19", payments=[]
    )
    answer = await restored(ledger, asset["id"], body)
    assert (answer.status_code, answer.json()["state"]) == (201, "published"), answer.text


async def given_up(ledger: Ledger, asset_id: str, version: int, **over: Any) -> httpx.Response:
    async with ledger.member("m04") as lead:
        return await lead.post(
            f"/v1/ip-ledger/assets/{asset_id}/state-changes",
            json={"event": "abandon", "occurred_on": "2026-01-10", **over},
            headers={"If-Match": f'"{version}"'},
        )


@pytest.mark.requirement("A043", "A084")
@pytest.mark.parametrize(
    ("cause", "comes_back"), [("declared", False), ("deemed", True), (None, True)]
)
async def test_what_its_owners_declared_given_up_does_not_come_back(
    ledger: Ledger, cause: str | None, comes_back: bool
) -> None:
    asset = await ledger.registered(granted_on="2025-11-28")
    told = {} if cause is None else {"cause": cause}
    gone = await given_up(ledger, asset["id"], 1, **told)
    assert (gone.status_code, gone.json()["abandon_cause"]) == (200, cause), gone.text
    twice = await given_up(ledger, asset["id"], 2, cause="deemed")
    assert codes(twice) == ["STATE_CONFLICT"]
    body = decision(
        counted_from="2026-01-12", requested_on="2026-01-15", decided_on="2026-01-19", payments=[]
    )
    answer = await restored(ledger, asset["id"], body)
    facts = f"facts?center_id={ledger.center['c03']}"
    payload = (await read(ledger, facts))["items"][-1]["payload"]
    now = await read(ledger, f"assets/{asset['id']}")
    if comes_back:
        assert answer.status_code == 201, answer.text
        assert (now["state"], now["abandon_cause"]) == ("granted", None)
        assert payload["abandon_cause"] is None
    else:
        assert (answer.status_code, codes(answer)) == (409, ["STATE_CONFLICT"])
        assert figures(answer, "STATE_CONFLICT")["state"] == "abandoned: declared"
        assert (now["state"], now["abandon_cause"]) == ("abandoned", "declared")
        assert payload["abandon_cause"] == "declared"


async def consented(ledger: Ledger, asset_id: str, by: str, day: str = "2026-01-10") -> int:
    async with ledger.member(by) as client:
        path = f"/v1/ip-ledger/assets/{asset_id}/abandonment-consents"
        return (await client.post(path, json={"occurred_on": day})).status_code


@pytest.mark.requirement("A084", "A043")
@pytest.mark.refusing
async def test_what_is_given_up_is_given_up_by_every_owner_and_what_is_missed_by_none(
    ledger: Ledger,
) -> None:
    names = {name: str(ledger.org[name]) for name in ("m04", "m09", "c03")}
    asset = await ledger.registered(granted_on="2025-11-28")
    owned = await ledger.owned(
        asset["id"], m04=600_000, m09=300_000, c03=100_000, consents=("m04", "m09", "c03")
    )
    assert owned.status_code == 201, owned.text
    for over in ({"cause": "declared"}, {}):
        alone = await given_up(ledger, asset["id"], 2, **over)
        assert (alone.status_code, codes(alone)) == (409, ["CONSENT_MISSING"])
        missing = figures(alone, "CONSENT_MISSING")["orgs"]
        assert sorted(missing) == sorted([names["m09"], names["c03"]])
    # Only an owner consents, for itself, once, and to that day alone.
    wanted = [("m08", 403), ("m01", 404), ("m09", 201), ("m09", 409), ("c03", 201)]
    assert [await consented(ledger, asset["id"], by) for by, _ in wanted] == [s for _, s in wanted]
    other = await given_up(ledger, asset["id"], 2, cause="declared", occurred_on="2026-01-11")
    assert len(figures(other, "CONSENT_MISSING")["orgs"]) == 2
    # A member that owns nothing may report it, and counts for nobody.
    async with ledger.member("m08") as member:
        reported = await member.post(
            f"/v1/ip-ledger/assets/{asset['id']}/state-changes", headers={"If-Match": '"2"'},
            json={"event": "abandon", "occurred_on": "2026-01-10", "cause": "declared"},
        )  # fmt: skip
    assert figures(reported, "CONSENT_MISSING")["orgs"] == [names["m04"]]
    gone = await given_up(ledger, asset["id"], 2, cause="declared")
    assert (gone.status_code, gone.json()["state"]) == (200, "abandoned"), gone.text
    assert await consented(ledger, asset["id"], "m04", "2026-01-12") == 409

    filed = await ledger.registered(number="202410000002.4", filed_on="2024-03-01")
    assert (await ledger.owned(
        filed["id"], m04=600_000, m09=400_000, consents=("m04", "m09")
    )).status_code == 201  # fmt: skip
    missed = await given_up(ledger, filed["id"], 2, cause="deemed")
    assert missed.status_code == 200, missed.text
    # Nobody was asked: each owner is told, and may have it back.
    await ledger.service.number()
    told_so = [
        one["data"] for one in (await read(ledger, "events"))["items"]
        if one["type"] == "asset.abandoned"
    ]  # fmt: skip
    assert [sorted(one["owners"]) for one in told_so] == [
        sorted(names.values()), sorted([names["m04"], names["m09"]]),
    ]  # fmt: skip
    assert [one["cause"] for one in told_so] == ["declared", "deemed"]
    for by in ("m04", "m09"):
        assert ("restore_right", "2026-03-10", False) in await tasks(ledger, by)
    assert "restore_right" not in [one[0] for one in await tasks(ledger, "m08")]


LAST, BACK = date(2026, 1, 10), date(2026, 1, 19)
OVER: Any = ((LAST + timedelta(days=1), None),)
RETURNED: Any = ((LAST + timedelta(days=1), BACK),)


@pytest.mark.requirement("A084", "A033")
@pytest.mark.parametrize(
    ("absences", "day", "is_gone", "license_codes"),
    [
        ((), LAST, False, []),
        (OVER, LAST, False, ["STATE_CONFLICT"]),
        (OVER, LAST + timedelta(days=1), True, ["STATE_CONFLICT"]),
        (OVER, BACK, True, ["STATE_CONFLICT"]),
        (RETURNED, LAST, False, []),
        (RETURNED, LAST + timedelta(days=1), True, ["RIGHT_LAPSED"]),
        (RETURNED, BACK - timedelta(days=1), True, ["RIGHT_LAPSED"]),
        (RETURNED, BACK, False, []),
        ((*RETURNED, (BACK + timedelta(days=5), None)), BACK, False, ["STATE_CONFLICT"]),
        ((*RETURNED, (BACK + timedelta(days=5), None)), LAST + timedelta(days=1), True,
         ["STATE_CONFLICT"]),
    ],
)  # fmt: skip
def test_what_falls_into_the_days_on_which_a_right_was_gone(
    absences: Any, day: date, is_gone: bool, license_codes: list[str]
) -> None:
    """Licenses of such days are refused, income is kept and marked (民法典865)."""
    is_over = bool(absences) and absences[-1][1] is None
    state = State.ABANDONED if is_over else State.MAINTAINED
    assert failed_codes(asset_checks(state, None, day, absences)) == (
        license_codes if is_over or is_gone else []
    )
    warning = absence_check(absences, day)
    assert (warning.passed, warning.refuses) == (not is_gone, False)


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("before", "on", "after"),
    [
        (OVER, BACK, RETURNED),
        (OVER, LAST + timedelta(days=1), ()),  # Back before it was missed for a day.
        (OVER, LAST + timedelta(days=2), ((LAST + timedelta(days=1), LAST + timedelta(days=2)),)),
        (OVER, None, ()),  # It was paid in time, as is found out later: it was never over.
        ((), BACK, ()),
        (ended(RETURNED, BACK), None, RETURNED),
    ],
)
def test_a_return_ends_the_last_absence(before: Any, on: date | None, after: Any) -> None:
    assert returned(before, on) == after


@pytest.mark.requirement("A084", "A033")
async def test_income_and_licenses_of_the_days_between_end_and_return(ledger: Ledger) -> None:
    asset_id = await lapsed(ledger)
    ledger.service.set_clock("2027-09-03T02:00:00+00:00")

    async def earned(day: str) -> Any:
        body = {
            "asset_id": asset_id, "kind": "license", "received_on": day,
            "gross": {"amount": 100, "currency": "CNY"}, "deductions": [],
        }  # fmt: skip
        async with ledger.member("c03") as operator:
            headers = {"Idempotency-Key": str(uuid4())}
            answer = await operator.post("/v1/ip-ledger/revenue-events", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()

    while_gone = await earned("2026-11-03")
    assert [one["code"] for one in while_gone["warnings"]] == ["RIGHT_LAPSED"]
    assert while_gone["warnings"][0]["params"] == {"gone_from": "2026-11-03", "back_on": None}
    assert (await restored(ledger, asset_id, decision())).status_code == 201
    marked = {day: [one["code"] for one in (await earned(day))["warnings"]] for day in (
        "2026-11-02", "2026-11-03", "2027-08-19", "2027-08-20",
    )}  # fmt: skip
    assert list(marked.values()) == [[], ["RIGHT_LAPSED"], ["RIGHT_LAPSED"], []]
    shown = (await read(ledger, f"revenue-events?asset_id={asset_id}"))["items"]
    assert sorted(len(one["warnings"]) for one in shown) == [0, 0, 1, 1, 1]
    back = await read(ledger, f"revenue-events/{while_gone['id']}")
    assert back["warnings"][0]["params"]["back_on"] == "2027-08-20"
    for day, codes_told in (("2027-08-19", ["RIGHT_LAPSED"]), ("2027-08-20", [])):
        body = {
            "asset_id": asset_id, "licensor_id": str(ledger.org["m04"]), "type": "ordinary",
            "licensee_org_id": str(ledger.org["m08"]), "effective_on": day,
        }  # fmt: skip
        async with ledger.member("m04") as owner:
            answer = await owner.post("/v1/ip-ledger/licenses", json=body)
        assert (codes(answer) if answer.status_code != 201 else []) == codes_told, answer.text


@pytest.mark.requirement("A043")
@pytest.mark.refusing
async def test_a_cause_is_told_of_giving_up_alone_and_unpaid_fees_tell_theirs(
    ledger: Ledger,
) -> None:
    asset = await ledger.registered(
        number="202410000002.4", filed_on="2024-03-01", granted_on="2025-11-28"
    )
    for over in ({"cause": "unpaid"}, {"event": "maintain", "cause": "declared"}):
        answer = await given_up(ledger, asset["id"], 1, **over)
        assert (answer.status_code, codes(answer)) == (422, ["FIELD_INVALID"]), answer.text
    assert (await read(ledger, f"assets/{asset['id']}"))["version"] == 1
    gone = await lapsed(ledger)
    assert (await read(ledger, f"assets/{gone}"))["abandon_cause"] == "unpaid"
    ledger.service.set_clock("2027-09-03T02:00:00+00:00")
    assert (await restored(ledger, gone, decision())).status_code == 201
    assert (await read(ledger, f"assets/{gone}"))["abandon_cause"] is None


@pytest.mark.requirement("A043")
async def test_a_standing_right_and_one_that_is_no_patent_do_not_come_back(ledger: Ledger) -> None:
    asset_id = await right(ledger)
    body = decision(
        counted_from="2026-01-12", requested_on="2026-01-15", decided_on="2026-01-19", payments=[]
    )
    answer = await restored(ledger, asset_id, body)
    assert (answer.status_code, codes(answer)) == (409, ["STATE_CONFLICT"])


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("ground", "counted_from", "requested_on", "passes"),
    [
        # Two months after the notice: 2027-08-10, a Tuesday.
        (RestorationGround.JUSTIFIED, date(2027, 6, 10), date(2027, 8, 10), True),
        (RestorationGround.JUSTIFIED, date(2027, 6, 10), date(2027, 8, 11), False),
        # 2027-08-14 is a Saturday: the term ends with the Monday after it.
        (RestorationGround.JUSTIFIED, date(2027, 6, 14), date(2027, 8, 16), True),
        (RestorationGround.JUSTIFIED, date(2027, 6, 14), date(2027, 8, 17), False),
        # Of force majeure also two years after the term that was missed, 2029-05-04.
        (RestorationGround.FORCE_MAJEURE, date(2029, 4, 20), date(2029, 5, 4), True),
        (RestorationGround.FORCE_MAJEURE, date(2029, 4, 20), date(2029, 5, 7), False),
        (RestorationGround.JUSTIFIED, date(2029, 4, 20), date(2029, 5, 7), True),
    ],
)
def test_restoring_is_asked_for_in_time(
    ground: RestorationGround, counted_from: date, requested_on: date, passes: bool
) -> None:
    one = Restoration(
        ground, counted_from, requested_on, date(2029, 6, 1), "1", 0, uuid4(), (), (uuid4(),)
    )
    lost = Lost(
        AssetKind.INVENTION, "CN", State.ABANDONED, State.GRANTED, date(2026, 11, 2),
        date(2027, 5, 4), date(2043, 11, 1),
    )  # fmt: skip
    checks = restoration_checks(one, lost, [], WorkingDays(), date(2029, 6, 2))
    assert failed_codes(checks) == ([] if passes else ["RESTORATION_TOO_LATE"])
    foreign = Lost(
        AssetKind.INVENTION, "DE", State.ABANDONED, State.GRANTED, date(2026, 11, 2),
        date(2027, 5, 4), date(2029, 5, 31),
    )  # fmt: skip
    checks = restoration_checks(one, foreign, [], WorkingDays(), date(2029, 6, 2))
    assert failed_codes(checks) == ["RIGHT_EXPIRED"]
