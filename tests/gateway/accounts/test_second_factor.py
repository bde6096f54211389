"""Officials show a second factor: enrolling it, using it, losing it, and guessing it in vain."""

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from gateway.factors import actions, rules
from tests.gateway.accounts.house import PASSWORD, App, allowed, onwards, second, with_official
from tests.gateway.accounts.test_signing_in import House, answered, claims_of, house

__all__ = ["house"]

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 28, 8, 0, 15, tzinfo=UTC)
# RFC 6238, appendix B, for SHA-1; of its eight digits an app shows six.
SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")],
)  # fmt: skip
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert actions.code_of(SECRET, seconds // 30) == code


@pytest.mark.parametrize(
    ("seconds", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_a_clock_may_be_one_step_off(seconds: int, taken: bool) -> None:
    codes = {step: actions.code_of(SECRET, step) for step in rules.steps_around(NOW)}
    shown = actions.code_of(SECRET, rules.step_at(NOW + timedelta(seconds=seconds)))
    assert (rules.matching_step(codes, shown, 0) is not None) is taken


@pytest.mark.refusing
def test_a_used_code_and_every_older_one_are_refused() -> None:
    codes = {step: actions.code_of(SECRET, step) for step in rules.steps_around(NOW)}
    now = rules.step_at(NOW)
    assert rules.matching_step(codes, codes[now], now - 1) == now
    assert rules.matching_step(codes, codes[now], now) is None
    assert rules.matching_step(codes, codes[now - 1], now) is None
    assert rules.matching_step(codes, codes[now + 1], now) == now + 1


@pytest.mark.refusing
@pytest.mark.parametrize("given", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34 5"])
def test_what_is_no_code_matches_nothing(given: str) -> None:
    codes = {1: "", 2: "123456"}
    assert rules.matching_step(codes, given, 0) is None


def test_officials_need_a_second_factor_and_members_may_do_without() -> None:
    assert rules.is_required({"official", "handler"}, of_officials=True)
    assert not rules.is_required({"member", "expert"}, of_officials=True)
    assert not rules.is_required({"official"}, of_officials=False)


async def enrolled(
    house: House, browser: httpx.AsyncClient, account: dict[str, Any]
) -> tuple[App, list[str], httpx.Response]:
    """Enrol an app; give it, the recovery codes, and the page that showed them."""
    asked = await house.enter(browser, account["login"], PASSWORD)
    assert (asked.status_code, "<code>" in asked.text) == (200, False)
    shown = await allowed(house, browser, asked, account["enrolment_code"])
    assert shown.status_code == 200, shown.text
    assert "data:image/svg+xml" in shown.text
    assert "zhichuang_session" not in shown.headers.get("set-cookie", "")
    app = App(shown.text)
    done = await second(house, browser, shown, app.code(time.time()))
    assert done.status_code == 200, done.text
    codes = re.findall(r"<li><code>([A-Z2-7-]+)</code></li>", done.text)
    assert len(codes) == 10
    return app, codes, done


async def made_older(house: House) -> None:
    """Let the next step of every app begin now, instead of waiting for it."""
    async with house.gateway.sessions.begin() as session:
        await session.execute(text("UPDATE totp_factor SET last_step = last_step - 2"))


@pytest.mark.requirement("X02", "A099")
async def test_an_official_enrols_at_the_first_sign_in_and_shows_a_code_at_the_next(
    house: House,
) -> None:
    account = await with_official(house)
    async with house.browser() as browser:
        app, _, done = await enrolled(house, browser, account)
        sent = await onwards(house, browser, done)
        given = (await house.redeemed(answered(sent)["code"])).json()
        claims = await claims_of(house.gateway, given["access_token"])
        assert (claims["sub"], claims["duties"]) == (account["person_id"], ["handler"])
    await made_older(house)
    async with house.browser() as browser:
        shown = await house.enter(browser, "wu.jingban", PASSWORD)
        assert shown.status_code == 200
        assert "<code>" not in shown.text, "the secret is shown once"
        sent = await second(house, browser, shown, app.code(time.time()))
        assert sent.status_code == 303
        assert (await house.redeemed(answered(sent)["code"])).status_code == 200
        # What was half-finished is over: the same page does nothing more.
        assert (await second(house, browser, shown, "000000")).status_code == 401
    async with house.gateway.client("handler", sub=account["person_id"]) as official:
        told = (await official.get("/v1/me/second-factors")).json()
        assert told["authenticator_since"] is not None
        assert (told["recovery_codes_left"], told["passkeys"]) == (10, [])


@pytest.mark.refusing
@pytest.mark.requirement("X02", "A099")
async def test_the_password_alone_lets_no_official_in(house: House) -> None:
    await with_official(house)
    async with house.browser() as browser:
        shown = await house.enter(browser, "wu.jingban", PASSWORD)
        assert shown.status_code == 200
        assert (await house.page(browser)).status_code == 200
        assert "name='login'" in (await house.page(browser)).text
        # The way on without a code leads back to the beginning.
        assert "name='login'" in (await onwards(house, browser, shown)).text


@pytest.mark.refusing
@pytest.mark.requirement("X02")
async def test_one_code_is_used_once_also_by_two_at_once(house: House) -> None:
    account = await with_official(house)
    async with house.browser() as browser:
        app, _, _ = await enrolled(house, browser, account)
    await made_older(house)
    async with house.browser() as one, house.browser() as other:
        pages = [await house.enter(each, "wu.jingban", PASSWORD) for each in (one, other)]
        code = app.code(time.time())
        sent = await asyncio.gather(
            second(house, one, pages[0], code), second(house, other, pages[1], code)
        )
    assert sorted(answer.status_code for answer in sent) == [303, 401]


@pytest.mark.refusing
@pytest.mark.requirement("X02")
async def test_guessing_codes_makes_the_account_rest(house: House) -> None:
    account = await with_official(house)
    async with house.browser() as browser:
        app, codes, _ = await enrolled(house, browser, account)
        await made_older(house)
        shown = await house.enter(browser, "wu.jingban", PASSWORD)
        for guess in ("000000", "111111", "", "999999"):
            shown = await second(house, browser, shown, guess)
            assert shown.status_code == 401
        # The right code and a recovery code come too late now.
        for late in (app.code(time.time()), codes[0]):
            shown = await second(house, browser, shown, late)
            assert shown.status_code == 401
        assert (await house.enter(browser, "wu.jingban", PASSWORD)).status_code == 401


@pytest.mark.requirement("X02")
async def test_a_recovery_code_stands_in_once(house: House) -> None:
    account = await with_official(house)
    async with house.browser() as browser:
        _, codes, _ = await enrolled(house, browser, account)
    for code, status in ((codes[3].lower().replace("-", " "), 303), (codes[3], 401)):
        async with house.browser() as browser:
            shown = await house.enter(browser, "wu.jingban", PASSWORD)
            assert (await second(house, browser, shown, code)).status_code == status
    async with house.gateway.sessions.reading() as session:
        kept = await session.scalar(
            text("SELECT count(*) FROM recovery_code WHERE used_at IS NOT NULL")
        )
    assert kept == 1


@pytest.mark.refusing
@pytest.mark.requirement("X02", "A099")
async def test_whoever_has_the_password_before_its_owner_enrols_nothing(house: House) -> None:
    account = await with_official(house)
    async with house.browser() as thief, house.browser() as browser:
        asked = await house.enter(thief, "wu.jingban", PASSWORD)
        for code in ("", "AAAA-AAAA-AAAA-AAAA", "0"):
            asked = await allowed(house, thief, asked, code)
            assert (asked.status_code, "<code>" in asked.text) == (401, False)
        # A code of an app that was never shown is looked at no more than a guess.
        assert (await second(house, thief, asked, "000000")).status_code == 401
        await house.quiet(account)
        app, _, _ = await enrolled(house, browser, account)
        await made_older(house)
        # What was half-finished before the owner enrolled leads nowhere, with the code as well.
        late = await allowed(house, thief, asked, account["enrolment_code"])
        assert late.status_code == 401
        shown = await house.enter(thief, "wu.jingban", PASSWORD)
        assert "name='code'" in shown.text
        assert (await second(house, thief, shown, "000000")).status_code == 401
        # The owner's app goes on.
        mine = await house.enter(browser, "wu.jingban", PASSWORD)
        assert (await second(house, browser, mine, app.code(time.time()))).status_code == 303


@pytest.mark.refusing
@pytest.mark.requirement("X02")
async def test_an_enrolment_code_ends_with_its_use_its_week_and_the_next_one(
    house: House,
) -> None:
    account = await with_official(house)
    path = f"/v1/identity/accounts/{account['id']}/enrolment-code"
    newer = (await house.admin.put(path)).json()["enrolment_code"]
    assert newer != account["enrolment_code"]
    async with house.browser() as browser:
        asked = await house.enter(browser, "wu.jingban", PASSWORD)
        old = await allowed(house, browser, asked, account["enrolment_code"])
        assert old.status_code == 401
        async with house.gateway.sessions.begin() as session:
            await session.execute(
                text("UPDATE account SET enrolment_until = :now"), {"now": datetime.now(UTC)}
            )
        late = await allowed(house, browser, old, newer)
        assert late.status_code == 401
    account |= {"enrolment_code": (await house.admin.put(path)).json()["enrolment_code"]}
    await house.quiet(account)
    async with house.browser() as browser:
        await enrolled(house, browser, account)
    await house.admin.delete(f"/v1/identity/accounts/{account['id']}/second-factors")
    async with house.browser() as browser:
        asked = await house.enter(browser, "wu.jingban", PASSWORD)
        used = await allowed(house, browser, asked, account["enrolment_code"])
        assert used.status_code == 401
    async with house.gateway.client("handler") as other:
        assert (await other.put(path)).status_code == 403


@pytest.mark.refusing
@pytest.mark.requirement("X02", "A099")
async def test_who_becomes_an_official_while_signed_in_shows_a_second_factor_first(
    house: House,
) -> None:
    async with house.browser() as browser:
        opened = house.account
        sent = await house.enter(browser, "zhou.qiming", PASSWORD)
        given = (await house.redeemed(answered(sent)["code"])).json()
        body = {
            "name": "经办", "person": {"id": opened["person_id"]}, "roles": ["official"],
            "duties": ["handler"],
        }  # fmt: skip
        assert (await house.admin.post("/v1/identity/clients", json=body)).status_code == 201
        assert "name='login'" in (await house.page(browser)).text
        assert (await house.refreshed(given["refresh_token"])).status_code == 400


@pytest.mark.requirement("X02")
async def test_an_admin_takes_a_lost_factor_away_and_the_person_enrols_anew(
    house: House,
) -> None:
    account = await with_official(house)
    path = f"/v1/identity/accounts/{account['id']}/second-factors"
    async with house.browser() as browser:
        first, _, done = await enrolled(house, browser, account)
        assert (await onwards(house, browser, done)).status_code == 303
        assert (await house.admin.delete(path)).status_code == 204
        # Signed out with it, and asked to enrol again.
        assert "name='login'" in (await house.page(browser)).text
        code = f"/v1/identity/accounts/{account['id']}/enrolment-code"
        account |= (await house.admin.put(code)).json()
        again, _, _ = await enrolled(house, browser, account)
        assert again.secret != first.secret


@pytest.mark.refusing
@pytest.mark.requirement("X04")
async def test_nobody_but_an_admin_takes_a_factor_away(house: House) -> None:
    account = await with_official(house)
    path = f"/v1/identity/accounts/{account['id']}/second-factors"
    for capacity in ("member", "handler", "auditor"):
        async with house.gateway.client(capacity, org_id=house.org_id) as other:
            assert (await other.delete(path)).status_code == 403


@pytest.mark.refusing
async def test_a_half_finished_sign_in_ends_after_ten_minutes(house: House) -> None:
    account = await with_official(house)
    async with house.browser() as browser:
        asked = await house.enter(browser, "wu.jingban", PASSWORD)
        shown = await allowed(house, browser, asked, account["enrolment_code"])
        app = App(shown.text)
        async with house.gateway.sessions.begin() as session:
            await session.execute(
                text("UPDATE sign_in_step SET expires_at = :now"), {"now": datetime.now(UTC)}
            )
        late: Any = await second(house, browser, shown, app.code(time.time()))
        assert late.status_code == 401
        assert "name='login'" in late.text
