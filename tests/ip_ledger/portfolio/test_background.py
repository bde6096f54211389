"""Rights that members bring in: declared by their owners, licensed to the centre."""

from typing import Any

import httpx
import pytest

from ip_ledger.contracts.rules import State
from ip_ledger.portfolio import rules
from ip_ledger.portfolio.rules import InLicense
from shared.database import new_id
from shared.rules import failed_codes
from tests.ip_ledger.conftest import Ledger, codes

RIGHTS = "/v1/ip-ledger/background-rights"
ASSET, MEMBER, CENTER, OTHER = (new_id() for _ in range(4))


@pytest.mark.parametrize(
    ("license_", "expected"),
    [
        (InLicense(ASSET, MEMBER, CENTER, State.SIGNED), []),
        (InLicense(ASSET, MEMBER, CENTER, State.PERFORMING), []),
        (InLicense(ASSET, MEMBER, CENTER, State.CONSENT_PENDING), ["STATE_CONFLICT"]),
        (InLicense(ASSET, MEMBER, CENTER, State.TERMINATED), ["STATE_CONFLICT"]),
        (InLicense(OTHER, MEMBER, CENTER, State.SIGNED), ["LICENSE_MISMATCH"]),
        (InLicense(ASSET, OTHER, CENTER, State.SIGNED), ["LICENSE_MISMATCH"]),
        (InLicense(ASSET, MEMBER, OTHER, State.SIGNED), ["LICENSE_MISMATCH"]),
        (InLicense(ASSET, MEMBER, None, State.SIGNED), ["LICENSE_MISMATCH"]),
    ],
)
def test_only_a_standing_license_to_the_centre_will_do(
    license_: InLicense, expected: list[str]
) -> None:
    checks = rules.in_license_checks(license_, ASSET, MEMBER, CENTER)
    assert failed_codes(checks) == expected


async def brought_in(ledger: Ledger, **over: Any) -> str:
    asset = await ledger.registered(by="m09", background=True, **over)
    owned = await ledger.owned(asset["id"], by="m09", m09=1_000_000, consents=("m09",))
    assert owned.status_code == 201, owned.text
    found: str = asset["id"]
    return found


async def declared(ledger: Ledger, asset_id: str, by: str = "m09") -> httpx.Response:
    body = {"asset_id": asset_id, "scope": "共性技术研发", "restrictions": "不得再许可"}
    async with ledger.member(by) as client:
        return await client.post(RIGHTS, json=body)


async def licensed(ledger: Ledger, asset_id: str, to: str) -> str:
    body = {
        "asset_id": asset_id, "licensor_id": str(ledger.org["m09"]),
        "licensee_org_id": str(ledger.org[to]), "type": "ordinary", "territory": "CN",
        "effective_on": "2026-01-20", "term_until": "2026-06-30",
    }  # fmt: skip
    async with ledger.member("m09") as client:
        answer = await client.post("/v1/ip-ledger/licenses", json=body)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


async def named(ledger: Ledger, right_id: str, license_id: str, version: int) -> httpx.Response:
    async with ledger.member("m09") as client:
        return await client.post(
            f"{RIGHTS}/{right_id}/license",
            json={"license_id": license_id}, headers={"If-Match": f'"{version}"'},
        )  # fmt: skip


@pytest.mark.anyio
@pytest.mark.requirement("A088")
async def test_a_right_is_declared_licensed_and_shown_as_such_for_its_term(ledger: Ledger) -> None:
    asset_id = await brought_in(ledger)
    answer = await declared(ledger, asset_id)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["licensed"], answer.json()["version"]) == (False, 1)
    license_id = await licensed(ledger, asset_id, "c03")
    done = await named(ledger, answer.json()["id"], license_id, 1)
    assert (done.status_code, done.json()["licensed"]) == (200, True)
    path = f"{RIGHTS}?center_id={ledger.center['c03']}"
    async with ledger.member("m08") as member:
        assert [one["licensed"] for one in (await member.get(path)).json()["items"]] == [True]
        ledger.service.set_clock("2026-07-01T02:00:00+00:00")
        assert [one["licensed"] for one in (await member.get(path)).json()["items"]] == [False]
    async with ledger.member("m01") as stranger:
        assert (await stranger.get(RIGHTS)).json()["items"] == []


@pytest.mark.anyio
@pytest.mark.requirement("A088")
@pytest.mark.refusing
async def test_only_an_owner_declares_and_only_what_was_brought_in(ledger: Ledger) -> None:
    asset_id = await brought_in(ledger)
    answer = await declared(ledger, asset_id, by="m04")
    assert (answer.status_code, codes(answer)) == (403, ["FORBIDDEN_SCOPE"])
    assert (await declared(ledger, asset_id, by="m01")).status_code == 404
    made = await declared(ledger, asset_id)
    twice = await declared(ledger, asset_id)
    assert (twice.status_code, codes(twice)) == (409, ["ALREADY_EXISTS"])
    wrong = await licensed(ledger, asset_id, "m08")
    answer = await named(ledger, made.json()["id"], wrong, 1)
    assert (answer.status_code, codes(answer)) == (409, ["LICENSE_MISMATCH"])
    right = await licensed(ledger, asset_id, "c03")
    answer = await named(ledger, made.json()["id"], right, 2)
    assert (answer.status_code, codes(answer)) == (412, ["VERSION_CONFLICT"])


@pytest.mark.anyio
@pytest.mark.requirement("A088")
@pytest.mark.refusing
async def test_a_result_of_the_centre_is_no_background(ledger: Ledger) -> None:
    asset = await ledger.registered()
    await ledger.owned(asset["id"], m04=1_000_000, consents=("m04",))
    answer = await declared(ledger, asset["id"], by="m04")
    assert (answer.status_code, codes(answer)) == (409, ["NOT_BACKGROUND"])
