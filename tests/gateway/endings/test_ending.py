"""Whatever ends an account, a factor or a person ends every session and token with it."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.gateway.accounts.test_signing_in import PASSWORD, House, house, invited

__all__ = ["house"]

pytestmark = pytest.mark.anyio
PEOPLE, ACCOUNTS, CLIENTS = (f"/v1/identity/{name}" for name in ("people", "accounts", "clients"))


async def struck(house: House, person_id: UUID | str | None = None) -> int:
    """Count how often all tokens of a person went on the list that every process follows."""
    async with house.gateway.sessions.reading() as session:
        found = await session.scalar(
            text("SELECT count(*) FROM revocation WHERE kind = 'person' AND value = :person"),
            {"person": str(person_id or house.person_id)},
        )
    return int(found or 0)


@pytest.mark.requirement("X02")
async def test_factors_passwords_and_accounts_take_along_what_they_opened(house: House) -> None:
    path = f"{ACCOUNTS}/{house.account['id']}"
    async with house.browser() as browser:

        async def opened() -> str:
            given = (await house.redeemed(await house.code(browser))).json()
            token: str = given["refresh_token"]
            return token

        async def over(token: str, times: int) -> bool:
            known = (await house.page(browser, prompt="none")).headers["location"]
            gone = (await house.refreshed(token)).status_code == 400
            return gone and "login_required" in known and await struck(house) == times

        token = await opened()
        assert await struck(house) == 0
        assert (await house.admin.delete(f"{path}/second-factors")).status_code == 204
        assert await over(token, 1)
        token = await opened()
        renewed = await house.admin.put(f"{path}/invitation")
        assert renewed.status_code == 200
        assert await over(token, 2)
        assert (await invited(browser, renewed.json(), PASSWORD)).status_code == 200
        assert await over(token, 2)
        token = await opened()
        assert (await house.admin.delete(path)).status_code == 204
        assert await over(token, 3)
        # Nor does a later account of the same person bring anything back.
        body = {"person_id": str(house.person_id), "login": "zhou.qiming"}
        assert (await house.admin.post(ACCOUNTS, json=body)).status_code == 201
        assert await over(token, 3)


@pytest.mark.refusing
@pytest.mark.requirement("X04")
async def test_nobody_takes_the_account_of_whoever_acts_for_another_as_well(house: House) -> None:
    other = uuid4()
    body = {"name": "另一家", "org_id": str(other), "person": {"id": str(house.person_id)}}
    assert (await house.admin.post(CLIENTS, json=body)).status_code == 201
    path = f"{ACCOUNTS}/{house.account['id']}"
    for org_id in (house.org_id, other):
        async with house.gateway.client("member", org_id=org_id) as colleague:
            # An invitation would let the one act for the other with a password of his choosing.
            assert (await colleague.put(f"{path}/invitation")).status_code == 404
            assert (await colleague.delete(path)).status_code == 404
            assert (await colleague.delete(f"{PEOPLE}/{house.person_id}")).status_code == 404
            assert (await colleague.get(ACCOUNTS)).json()["items"] == []
    assert not await struck(house)
    assert (await house.admin.put(f"{path}/invitation")).status_code == 200


async def standing_of(house: House, person_id: UUID | str) -> tuple[int, int, int]:
    """Count a person's open accounts, active programs, and roles held today or later."""
    today = house.gateway.app.state.clock.today()
    async with house.gateway.sessions.reading() as session:
        row = await session.execute(
            text(
                "SELECT (SELECT count(*) FROM account WHERE person_id = :p AND closed_at IS NULL),"
                " (SELECT count(*) FROM client WHERE person_id = :p AND deactivated_at IS NULL),"
                " (SELECT count(*) FROM role_grant WHERE person_id = :p"
                "  AND coalesce(granted_until, :day) >= :day)"
            ),
            {"p": UUID(str(person_id)), "day": today},
        )
        return tuple(row.one())


@pytest.mark.requirement("X02", "A160")
async def test_who_leaves_is_nothing_here_any_more_at_once(house: House) -> None:
    assert await standing_of(house, house.person_id) == (1, 1, 1)
    async with house.browser() as browser, house.gateway.client(
        "member", org_id=house.org_id
    ) as colleague:  # fmt: skip
        given = (await house.redeemed(await house.code(browser))).json()
        gone = await colleague.delete(f"{PEOPLE}/{house.person_id}")
        assert gone.status_code == 204, gone.text
        assert await standing_of(house, house.person_id) == (0, 0, 0)
        assert await struck(house)
        assert (await house.refreshed(given["refresh_token"])).status_code == 400
        assert (await house.enter(browser, "zhou.qiming", PASSWORD)).status_code == 401


async def official(house: House, *duties: str) -> dict[str, Any]:
    body = {
        "name": "经办", "person": {"name": "吴经办"}, "roles": ["official"], "duties": list(duties),
    }  # fmt: skip
    made: dict[str, Any] = (await house.admin.post(CLIENTS, json=body)).json()
    return made


@pytest.mark.refusing
@pytest.mark.requirement("A099", "X03")
async def test_whoever_lent_a_duty_takes_it_along_and_nobody_lends_what_is_lent(
    house: House,
) -> None:
    lender, borrower, other = [
        await official(house, duty) for duty in ("reviewer", "handler", "approver")
    ]
    today = house.gateway.app.state.clock.today().isoformat()
    lent = {
        "person_id": borrower["sub"], "duties": ["reviewer"], "first_on": today, "until_on": today,
        "lent": True, "reason": "出差",
    }  # fmt: skip
    grants = "/v1/identity/duty-grants"
    async with (
        house.gateway.client("reviewer", sub=lender["sub"]) as lending,
        house.gateway.client("official", "handler", "reviewer", sub=borrower["sub"]) as borrowing,
    ):
        made = await lending.post(grants, json=lent)
        assert made.status_code == 201, made.text
        agreed = await house.admin.post(f"{grants}/{made.json()['id']}/confirm")
        assert agreed.status_code == 200, agreed.text
        onwards = await borrowing.post(grants, json=lent | {"person_id": other["sub"]})
        assert (onwards.status_code, onwards.json()["code"]) == (403, "FORBIDDEN_SCOPE")
        assert (await standing_of(house, borrower["sub"]))[2] == 3
        assert (await house.admin.delete(f"{PEOPLE}/{lender['sub']}")).status_code == 204
    assert (await standing_of(house, borrower["sub"]))[2] == 2
    assert await struck(house, borrower["sub"])
    [ended] = (await house.admin.get(grants)).json()["items"]
    assert ended["state"] == "ended"
    await the_last_admin_stays(house)


async def the_last_admin_stays(house: House) -> None:
    await official(house, "admin")
    async with house.gateway.sessions.reading() as session:
        found = await session.scalars(
            text("SELECT DISTINCT person_id FROM role_grant WHERE capacity = 'admin'"
                 " AND org_id IS NULL AND granted_until IS NULL")
        )  # fmt: skip
        *others, last = list(found)
    assert others
    for person_id in others:
        assert (await house.admin.delete(f"{PEOPLE}/{person_id}")).status_code == 204
    stays = await house.admin.delete(f"{PEOPLE}/{last}")
    assert (stays.status_code, stays.json()["code"]) == (409, "ADMINS_TOO_FEW")
    assert (await standing_of(house, last))[2] > 0
