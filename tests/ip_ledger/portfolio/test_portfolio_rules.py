"""What a member brings in, where rights are wanted, what protects them; no database."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from ip_ledger.assets.rules import AssetKind
from ip_ledger.portfolio import rules
from ip_ledger.portfolio.rules import Comparison, Place, ProtectionKind
from shared.rules import failed_codes

ONE, TWO = UUID(int=1), UUID(int=2)
TODAY = date(2026, 6, 1)
DAY = timedelta(days=1)


@pytest.mark.requirement("A088")
@pytest.mark.parametrize(
    ("background", "declaring", "codes"),
    [(True, ONE, []), (False, ONE, ["NOT_BACKGROUND"]), (True, TWO, ["FORBIDDEN_SCOPE"])],
)
def test_a_member_declares_what_it_brought_in_and_owns(
    declaring: UUID, codes: list[str], *, background: bool
) -> None:
    checks = rules.declaration_checks(
        is_background=background, declaring_id=declaring, owners={ONE}
    )
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A026")
def test_what_belongs_to_no_branch_comes_last_and_what_nobody_planned_stands_beside() -> None:
    places = [
        Place(branch, where, kind)
        for branch, where, kind in (
            ("光刻", "CN", AssetKind.INVENTION), ("光刻", "US", AssetKind.INVENTION),
            ("封装", "CN", AssetKind.DESIGN), (None, "CN", AssetKind.INVENTION),
        )
    ]  # fmt: skip
    planned = {places[3]: 1, places[1]: 2, places[0]: 3}
    filed = [(places[2], TWO), (places[0], ONE), (places[0], TWO)]
    assert rules.compared(planned, filed) == [
        Comparison(places[0], 3, [ONE, TWO]), Comparison(places[1], 2, []),
        Comparison(places[2], 0, [TWO]), Comparison(places[3], 1, []),
    ]  # fmt: skip
    (fine,) = rules.layout_checks(places)
    assert (fine.passed, fine.pointer) == (True, None)
    (twice,) = rules.layout_checks([*places[:2], places[1], places[0]])
    assert (twice.passed, twice.pointer) == (False, "/lines/2")


def protecting(kind: ProtectionKind = ProtectionKind.INFRINGEMENT, **over: Any) -> Any:
    values: dict[str, Any] = {
        "occurred_on": TODAY, "until_on": None, "amount_fen": None, "first_on": None, **over,
    }  # fmt: skip
    first_on = values.pop("first_on")
    checks = rules.protection_checks(kind, **values, first_on=first_on, today=TODAY)
    return [(check.code, check.pointer) for check in checks if not check.passed]


PLEDGE = ProtectionKind.PLEDGE


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("kind", "over", "failed"),
    [
        (ProtectionKind.INFRINGEMENT, {}, []),
        (ProtectionKind.INFRINGEMENT, {"first_on": TODAY}, []),
        (ProtectionKind.INFRINGEMENT, {"first_on": TODAY + DAY},
         [("BEFORE_ASSET", "/occurred_on")]),
        (ProtectionKind.INVALIDATION, {"occurred_on": TODAY + DAY},
         [("DAY_IN_FUTURE", "/occurred_on")]),
        (ProtectionKind.INVALIDATION, {"until_on": TODAY}, []),
        (ProtectionKind.INVALIDATION, {"until_on": TODAY - DAY}, [("DAYS_REVERSED", "/until_on")]),
        (PLEDGE, {"until_on": TODAY, "amount_fen": 1}, []),
        (PLEDGE, {"until_on": TODAY}, [("PROTECTION_INCOMPLETE", "/amount")]),
        (PLEDGE, {"amount_fen": 0}, [("PROTECTION_INCOMPLETE", "/until_on")]),
        (ProtectionKind.INSURANCE, {}, [("PROTECTION_INCOMPLETE", "/amount")]),
    ],
)  # fmt: skip
def test_what_protects_a_right_has_its_days_and_a_pledge_its_amount_too(
    kind: ProtectionKind, over: dict[str, Any], failed: list[tuple[str, str]]
) -> None:
    assert protecting(kind, **over) == failed


@pytest.mark.requirement("X04")
@pytest.mark.parametrize(("concerned", "codes"), [(True, []), (False, ["FORBIDDEN_SCOPE"])])
def test_whoever_is_concerned_reports(codes: list[str], *, concerned: bool) -> None:
    assert failed_codes(rules.concern_checks(is_concerned=concerned)) == codes


def test_a_refusal_names_the_first_day_of_the_right() -> None:
    for first_on, told in ((TODAY, "2026-06-01"), (None, None)):
        check, *_ = rules.protection_checks(PLEDGE, TODAY, TODAY, 1, first_on=first_on, today=TODAY)
        assert check.params["first_on"] == told
