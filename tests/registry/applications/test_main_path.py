"""From the draft to the listing, over HTTP."""

import pytest

from tests.fixtures.service import event_types
from tests.registry.applications.cases import Case

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("A117", "A122", "A160")
async def test_a_draft_becomes_a_listed_centre(case: Case) -> None:
    drafted = await case.draft()
    assert (drafted.status_code, drafted.json()["state"]) == (201, "draft"), drafted.text
    await case.join("M02", "M03", "M08", "M20")
    await case.fill()
    readiness = await case.readiness(case.member("M01"))
    failed = [check for check in readiness["checks"] if not check["passed"]]
    assert readiness["ready"], failed
    assert (readiness["next_step"], readiness["who_acts"]) == ("submit", "member")

    submitted = await case.submit()
    assert submitted.status_code == 200, submitted.text
    assert submitted.json()["state"] == "submitted"
    assert submitted.json()["receipt_no"] == "SQ202600001"
    assert len(submitted.json()["snapshot_hash"]) == 64

    accepted = await case.accept()
    assert (accepted.status_code, accepted.json()["state"]) == (201, "accepted"), accepted.text

    case.agreement()
    case.evaluated()
    recommended = await case.recommend()
    assert recommended.status_code == 201, recommended.text
    assert recommended.json()["state"] == "commission_review"

    case.registry.set_clock("2026-03-02T02:00:00+00:00")
    notice = await case.notice()
    assert notice.status_code == 201, notice.text
    assert notice.json()["closes_on"] == "2026-03-09"

    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    approved = await case.approve()
    assert approved.status_code == 200, approved.text
    assert (approved.json()["state"], approved.json()["center_code"]) == ("listed", "C01")

    center = await case.call(
        case.registry.client("member", org_id=case.orgs["M04"]),
        "GET",
        f"/v1/registry/centers/{case.center_id}",
    )
    assert center.json()["stage"] == "preparing"
    assert center.json()["listed_on"] == "2026-03-10"
    names = await event_types(case.registry.sessions)
    assert [name for name in names if name.startswith("application.")] == [
        "application.drafted",
        *["application.profile_set"] * 3,
        "application.technology_added",
        *["application.material_filed"] * 10,
        "application.submitted",
        "application.accepted",
        "application.panel_formed",
        "application.reviewed",
        "application.visited",
        "application.recommended",
        "application.noticed",
        "application.approved",
        "application.listed",
    ]
    assert names.count("center.listed") == names.count("notice.opened") == 1
