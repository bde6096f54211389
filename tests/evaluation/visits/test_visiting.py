"""A visit is reported after the review and counts with two signatures under the same report."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import col, select

from evaluation.visits.rules import VisitEvidence, evidence_checks
from shared.database import new_id
from shared.events.tables import Event
from tests.evaluation.reviewing import FIVE, TODAY, Reviewing, codes_of
from tests.fixtures.service import event_types

pytestmark = pytest.mark.anyio
VISITORS = ("ex04", "ex05", "ex07")


async def report(review: Reviewing, codes: Sequence[str] = VISITORS, **over: Any) -> httpx.Response:
    body = {
        "subject_type": "application",
        "subject_id": str(review.application_id),
        "visited_on": "2026-02-01",
        "expert_ids": [str(review.expert_ids[code]) for code in codes],
        "report_file_id": str(review.report_id),
        **over,
    }
    async with review.handler as handler:
        return await handler.post("/v1/evaluation/site-visits", json=body)


async def scored(review: Reviewing) -> None:
    """Form the panel and bring its sheets in, some days before the visit."""
    review.service.set_clock("2026-01-29T02:00:00+00:00")
    await review.reviewed(FIVE)
    review.service.set_clock(TODAY)


async def reported(review: Reviewing) -> str:
    await scored(review)
    answer = await report(review)
    assert answer.status_code == 201, answer.text
    visit: str = answer.json()["id"]
    return visit


async def sign(review: Reviewing, code: str, visit: str, **body: Any) -> httpx.Response:
    async with review.expert(code) as expert:
        return await expert.post(f"/v1/evaluation/site-visits/{visit}/signatures", json=body)


async def signed_events(review: Reviewing) -> list[dict[str, Any]]:
    async with review.service.sessions.reading() as session:
        statement = select(Event.data).where(col(Event.type) == "site_visit.signed")
        return list(await session.scalars(statement))


@pytest.mark.requirement("A118", "A121")
async def test_the_second_signature_completes_the_visit_and_the_third_only_adds(
    review: Reviewing,
) -> None:
    visit = await reported(review)
    first = await sign(review, "ex04", visit)
    assert (first.status_code, first.json()["state"]) == (201, "reported")
    second = await sign(review, "ex05", visit, hash=first.json()["hash"])
    assert second.json()["state"] == "signed"
    third = await sign(review, "ex07", visit)
    assert len(third.json()["signatures"]) == 3
    assert third.json()["reported_at"] <= third.json()["signatures"][0]["signed_at"]

    events = await signed_events(review)
    assert [event["signatures"] for event in events] == [2]
    assert events[0]["signers"] == [str(review.people["ex04"]), str(review.people["ex05"])]
    assert "site_visit.changed" not in await event_types(review.service.sessions)
    told = (await review.standing())["site_visit"]
    assert (told["signatures"], told["state"], told["hash"]) == (3, "signed", events[0]["hash"])


async def test_a_signature_needs_no_body(review: Reviewing) -> None:
    visit = await reported(review)
    async with review.expert("ex04") as expert:
        answer = await expert.post(f"/v1/evaluation/site-visits/{visit}/signatures")

    assert answer.status_code == 201, answer.text


@pytest.mark.requirement("A118")
@pytest.mark.refusing
async def test_a_visit_before_the_review_is_finished_is_refused(review: Reviewing) -> None:
    assert (await report(review)).status_code == 404
    await review.formed()

    answer = await report(review, visited_on="2026-02-02")

    assert answer.status_code == 409
    assert codes_of(answer) == ["REVIEW_MISSING"]


@pytest.mark.requirement("A121", "X08")
@pytest.mark.refusing
async def test_a_visit_without_enough_or_with_tied_experts_is_refused(review: Reviewing) -> None:
    await scored(review)

    early = await report(review, visited_on="2026-01-28")
    assert codes_of(early) == ["FIELD_INVALID"], "the panel was formed a day later"
    assert early.json()["errors"][0]["pointer"] == "/visited_on"

    answer = await report(
        review,
        ("ex03",),
        visited_on="2026-02-03",
        report_file_id=review.strange_file(),
    )

    assert answer.status_code == 422
    assert codes_of(answer) == [
        "VISIT_EXPERTS_TOO_FEW",
        "COI_CURRENT_ORG",
        "DAY_IN_FUTURE",
        "FILE_UNKNOWN",
    ]


@pytest.mark.requirement("A121")
@pytest.mark.refusing
async def test_an_expert_signs_once_and_only_his_own_visit(review: Reviewing) -> None:
    visit = await reported(review)
    await sign(review, "ex04", visit)

    assert codes_of(await sign(review, "ex04", visit)) == ["STATE_CONFLICT"]
    assert (await sign(review, "ex09", visit)).status_code == 404
    async with review.member() as member:
        assert (await member.get(f"/v1/evaluation/site-visits/{visit}")).status_code == 404


async def test_a_visit_is_reported_once(review: Reviewing) -> None:
    await reported(review)

    assert codes_of(await report(review)) == ["STATE_CONFLICT"]


@pytest.mark.requirement("X06", "A121")
@pytest.mark.refusing
async def test_a_changed_report_must_be_signed_again(review: Reviewing) -> None:
    visit = await reported(review)
    old = (await sign(review, "ex04", visit)).json()["hash"]
    await sign(review, "ex05", visit)
    path = f"/v1/evaluation/site-visits/{visit}"
    async with review.handler as handler:
        blind = await handler.patch(path, json={"visited_on": "2026-01-30"})
        stale = await handler.patch(
            path, json={"visited_on": "2026-01-30"}, headers={"If-Match": '"7"'}
        )
        same = await handler.patch(
            path, json={"visited_on": "2026-02-01"}, headers={"If-Match": '"1"'}
        )
        changed = await handler.patch(
            path, json={"visited_on": "2026-01-30"}, headers={"If-Match": '"1"'}
        )

    assert (blind.status_code, stale.status_code) == (428, 412)
    assert (same.json()["version"], same.json()["state"]) == (1, "signed")
    assert changed.json()["version"] == 2
    assert (changed.json()["state"], changed.json()["signatures"]) == ("reported", [])
    assert (await event_types(review.service.sessions)).count("site_visit.changed") == 1
    assert codes_of(await sign(review, "ex04", visit, hash=old)) == ["TEXT_HASH_MISMATCH"]
    assert (await sign(review, "ex04", visit)).status_code == 201
    assert (await sign(review, "ex05", visit)).json()["state"] == "signed"


async def test_two_signatures_at_once_complete_the_visit_once(review: Reviewing) -> None:
    visit = await reported(review)

    answers = await asyncio.gather(*(sign(review, code, visit) for code in VISITORS))

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert [event["signatures"] for event in await signed_events(review)] == [2]


# --- days away ------------------------------------------------------------------------------


async def away(review: Reviewing, code: str, from_on: str, until_on: str) -> httpx.Response:
    body = {"kind": "travel", "from_on": from_on, "until_on": until_on}
    async with review.handler as handler:
        path = f"/v1/evaluation/experts/{review.expert_ids[code]}/absences"
        return await handler.post(path, json=body)


@pytest.mark.requirement("A118", "A119")
@pytest.mark.refusing
@pytest.mark.parametrize(("from_on", "until_on", "there"), [
    ("2026-02-02", "2026-02-09", True),
    ("2026-02-01", "2026-02-09", False),
    ("2026-01-20", "2026-02-02", False),
])  # fmt: skip
async def test_who_was_away_on_the_day_did_not_go(
    review: Reviewing, from_on: str, until_on: str, there: bool
) -> None:
    await scored(review)
    assert (await away(review, "ex05", from_on, until_on)).status_code == 201

    answer = await report(review)

    if there:
        assert answer.status_code == 201, answer.text
        return
    assert (answer.status_code, codes_of(answer)) == (422, ["EXPERT_AWAY"])
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/expert_ids/1"
    assert (error["params"]["work_from"], error["params"]["work_until"]) == ("2026-02-01",) * 2
    # Without him two are left, who are enough, and nothing of the first try is in the way.
    assert (await report(review, ("ex04", "ex07"))).status_code == 201


@pytest.mark.requirement("A118", "A119")
@pytest.mark.refusing
async def test_an_absence_that_ended_before_the_visit_keeps_nobody_from_it(
    review: Reviewing,
) -> None:
    await scored(review)
    told = (await away(review, "ex05", "2026-01-20", "2026-02-09")).json()
    async with review.expert("ex05") as expert:
        path = f"/v1/evaluation/experts/{review.expert_ids['ex05']}/absences/{told['id']}/end"
        assert (await expert.post(path, json={"until_on": "2026-01-31"})).status_code == 200

    assert (await report(review)).status_code == 201


@pytest.mark.requirement("A118", "A119")
@pytest.mark.refusing
async def test_a_report_is_not_moved_to_a_day_on_which_one_who_went_was_away(
    review: Reviewing,
) -> None:
    visit = await reported(review)
    # The day of the visit is not among these.
    assert (await away(review, "ex07", "2026-02-02", "2026-02-09")).status_code == 201
    review.service.set_clock("2026-02-10T02:00:00+00:00")
    path = f"/v1/evaluation/site-visits/{visit}"
    async with review.handler as handler:
        for day, status in (("2026-02-09", 422), ("2026-02-02", 422), ("2026-02-10", 200)):
            answer = await handler.patch(
                path, json={"visited_on": day}, headers={"If-Match": '"1"'}
            )
            assert answer.status_code == status, answer.text
            if status == 422:
                assert codes_of(answer) == ["EXPERT_AWAY"]


@pytest.mark.requirement("A119", "A121")
@pytest.mark.refusing
async def test_who_says_that_he_was_away_does_not_sign_and_who_signed_was_not_away(
    review: Reviewing,
) -> None:
    visit = await reported(review)
    assert (await away(review, "ex05", "2026-01-20", "2026-02-09")).status_code == 201
    refused = await sign(review, "ex05", visit)
    assert (refused.status_code, codes_of(refused)) == (422, ["EXPERT_AWAY"])

    assert (await sign(review, "ex04", visit)).status_code == 201
    late = await away(review, "ex04", "2026-02-01", "2026-02-09")
    assert (late.status_code, codes_of(late)) == (422, ["FIELD_INVALID"])
    assert late.json()["errors"][0]["params"]["given"] == ["2026-02-01"]
    assert (await away(review, "ex04", "2026-02-02", "2026-02-09")).status_code == 201


@pytest.mark.requirement("A119", "A121", "X03")
@pytest.mark.refusing
async def test_days_away_and_visits_of_two_accounts_are_one_person_s(review: Reviewing) -> None:
    await scored(review)
    async with review.handler as handler:
        added = await handler.post(
            f"/v1/evaluation/experts/{review.expert_ids['ex05']}/accounts",
            json={"person_id": str(review.people["ex06"])},
        )
    assert added.status_code == 201, added.text
    assert (await away(review, "ex06", "2026-02-01", "2026-02-09")).status_code == 201
    assert codes_of(await report(review)) == ["EXPERT_AWAY"]


@pytest.mark.requirement("A121", "X03")
@pytest.mark.refusing
async def test_who_handled_the_case_under_another_account_does_not_visit_nor_sign(
    review: Reviewing,
) -> None:
    other = new_id()
    review.case_people.append({"person_id": str(other), "capacity": "handler"})
    await scored(review)
    added = {"person_id": str(other)}
    path = f"/v1/evaluation/experts/{review.expert_ids['ex08']}/accounts"
    visitors = ("ex08", "ex02")
    # Before it is known whose account it is, he is named for the visit; then he does not sign.
    visit = (await report(review, visitors)).json()["id"]
    async with review.handler as handler:
        assert (await handler.post(path, json=added)).status_code == 201
    async with review.expert("ex08") as client:
        signed = await client.post(f"/v1/evaluation/site-visits/{visit}/signatures")
    assert (signed.status_code, codes_of(signed)) == (403, ["SOD_VIOLATION"])


@pytest.mark.requirement("A119", "A121")
@pytest.mark.refusing
async def test_of_a_signature_and_an_absence_over_its_day_one_is_refused(
    review: Reviewing,
) -> None:
    visit = await reported(review)
    signed, told = await asyncio.gather(
        sign(review, "ex05", visit), away(review, "ex05", "2026-01-20", "2026-02-09")
    )
    assert sorted((signed.status_code, told.status_code)) == [201, 422]


# --- what shows a visit ---------------------------------------------------------------------

NOW = datetime(2026, 2, 2, 2, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)


def seen(file_id: UUID = ONE, sha256: str | None = "ab" * 32, **over: Any) -> VisitEvidence:
    return VisitEvidence(file_id, sha256, **over)


@pytest.mark.requirement("A118")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("evidence", "pointers"),
    [
        ([], []),
        ([seen(), seen(TWO)], []),
        ([seen(), seen()], ["/evidence/1/file_id"]),
        ([seen(sha256=None)], ["/evidence/0/file_id"]),
        ([seen(taken_at=NOW)], []),
        ([seen(taken_at=NOW + timedelta(microseconds=1))], ["/evidence/0/taken_at"]),
        ([seen(latitude=Decimal(90), longitude=Decimal(-180))], []),
        ([seen(latitude=Decimal("90.000001"), longitude=Decimal(0))], ["/evidence/0/latitude"]),
        ([seen(latitude=Decimal(0), longitude=Decimal("-180.1"))], ["/evidence/0/longitude"]),
        ([seen(latitude=Decimal("31.2"))], ["/evidence/0/longitude"]),
        ([seen(longitude=Decimal("121.5"))], ["/evidence/0/latitude"]),
    ],
)
def test_a_picture_is_a_known_file_of_a_place_on_this_earth_and_of_no_time_to_come(
    evidence: list[VisitEvidence], pointers: list[str]
) -> None:
    failed = [one for one in evidence_checks(evidence, NOW) if not one.passed]
    assert [one.pointer for one in failed] == pointers


def photograph(review: Reviewing, **over: Any) -> dict[str, Any]:
    return {
        "file_id": str(review.report_id), "taken_at": "2026-02-01T06:30:00Z",
        "latitude": "31.230416", "longitude": "121.473701", **over,
    }  # fmt: skip


@pytest.mark.requirement("A118", "A121", "X06")
async def test_photographs_with_their_place_are_signed_with_the_report(review: Reviewing) -> None:
    await scored(review)
    answer = await report(review, evidence=[photograph(review)])
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["evidence"] == [photograph(review) | {"sha256": "ab" * 32}]
    path = f"/v1/evaluation/site-visits/{told['id']}"
    for code in ("ex04", "ex05"):
        assert (await sign(review, code, told["id"], hash=told["hash"])).status_code == 201
    # Other pictures are another report, which nobody has signed; the same ones change nothing.
    async with review.handler as handler:
        same = await handler.patch(
            path, json={"evidence": [photograph(review)]}, headers={"If-Match": '"1"'}
        )
        assert (same.json()["state"], same.json()["hash"]) == ("signed", told["hash"])
        moved = {"evidence": [photograph(review, latitude="31.230417")]}
        other = await handler.patch(path, json=moved, headers={"If-Match": '"1"'})
        assert (other.json()["state"], other.json()["signatures"]) == ("reported", [])
        none = await handler.patch(path, json={"evidence": []}, headers={"If-Match": '"2"'})
    assert none.json()["evidence"] == []
    assert len({told["hash"], other.json()["hash"], none.json()["hash"]}) == 3
    assert codes_of(await sign(review, "ex04", told["id"], hash=told["hash"])) == [
        "TEXT_HASH_MISMATCH"
    ]


@pytest.mark.requirement("A118")
@pytest.mark.refusing
async def test_what_no_picture_can_be_is_refused_at_the_report_and_at_its_change(
    review: Reviewing,
) -> None:
    await scored(review)
    bad = [
        photograph(review, file_id=review.strange_file()),
        photograph(review, taken_at="2026-02-02T02:05:00Z", longitude=None),
    ]
    refused = await report(review, evidence=bad)
    assert (refused.status_code, codes_of(refused)) == (
        422, ["FILE_UNKNOWN", "FIELD_INVALID", "FIELD_INVALID"],
    )  # fmt: skip
    visit = (await report(review)).json()
    async with review.handler as handler:
        path = f"/v1/evaluation/site-visits/{visit['id']}"
        late = await handler.patch(path, json={"evidence": bad}, headers={"If-Match": '"1"'})
        many = {"evidence": [photograph(review)] * 51}
        assert (
            await handler.patch(path, json=many, headers={"If-Match": '"1"'})
        ).status_code == 422
        kept = (await handler.get(path)).json()
    assert codes_of(late) == codes_of(refused)
    assert (kept["evidence"], kept["hash"], kept["version"]) == ([], visit["hash"], 1)
