"""Changes of inventors on both sides of each bound: cause, first day, the office's notice."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from ip_ledger.assets import inventor_rules as rules
from ip_ledger.assets.inventor_rules import Cause, Notice, Part, Proposed, Standing
from ip_ledger.assets.proposal_rules import State
from ip_ledger.assets.rules import AssetKind, InventorShare
from ip_ledger.assets.rules import State as AssetState
from shared.rules import failed_codes

ONE, TWO, NEW = UUID(int=1), UUID(int=2), UUID(int=3)
ORG, OTHER = UUID(int=11), UUID(int=12)
TODAY = date(2026, 6, 1)
FILED = date(2026, 1, 20)
STANDING = Standing(
    AssetKind.INVENTION, AssetState.GRANTED, FILED, date(2026, 1, 10),
    (Part(ONE, ORG, 600_000), Part(TWO, ORG, 400_000)),
)  # fmt: skip
# Who has no id yet is told by name.
NAMED = None


def proposed(cause: Cause, *persons: UUID | None, **over: Any) -> Proposed:
    values: dict[str, Any] = {
        "valid_from": None, "notice": Notice("20260301", date(2026, 3, 1)), **over,
    }  # fmt: skip
    return Proposed(
        cause=cause, inventors=tuple(InventorShare(ORG, None, person) for person in persons),
        reason="申请时漏填一人", evidence=(UUID(int=21),), **values,
    )  # fmt: skip


def refused(one: Proposed, standing: Standing = STANDING) -> list[tuple[str, str | None]]:
    checks = rules.change_checks(one, standing, TODAY)
    return [(check.code, check.pointer) for check in checks if not check.passed]


UNFIT = [("FIELD_INVALID", "/cause")]


@pytest.mark.requirement("A033", "A084")
@pytest.mark.parametrize(
    ("cause", "persons", "fits"),
    [
        (Cause.OMITTED, [ONE, TWO, NAMED], True),
        (Cause.OMITTED, [ONE, TWO, NEW], True),
        # Nobody is added; or somebody is, and another goes.
        (Cause.OMITTED, [ONE, TWO], False),
        (Cause.OMITTED, [ONE, NAMED], False),
        (Cause.MISTAKEN, [ONE, NAMED], True),
        (Cause.MISTAKEN, [ONE], True),
        (Cause.MISTAKEN, [ONE, TWO, NAMED], True),
        (Cause.MISTAKEN, [TWO, ONE], False),
        (Cause.DISPUTE, [NAMED], True),
        (Cause.DISPUTE, [TWO], True),
        (Cause.DISPUTE, [ONE, TWO], False),
        (Cause.PARTS, [TWO, ONE], True),
        (Cause.PARTS, [ONE], False),
        (Cause.PARTS, [ONE, TWO, NAMED], False),
        (Cause.UNIT, [ONE, TWO], True),
        (Cause.UNIT, [ONE, NAMED], False),
        (Cause.REGISTERED, [ONE, TWO, NAMED], False),
        (Cause.CARRIED_OVER, [ONE, TWO], False),
    ],
)
def test_a_cause_fits_what_becomes_of_the_persons(
    cause: Cause, persons: list[UUID | None], *, fits: bool
) -> None:
    assert refused(proposed(cause, *persons)) == ([] if fits else UNFIT)


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("cause", "fits"),
    [(Cause.OMITTED, True), (Cause.MISTAKEN, False), (Cause.DISPUTE, False),
     (Cause.PARTS, False), (Cause.UNIT, False)],
)  # fmt: skip
def test_where_no_inventor_is_known_one_can_only_have_been_left_out(
    cause: Cause, *, fits: bool
) -> None:
    standing = replace(STANDING, parts=())
    assert refused(proposed(cause, NAMED), standing) == ([] if fits else UNFIT)


@pytest.mark.requirement("A033", "X07")
@pytest.mark.parametrize(
    ("cause", "persons", "valid_from", "codes"),
    [
        (Cause.PARTS, [ONE, TWO], None, []),
        (Cause.PARTS, [ONE, TWO], date(2026, 1, 10), []),
        (Cause.PARTS, [ONE, TWO], date(2026, 1, 9), ["BEFORE_ASSET"]),
        # Who made it, and where, was so from the beginning.
        (Cause.UNIT, [ONE, TWO], date(2026, 2, 1), ["FIELD_INVALID"]),
        (Cause.OMITTED, [ONE, TWO, NEW], date(2026, 2, 1), ["FIELD_INVALID"]),
        (Cause.OMITTED, [ONE, TWO, NEW], date(2026, 1, 9), ["FIELD_INVALID", "BEFORE_ASSET"]),
    ],
)
def test_only_parts_hold_from_a_day_on_and_not_before_there_was_something_to_share(
    cause: Cause, persons: list[UUID], valid_from: date | None, codes: list[str]
) -> None:
    found = refused(proposed(cause, *persons, valid_from=valid_from))
    assert found == [(code, "/valid_from") for code in codes]


def test_of_an_asset_whose_first_day_nobody_knows_any_day_may_be_the_first() -> None:
    standing = replace(STANDING, first_on=None)
    early = proposed(Cause.PARTS, ONE, TWO, valid_from=date(1990, 1, 1))
    assert refused(early, standing) == []
    checks = rules.change_checks(early, standing, TODAY)
    assert [one.params["first_on"] for one in checks if one.code == "BEFORE_ASSET"] == [None]
    checks = rules.change_checks(early, STANDING, TODAY)
    assert [one.params["first_on"] for one in checks if one.code == "BEFORE_ASSET"] == [
        "2026-01-10"
    ]


def test_parts_that_nobody_had_cannot_be_shared_out_anew_from_a_day_on() -> None:
    standing = replace(STANDING, parts=())
    one = proposed(Cause.PARTS, valid_from=date(2026, 2, 1))
    assert refused(one, standing) == [("FIELD_INVALID", "/valid_from")]


MISSING = [("FIELD_MISSING", "/notice")]


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("kind", "state", "persons", "codes"),
    [
        (AssetKind.INVENTION, AssetState.FILED, [ONE, TWO, NEW], MISSING),
        (AssetKind.UTILITY, AssetState.GRANTED, [ONE, TWO, NEW], MISSING),
        # The office keeps nothing of what was not filed, or is no patent.
        (AssetKind.INVENTION, AssetState.DISCLOSED, [ONE, TWO, NEW], []),
        (AssetKind.SOFTWARE, AssetState.REGISTERED, [ONE, TWO, NEW], []),
        # It keeps names, and no parts.
        (AssetKind.INVENTION, AssetState.GRANTED, [ONE, TWO], []),
    ],
)
def test_the_offices_notice_is_asked_for_where_it_keeps_other_inventors(
    kind: AssetKind, state: AssetState, persons: list[UUID], codes: list[tuple[str, str]]
) -> None:
    cause = Cause.PARTS if len(persons) == len(STANDING.parts) else Cause.OMITTED
    standing = replace(STANDING, kind=kind, state=state)
    assert refused(proposed(cause, *persons, notice=None), standing) == codes
    # One that is there is never too much.
    assert refused(proposed(cause, *persons), standing) == []


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("approved_on", "filed_on", "codes"),
    [
        (TODAY, FILED, []),
        (TODAY + timedelta(days=1), FILED, ["DAY_IN_FUTURE"]),
        (FILED, FILED, []),
        (FILED - timedelta(days=1), FILED, ["DAYS_OUT_OF_ORDER"]),
        (FILED - timedelta(days=1), None, []),
    ],
)
def test_the_office_approved_it_after_the_filing_and_not_in_the_future(
    approved_on: date, filed_on: date | None, codes: list[str]
) -> None:
    standing = replace(STANDING, filed_on=filed_on)
    one = proposed(Cause.OMITTED, ONE, TWO, NEW, notice=Notice("1", approved_on))
    assert refused(one, standing) == [(code, "/notice/approved_on") for code in codes]


@pytest.mark.requirement("A033", "X07")
def test_a_change_says_something_else_than_what_is_known() -> None:
    parts = list(STANDING.parts)
    assert rules.needed_check(STANDING.parts, parts).code == "CORRECTION_NOT_NEEDED"
    assert not rules.needed_check(STANDING.parts, parts).passed
    assert rules.needed_check(parts, parts[::-1]).passed
    assert rules.needed_check(parts, [replace(parts[0], org_id=OTHER), parts[1]]).passed
    assert rules.needed_check(parts, [replace(parts[0], is_head_of_unit=True), parts[1]]).passed


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("state", "org", "answered", "codes"),
    [
        (State.PENDING, ORG, [OTHER], []),
        (State.PENDING, UUID(int=13), [], ["FORBIDDEN_SCOPE"]),
        (State.PENDING, None, [], ["FORBIDDEN_SCOPE"]),
        (State.PENDING, ORG, [ORG], ["ALREADY_SIGNED"]),
        (State.EFFECTIVE, ORG, [], ["STATE_CONFLICT"]),
    ],
)
def test_an_owner_answers_for_itself_once_while_the_change_is_pending(
    state: State, org: UUID | None, answered: list[UUID], codes: list[str]
) -> None:
    assert failed_codes(rules.answer_checks(state, org, [ORG, OTHER], answered)) == codes


@pytest.mark.requirement("A084", "X03")
@pytest.mark.parametrize(
    ("state", "cause", "proposer", "codes"),
    [
        (State.PENDING, Cause.DISPUTE, ONE, []),
        (State.PENDING, Cause.OMITTED, ONE, ["FORBIDDEN_SCOPE"]),
        (State.PENDING, Cause.DISPUTE, TWO, ["SOD_VIOLATION"]),
        (State.REFUSED, Cause.DISPUTE, ONE, ["STATE_CONFLICT"]),
    ],
)
def test_an_official_confirms_a_settled_dispute_that_another_proposed(
    state: State, cause: Cause, proposer: UUID, codes: list[str]
) -> None:
    assert failed_codes(rules.judgment_checks(state, cause, proposer, TWO)) == codes


@pytest.mark.requirement("X07")
def test_what_owners_consented_to_change_is_still_what_is_known() -> None:
    assert rules.base_check(2, 2).passed
    assert failed_codes([rules.base_check(1, 2)]) == ["STALE_INPUT"]


def test_a_person_keeps_the_id_that_it_had_and_a_new_one_gets_the_one_of_its_place() -> None:
    people = [
        InventorShare(ORG, 600_000, ONE),
        InventorShare(OTHER, None, None, "（示例）某", is_head_of_unit=True),
    ]
    assert rules.parts_of(people, [600_000, 400_000], {1: NEW}) == [
        Part(ONE, ORG, 600_000),
        Part(NEW, OTHER, 400_000, is_head_of_unit=True),
    ]
