"""Passwords, rests, refresh tokens and redirect addresses: both sides of each boundary."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from argon2 import Type, extract_parameters

from gateway.accounts import passwords
from gateway.accounts import rules as accounts
from gateway.duties.rules import admin_checks, least_admins
from gateway.endings.rules import leaving_checks
from gateway.grants import rules
from gateway.grants.protocol import LoadedFrontEnd, Unfit, asked_of
from gateway.grants.rules import Use
from shared.rules import failed_codes

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
BACK = "https://portal.example/signed-in"


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("correct horse", []),
        ("abcdefghijkl", []),
        ("abcdabcdabcd", ["PASSWORD_TOO_PLAIN"]),
        ("abcdeabcdeab", []),
        ("abcdefghijk", ["PASSWORD_LENGTH"]),
        ("ab" * 64, ["PASSWORD_TOO_PLAIN"]),
        ("abcde" * 25 + "abc", []),
        ("abcde" * 25 + "abcd", ["PASSWORD_LENGTH"]),
        ("Zhou.Qiming-2026", ["PASSWORD_TOO_PLAIN"]),
        ("密码足够长而且不单一的吧", []),
        ("", ["PASSWORD_LENGTH", "PASSWORD_TOO_PLAIN"]),
    ],
)
def test_a_password_is_long_and_not_plain(password: str, codes: list[str]) -> None:
    assert failed_codes(accounts.password_checks(password, "zhou.qiming")) == codes


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, 0), (4, 0), (5, 15), (6, 30), (9, 240), (10, 480), (11, 480), (1000, 480)],
)
def test_an_account_rests_longer_with_each_failure(failures: int, minutes: int) -> None:
    assert accounts.rest_after(failures) == timedelta(minutes=minutes)


def test_the_instant_at_which_a_rest_ends_is_free() -> None:
    assert accounts.may_try(None, NOW)
    assert accounts.may_try(NOW, NOW)
    assert not accounts.may_try(NOW + SECOND, NOW)


def test_one_login_has_one_spelling() -> None:
    assert accounts.login_of(" Ｚhou.QIMING ") == "zhou.qiming"


@pytest.mark.parametrize(
    ("used", "expires", "ended", "use"),
    [
        (None, SECOND, None, Use.FRESH),
        (None, timedelta(0), None, Use.EXPIRED),
        (timedelta(0), SECOND, None, Use.TWIN),
        (timedelta(seconds=-9.999), SECOND, None, Use.TWIN),
        (timedelta(seconds=-10), SECOND, None, Use.REUSED),
        (timedelta(seconds=-10), timedelta(0), None, Use.EXPIRED),
        (None, SECOND, -SECOND, Use.EXPIRED),
    ],
)
def test_a_refresh_token_is_used_once_with_a_grace_for_its_twin(
    used: timedelta | None, expires: timedelta, ended: timedelta | None, use: Use
) -> None:
    def at(after: timedelta | None) -> datetime | None:
        return None if after is None else NOW + after

    assert rules.use_of(at(used), NOW + expires, at(ended), NOW) is use


@pytest.mark.parametrize(
    ("uri", "fit"),
    [
        (BACK, True),
        ("http://127.0.0.1:5173/cb", True),
        ("http://localhost/cb?x=1", True),
        ("http://[::1]:1/cb", True),
        ("http://portal.example/cb", False),
        ("https://portal.example/cb#part", False),
        ("https://user@portal.example/cb", False),
        ("https:///cb", False),
        ("javascript:alert(1)", False),
        ("https://portal.example/c b", False),
        ("https://portal.example/上海", False),
        ("https://portal.example:99999/", False),
        ("https://[::1", False),
    ],
)
def test_a_redirect_address_is_https_or_this_machine(uri: str, fit: bool) -> None:
    assert failed_codes(rules.redirect_checks([uri])) == ([] if fit else ["REDIRECT_URI_REFUSED"])


def question(**changes: str | None) -> dict[str, str]:
    asked: dict[str, str | None] = {
        "response_type": "code", "client_id": "portal", "redirect_uri": BACK, "state": "s",
        "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    }  # fmt: skip
    return {name: value for name, value in (asked | changes).items() if value is not None}


PORTAL = LoadedFrontEnd("portal", (BACK,))


def test_a_whole_question_is_understood() -> None:
    assert asked_of(question(), PORTAL) == rules.Asked("portal", BACK, CHALLENGE, "s", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": BACK + "/"},
        {"redirect_uri": BACK.upper()},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/"},
        {"state": "上海"},
        {"state": 'a"b'},
        {"state": "x" * 513},
        {"client_id": "a\nb"},
        {"scope": "everything"},
    ],
)
def test_a_browser_is_never_sent_to_an_address_that_is_not_registered(
    changes: dict[str, str | None],
) -> None:
    with pytest.raises(Unfit) as caught:
        asked_of(question(**changes), PORTAL)
    assert caught.value.redirect_uri is None


def test_an_unknown_front_end_sends_nobody_anywhere() -> None:
    with pytest.raises(Unfit) as caught:
        asked_of(question(), None)
    assert caught.value.redirect_uri is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
    ],
)
def test_what_is_wrong_otherwise_is_told_to_the_front_end(
    changes: dict[str, str | None], error: str
) -> None:
    with pytest.raises(Unfit) as caught:
        asked_of(question(**changes), PORTAL)
    assert (caught.value.error, caught.value.redirect_uri) == (error, BACK)


def test_a_browser_goes_back_with_what_it_came_with() -> None:
    asked = rules.Asked("portal", BACK + "?x=1", CHALLENGE, "a b&c", "")
    assert rules.returned(asked, "https://issuer", code="k") == (
        BACK + "?x=1&code=k&state=a+b%26c&iss=https%3A%2F%2Fissuer"
    )


@pytest.mark.requirement("X11")
def test_a_password_costs_what_rfc_9106_recommends() -> None:
    """Its second recommended option; one that nobody has costs as much to compare."""
    kept = extract_parameters(passwords.NO_PASSWORD)
    assert kept.type is Type.ID
    assert (kept.memory_cost, kept.time_cost, kept.parallelism) == (65_536, 3, 4)
    assert passwords._HASHER.check_needs_rehash(passwords.NO_PASSWORD) is False


OWN, OTHER = UUID(int=1), UUID(int=2)
PEOPLE = [
    ([OWN], OWN, False, True),
    ([OWN, OWN], OWN, False, True),
    ([OTHER], OWN, False, False),
    ([OWN, OTHER], OWN, False, False),
    # Who belongs to nobody yet, or acts for nobody, is nobody's own.
    ([], OWN, False, False),
    ([None], None, False, False),
    ([None], OWN, False, False),
    ([OTHER], None, True, True),
    ([], None, True, True),
]


@pytest.mark.requirement("X04")
@pytest.mark.parametrize(("held", "own", "by_admin", "may"), PEOPLE)
def test_an_organization_gives_accounts_to_its_own_people_and_ends_theirs(
    held: list[UUID | None], own: UUID | None, *, by_admin: bool, may: bool
) -> None:
    codes = [] if may else ["NOT_FOUND"]
    assert failed_codes(accounts.person_checks(held, own, by_admin=by_admin)) == codes
    leaving = leaving_checks(
        held, own, by_admin=by_admin, is_admin=False, other_admins=0, least_admins=1
    )
    assert failed_codes(leaving) == codes


@pytest.mark.requirement("X03")
@pytest.mark.parametrize(
    ("ends_admin", "others", "by_two", "codes"),
    [
        (False, 0, True, []),
        (True, 1, False, []),
        (True, 0, False, ["ADMINS_TOO_FEW"]),
        (True, 2, True, []),
        # One alone could give nobody a duty.
        (True, 1, True, ["ADMINS_TOO_FEW"]),
        (True, 3, True, []),
    ],
)
def test_as_many_admins_stay_as_it_takes_to_give_a_duty(
    others: int, codes: list[str], *, ends_admin: bool, by_two: bool
) -> None:
    least = least_admins(by_two=by_two)
    assert failed_codes(admin_checks(ends_admin=ends_admin, others=others, least=least)) == codes
    leaving = leaving_checks(
        [OWN], OWN, by_admin=False, is_admin=ends_admin, other_admins=others, least_admins=least
    )
    assert failed_codes(leaving) == codes


def test_a_closed_account_stays_closed() -> None:
    assert failed_codes(accounts.open_checks(None)) == []
    assert failed_codes(accounts.open_checks(NOW)) == ["ACCOUNT_CLOSED"]


@pytest.mark.parametrize(
    ("code", "shown"),
    [("ABCDEFGHIJKL", "ABCD-EFGH-IJKL"), ("ABCDE", "ABCD-E"), ("ABCD", "ABCD"), ("", "")],
)
def test_a_code_is_shown_in_groups_of_four(code: str, shown: str) -> None:
    assert accounts.grouped(code) == shown
