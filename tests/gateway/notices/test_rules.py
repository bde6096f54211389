"""When an item is told again, what may be muted, and what an address may be."""

from datetime import date
from uuid import UUID

import pytest

from gateway.notices import rules
from gateway.notices.rules import ChannelKind, ChannelState, NoticeStage, Told
from shared.calendar import WorkingDays
from shared.rules import failed_codes

FRIDAY = date(2026, 3, 13)
BOTH = frozenset(ChannelKind)


@pytest.mark.requirement("A135", "X10")
@pytest.mark.parametrize(
    ("today", "stage"),
    [
        (date(2026, 3, 9), NoticeStage.NEW),
        # Three working days before Friday is Tuesday.
        (date(2026, 3, 10), NoticeStage.DUE_SOON),
        (FRIDAY, NoticeStage.DUE_SOON),
        (date(2026, 3, 14), NoticeStage.OVERDUE),
    ],
)
def test_a_reminder_comes_three_working_days_before_the_last_day(
    today: date, stage: NoticeStage
) -> None:
    assert rules.stage_on(FRIDAY, today, WorkingDays()) is stage


def test_holidays_are_no_days_to_work_in() -> None:
    # 1 to 7 October are holidays, so that three working days before the 9th lie in September.
    assert (
        rules.stage_on(date(2026, 10, 9), date(2026, 9, 30), WorkingDays()) is NoticeStage.DUE_SOON
    )
    assert rules.stage_on(None, FRIDAY, WorkingDays()) is NoticeStage.NEW


@pytest.mark.requirement("A135")
@pytest.mark.parametrize(
    ("stage", "muted"),
    [(NoticeStage.NEW, True), (NoticeStage.DUE_SOON, False), (NoticeStage.OVERDUE, False)],
)
def test_a_last_day_is_told_whatever_is_muted(stage: NoticeStage, muted: bool) -> None:
    assert rules.is_muted("a.kind", stage, ["a.kind"]) is muted
    assert rules.is_muted("another.kind", stage, ["a.kind"]) is False


@pytest.mark.refusing
@pytest.mark.parametrize(
    "address",
    [
        "zhou", "zhou@", "@example.org", "zhou@example", "zhou@-a.org", "zhou@a..org",
        "zhou@example.org\nBcc: all@example.org", "zhou@example.org\r", "a b@example.org",
        "zhou@example.org,li@example.org", "<zhou@example.org>", "周@example.org",
        "a" * 65 + "@example.org", "a@" + "b" * 250 + ".org",
    ],
)  # fmt: skip
def test_what_is_no_single_address_is_refused(address: str) -> None:
    checks = rules.channel_checks(ChannelKind.SMTP, address, offered=BOTH, codes=0)
    assert failed_codes(checks) == ["FIELD_INVALID"]


@pytest.mark.requirement("A135")
def test_an_address_on_a_channel_that_is_offered_is_taken() -> None:
    checks = rules.channel_checks(ChannelKind.SMTP, "a.b+c@x-y.org", offered=BOTH, codes=4)
    assert failed_codes(checks) == []


@pytest.mark.refusing
def test_what_is_not_offered_and_a_sixth_code_of_a_day_are_refused() -> None:
    only = {ChannelKind.WEBHOOK}
    checks = rules.channel_checks(ChannelKind.SMTP, "a@b.org", offered=only, codes=5)
    assert failed_codes(checks) == ["CHANNEL_NOT_OFFERED", "CODES_TOO_MANY"]


@pytest.mark.parametrize(
    ("guesses", "right", "codes"),
    [(5, True, []), (6, True, ["CODE_WRONG"]), (1, False, ["CODE_WRONG"])],
)
def test_five_guesses_are_looked_at(guesses: int, right: bool, codes: list[str]) -> None:
    checks = rules.confirmation_checks(ChannelState.UNCONFIRMED, guesses, right=right)
    assert failed_codes(checks) == codes


@pytest.mark.refusing
def test_a_channel_is_confirmed_once() -> None:
    checks = rules.confirmation_checks(ChannelState.ACTIVE, 1, right=True)
    assert failed_codes(checks) == ["STATE_CONFLICT"]


def test_a_code_belongs_to_one_version_of_one_channel() -> None:
    codes = {
        rules.code_of(secret, UUID(int=number), version)
        for secret in ("a", "b")
        for number in (1, 2)
        for version in (1, 2)
    }
    assert len(codes) == 8
    assert all(len(code) == 8 and code.isdigit() for code in codes)


def test_a_long_list_is_cut_and_counted() -> None:
    item = Told(NoticeStage.OVERDUE, "t", "A117", "c", FRIDAY, "POST", "/v1/x")
    subject, text = rules.letter_of([item] * 103, "en")
    assert subject == "Zhichuang: 103 tasks"
    assert text.count("[overdue] t, last day 2026-03-13") == 100
    assert "3 more stand in your list" in text


@pytest.mark.parametrize(("count", "more"), [(99, None), (100, None), (101, 1)])
def test_what_fits_into_a_letter_is_not_counted_beside_it(count: int, more: int | None) -> None:
    item = Told(NoticeStage.NEW, "t", "A117", "c", None, "POST", "/v1/x")
    _, text = rules.letter_of([item] * count, "en")
    assert text.count("[new] t\n") == min(count, 100)
    assert ("more stand" in text) is (more is not None)
    if more is not None:
        assert f"{more} more stand" in text


def test_the_code_that_a_channel_was_sent_stays_the_same_over_releases() -> None:
    # Computed apart: HMAC-SHA-256 of label, id and version, its first 64 bits in eight digits.
    assert rules.code_of("secret", UUID(int=7), 3) == "33114030"
