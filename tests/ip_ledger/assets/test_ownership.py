"""Who owns an asset on any day, as known at any instant; and who must consent to a change."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.ip_ledger.conftest import Ledger, codes, figures

pytestmark = pytest.mark.anyio
ASSETS = "/v1/ip-ledger/assets"
ALL = ("m04", "m09", "c03")


async def on(ledger: Ledger, asset_id: str, **params: str) -> dict[str, int] | None:
    async with ledger.member("m04") as client:
        answer = await client.get(f"{ASSETS}/{asset_id}/ownership", params=params)
    if answer.status_code == 404:
        return None
    assert answer.status_code == 200, answer.text
    names = {str(org): name for name, org in ledger.org.items()}
    return {names[share["owner_id"]]: share["ppm"] for share in answer.json()["shares"]}


@pytest.mark.requirement("A084", "A086")
async def test_thirds_are_owned_to_the_last_ppm(ledger: Ledger) -> None:
    asset = await ledger.registered()
    written = await ledger.owned(asset["id"], m04=333_333, m09=333_333, c03=333_334, consents=ALL)
    assert written.status_code == 201, written.text
    assert written.headers["etag"] == '"2"'
    assert written.json()["valid_until"] is None
    assert await on(ledger, asset["id"]) == {"m04": 333_333, "m09": 333_333, "c03": 333_334}
    assert await on(ledger, asset["id"], on="2025-12-31") is None


@pytest.mark.requirement("A086")
@pytest.mark.refusing
async def test_shares_of_999900_are_refused(ledger: Ledger) -> None:
    asset = await ledger.registered()
    answer = await ledger.owned(asset["id"], m04=333_300, m09=333_300, c03=333_300, consents=ALL)
    assert (answer.status_code, codes(answer)) == (422, ["SHARES_NOT_100"])
    assert figures(answer, "SHARES_NOT_100") == {"sum_ppm": 999_900}


@pytest.mark.requirement("A086")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("ppm", "code"),
    [(0, "FIELD_INVALID"), (-1, "FIELD_INVALID"), (333333.3, "SHARES_PRECISION")],
)
async def test_a_share_is_a_positive_integer(ledger: Ledger, ppm: Any, code: str) -> None:
    asset = await ledger.registered()
    answer = await ledger.owned(asset["id"], m04=1_000_000, m09=ppm, consents=ALL)
    assert (answer.status_code, codes(answer)) == (422, [code])


@pytest.mark.requirement("A086")
@pytest.mark.refusing
async def test_nobody_owns_before_the_asset_exists(ledger: Ledger) -> None:
    asset = await ledger.registered()
    answer = await ledger.owned(asset["id"], valid_from="2023-11-01", m04=1_000_000, consents=ALL)
    assert (answer.status_code, codes(answer)) == (422, ["BEFORE_ASSET"])


@pytest.mark.requirement("A084")
@pytest.mark.refusing
async def test_a_first_registration_needs_everybody_concerned(ledger: Ledger) -> None:
    asset = await ledger.registered(inventors=[{"name": "甲", "org_id": str(ledger.org["m09"])}])
    answer = await ledger.owned(asset["id"], m04=600_000, c03=400_000)
    assert (answer.status_code, codes(answer)) == (409, ["CONSENT_MISSING"])
    missing = [str(ledger.org[name]) for name in ("c03", "m09")]
    assert figures(answer, "CONSENT_MISSING") == {"orgs": missing, "decided_by": "law"}


@pytest.mark.requirement("A084")
async def test_the_agreement_attributes_without_further_consent(ledger: Ledger) -> None:
    shares = {
        "shares": [
            {"org_id": str(ledger.org[name]), "ppm": ppm}
            for name, ppm in (("m04", 400_000), ("m09", 350_000), ("c03", 250_000))
        ]
    }
    signed = await ledger.signed(*ALL, attribution_rule=shares)
    asset = await ledger.registered()
    other = await ledger.owned(asset["id"], by="m09", m04=400_000, m09=600_000)
    assert (other.status_code, codes(other)) == (409, ["CONSENT_MISSING"])
    written = await ledger.owned(asset["id"], by="m09", m04=400_000, m09=350_000, c03=250_000)
    assert written.status_code == 201, written.text
    assert written.json()["decided_by"] == "agreement"
    assert written.json()["agreement_id"] == signed["id"]


@pytest.mark.requirement("A084")
@pytest.mark.refusing
async def test_a_change_needs_every_owner_until_now(ledger: Ledger) -> None:
    asset = await ledger.registered()
    await ledger.owned(asset["id"], m04=400_000, m09=350_000, c03=250_000, consents=ALL)
    change: dict[str, Any] = {
        "version": 2, "valid_from": "2026-01-15", "cause": "assignment", "m09": 1_000_000,
    }  # fmt: skip
    answer = await ledger.owned(asset["id"], **change, consents=("m04",))
    assert (answer.status_code, codes(answer)) == (409, ["CONSENT_MISSING"])
    missing = [str(ledger.org[name]) for name in ("m09", "c03")]
    assert figures(answer, "CONSENT_MISSING")["orgs"] == missing
    stranger = await ledger.owned(asset["id"], by="m08", **change, consents=ALL)
    assert (stranger.status_code, codes(stranger)) == (403, ["FORBIDDEN_SCOPE"])
    written = await ledger.owned(asset["id"], **change, consents=("m09", "c03"))
    assert written.status_code == 201, written.text
    assert await on(ledger, asset["id"], on="2026-01-14") == {
        "m04": 400_000, "m09": 350_000, "c03": 250_000,
    }  # fmt: skip
    assert await on(ledger, asset["id"], on="2026-01-15") == {"m09": 1_000_000}


@pytest.mark.requirement("A053")
async def test_a_trustee_releases_only_by_his_own_word(ledger: Ledger) -> None:
    asset = await ledger.registered(
        by="m03", center_id=str(ledger.center["c08"]), kind="know_how", number=None,
        filed_on=None, trustee_org=str(ledger.org["m03"]),
    )  # fmt: skip
    release: dict[str, Any] = {"by": "m03", "cause": "trust_release", "m23": 1_000_000}
    answer = await ledger.owned(asset["id"], **release)
    assert (answer.status_code, codes(answer)) == (409, ["CONSENT_MISSING"])
    written = await ledger.owned(asset["id"], **release, consents=("m03",))
    assert written.status_code == 201, written.text


@pytest.mark.requirement("A053")
@pytest.mark.refusing
async def test_a_consortium_cannot_own(ledger: Ledger) -> None:
    asset = await ledger.registered(
        by="m03", center_id=str(ledger.center["c08"]), kind="know_how", number=None,
        filed_on=None, trustee_org=str(ledger.org["m03"]),
    )  # fmt: skip
    ledger.org["c08"] = ledger.center["c08"]
    answer = await ledger.owned(asset["id"], by="m03", c08=1_000_000, consents=("c08",))
    assert (answer.status_code, codes(answer)) == (409, ["CONSORTIUM_NOT_REGISTERED"])


@pytest.mark.requirement("A084", "A086")
async def test_a_centre_owns_through_its_legal_entity(ledger: Ledger) -> None:
    asset = await ledger.registered()
    ledger.org["centre"] = ledger.center["c03"]
    written = await ledger.owned(asset["id"], by="c03", centre=1_000_000)
    assert written.status_code == 201, written.text
    assert written.json()["shares"][0]["owner_id"] == str(ledger.org["c03"])


@pytest.mark.requirement("A086", "X07")
async def test_a_late_correction_changes_what_is_known_and_not_what_was(ledger: Ledger) -> None:
    asset = await ledger.registered()
    await ledger.owned(asset["id"], m04=1_000_000, consents=ALL)
    await ledger.owned(asset["id"], version=2, valid_from="2026-01-10", m09=1_000_000, consents=ALL)
    ledger.service.set_clock("2026-02-01T02:00:00+00:00")
    await ledger.owned(
        asset["id"], version=3, valid_from="2026-01-05", m04=500_000, c03=500_000,
        consents=ALL, cause="correction",
    )  # fmt: skip
    halves = {"m04": 500_000, "c03": 500_000}
    assert await on(ledger, asset["id"], on="2026-01-07") == halves
    assert await on(ledger, asset["id"], on="2026-01-07", as_of="2026-01-31") == {"m04": 1_000_000}
    assert await on(ledger, asset["id"], on="2026-01-04") == {"m04": 1_000_000}
    assert await on(ledger, asset["id"], on="2026-01-10") == {"m09": 1_000_000}
    async with ledger.member("m04") as client:
        path = f"{ASSETS}/{asset['id']}/ownership-versions"
        known = (await client.get(path)).json()["items"]
        everything = (await client.get(path, params={"history": "all"})).json()["items"]
    assert [(one["valid_from"], one["valid_until"]) for one in known] == [
        ("2026-01-10", None),
        ("2026-01-01", "2026-01-04"),
        ("2026-01-05", "2026-01-09"),
    ]
    assert len(everything) == 5
    assert len({one["origin_id"] for one in known}) == 3


@pytest.mark.requirement("X06")
async def test_one_of_many_concurrent_changes_wins(ledger: Ledger) -> None:
    asset = await ledger.registered()
    await ledger.owned(asset["id"], m04=1_000_000, consents=ALL)
    answers = await asyncio.gather(
        *(
            ledger.owned(
                asset["id"], version=2, valid_from="2026-01-10", m09=1_000_000, consents=ALL
            )
            for _ in range(6)
        )
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201, 412, 412, 412, 412, 412]


@pytest.mark.requirement("X06")
@pytest.mark.refusing
async def test_a_change_without_if_match_is_refused(ledger: Ledger) -> None:
    asset = await ledger.registered()
    async with ledger.member("m04") as client:
        answer = await client.post(
            f"{ASSETS}/{asset['id']}/ownership",
            json={
                "valid_from": "2026-01-01", "cause": "attribution",
                "shares": ledger.shares(m04=1_000_000), "consents": [],
            },
        )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (428, "PRECONDITION_REQUIRED")


@pytest.mark.requirement("A086", "X07")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ownership_version SET known_during = tstzrange(lower(known_during), now())",
        "UPDATE ownership_version SET cause = 'x'",
        "DELETE FROM ownership_version",
        "UPDATE ownership_line SET ppm = 1",
        "DELETE FROM ownership_line",
        "INSERT INTO ownership_line SELECT version_id, gen_random_uuid(), 5 FROM ownership_line",
    ],
)
async def test_the_database_itself_keeps_what_was_known(ledger: Ledger, statement: str) -> None:
    asset = await ledger.registered()
    await ledger.owned(asset["id"], m04=1_000_000, consents=ALL)

    async def meddle() -> None:
        async with ledger.sessions.begin() as session:
            await session.execute(text(statement))

    with pytest.raises(DBAPIError):
        await meddle()


@pytest.mark.requirement("X07")
async def test_every_version_is_a_record_of_the_log(ledger: Ledger) -> None:
    asset = await ledger.registered()
    written = await ledger.owned(asset["id"], m04=1_000_000, consents=ALL)
    async with ledger.sessions.reading() as session:
        rows = (
            await session.execute(text("SELECT id, kind, reader_org_ids FROM log_record"))
        ).all()
    assert [(str(row.id), row.kind) for row in rows] == [
        (written.json()["id"], "ownership_version")
    ]
    assert rows[0].reader_org_ids == [ledger.org["m04"]]
