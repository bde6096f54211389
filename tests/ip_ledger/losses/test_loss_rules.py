"""Who bears a loss: by risk shares, to the last cent; no database."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from ip_ledger.losses import rules
from ip_ledger.losses.rules import RiskTerms
from shared.rules import failed_codes

ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))
TODAY = date(2026, 6, 1)
TERMS = RiskTerms(UUID(int=9), (TWO, THREE, ONE), {ONE: 333_333, TWO: 333_333, THREE: 333_334})


@pytest.mark.requirement("A086")
@pytest.mark.parametrize(
    ("terms", "ahead", "codes"),
    [
        (TERMS, 0, []),
        (TERMS, 1, ["DAY_IN_FUTURE"]),
        (None, 0, ["IP_AGREEMENT_MISSING"]),
        (RiskTerms(UUID(int=9), (ONE,), {ONE: 999_999}), 0, ["IP_AGREEMENT_MISSING"]),
    ],
)
def test_the_agreement_of_the_day_says_who_bears_what(
    terms: RiskTerms | None, ahead: int, codes: list[str]
) -> None:
    day = TODAY + timedelta(days=ahead)
    assert failed_codes(rules.loss_checks(terms, day, TODAY)) == codes


@pytest.mark.requirement("A086")
def test_a_loss_is_borne_to_the_cent_by_who_bears_a_risk() -> None:
    found = {part.party: part.amount_fen for part in rules.borne(100, TERMS)}
    assert found == {ONE: 33, TWO: 33, THREE: 34}
    # Of equal remainders the first of the signed text; who bears no risk bears nothing.
    two = RiskTerms(UUID(int=9), (THREE, TWO, ONE), {ONE: 500_000, TWO: 500_000})
    assert [(part.party, part.amount_fen) for part in rules.borne(1, two)] == [(TWO, 1), (ONE, 0)]
