"""Changes of ownership on both sides of each bound: first refusal, consent, joint filing."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from ip_ledger.assets import proposal_rules as rules
from ip_ledger.assets.proposal_rules import (
    RENUNCIATION,
    TRANSFER,
    FilingPosition,
    Registration,
    State,
)
from ip_ledger.assets.rules import AbandonCause, AssetKind
from ip_ledger.assets.rules import State as AssetState
from shared.rules import failed_codes

ONE, TWO, NEW = UUID(int=1), UUID(int=2), UUID(int=3)
TODAY = date(2026, 6, 1)


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("cause", "former", "following", "until"),
    [(TRANSFER, [ONE, TWO], [ONE, NEW], date(2026, 7, 1)), (TRANSFER, [ONE, TWO], [ONE], None),
     (TRANSFER, [ONE], [NEW], None), (RENUNCIATION, [ONE, TWO], [ONE, NEW], None)],
)  # fmt: skip
def test_only_a_strangers_coming_opens_first_refusal(
    cause: str, former: list[UUID], following: list[UUID], until: date | None
) -> None:
    assert rules.refusal_until(cause, former, following, TODAY) == until


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("kind", "cause", "needed"),
    [(AssetKind.INVENTION, TRANSFER, True), (AssetKind.INVENTION, RENUNCIATION, False),
     (AssetKind.SOFTWARE, TRANSFER, False)],
)  # fmt: skip
def test_a_patents_transfer_waits_for_the_office(
    kind: AssetKind, cause: str, *, needed: bool
) -> None:
    assert rules.needs_registration(kind, cause) is needed


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("state", "org", "answered", "codes"),
    [(State.PENDING, ONE, [TWO], []), (State.PENDING, NEW, [], ["FORBIDDEN_SCOPE"]),
     (State.PENDING, ONE, [ONE], ["ALREADY_SIGNED"]),
     (State.EFFECTIVE, ONE, [], ["STATE_CONFLICT"])],
)  # fmt: skip
def test_an_owner_answers_once_while_the_change_is_pending(
    state: State, org: UUID, answered: list[UUID], codes: list[str]
) -> None:
    assert failed_codes(rules.answer_checks(state, org, [ONE, TWO], answered)) == codes


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("state", "registered", "missing", "until", "codes"),
    [
        (State.PENDING, 0, [], 5, []),
        (State.PENDING, 1, [], None, ["DAY_IN_FUTURE"]),
        (State.PENDING, 0, [TWO], 0, ["FIRST_REFUSAL_OPEN", "CONSENT_MISSING"]),
        (State.PENDING, 0, [TWO], 1, ["FIRST_REFUSAL_OPEN", "CONSENT_MISSING"]),
        (State.PENDING, 0, [TWO], -1, ["CONSENT_MISSING"]),
        (State.PENDING, 0, [TWO], None, ["CONSENT_MISSING"]),
        (State.WITHDRAWN, 0, [], None, ["STATE_CONFLICT"]),
    ],
)
def test_a_transfer_is_registered_with_consent(
    state: State, registered: int, missing: list[UUID], until: int | None, codes: list[str]
) -> None:
    checks = rules.registration_checks(
        state, Registration(day(registered), "1"), missing,
        None if until is None else day(until), TODAY,
    )  # fmt: skip
    assert failed_codes(checks) == codes
    assert checks[2].params["until"] == (None if until is None else day(until).isoformat())
    assert checks[3].params["orgs"] == [str(org) for org in missing]


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("state", "own", "codes"),
    [(State.PENDING, True, []), (State.PENDING, False, ["FORBIDDEN_SCOPE"]),
     (State.REFUSED, True, ["STATE_CONFLICT"])],
)  # fmt: skip
def test_a_proposer_takes_back_what_is_pending(
    state: State, codes: list[str], *, own: bool
) -> None:
    assert failed_codes(rules.withdrawal_checks(state, is_proposer=own)) == codes


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("state", "position", "org", "owners", "codes"),
    [
        (AssetState.PUBLISHED, FilingPosition.RENOUNCE, ONE, [ONE, TWO], []),
        (AssetState.GRANTED, FilingPosition.RENOUNCE, ONE, [ONE, TWO], ["STATE_CONFLICT"]),
        (AssetState.FILED, FilingPosition.OPPOSE, ONE, [ONE, TWO], ["STATE_CONFLICT"]),
        (AssetState.DISCLOSED, FilingPosition.OPPOSE, ONE, [ONE], []),
        (AssetState.DISCLOSED, FilingPosition.AGREE, NEW, [ONE], ["FORBIDDEN_SCOPE"]),
        (AssetState.DISCLOSED, FilingPosition.RENOUNCE, ONE, [ONE], ["SHARES_NOT_100"]),
    ],
)
def test_a_joint_developer_speaks_for_itself_and_before_the_grant(
    state: AssetState, position: FilingPosition, org: UUID, owners: list[UUID], codes: list[str]
) -> None:
    checks = rules.renouncing_checks(state, position, org, owners)
    assert failed_codes(checks) == codes
    # Where nobody is left to take it, the shares come to nothing.
    assert checks[-1].params["sum_ppm"] == 0


@pytest.mark.requirement("A084")
def test_where_one_opposes_nobody_files_and_what_is_renounced_goes_pro_rata() -> None:
    assert failed_codes(rules.filing_checks([])) == []
    (opposed,) = rules.filing_checks([ONE])
    assert (opposed.code, opposed.passed, opposed.params["orgs"]) == (
        "FILING_OPPOSED", False, [str(ONE)],
    )  # fmt: skip
    shares = [(ONE, 500_000), (TWO, 300_000), (NEW, 200_000)]
    assert rules.without(shares, ONE) == ((TWO, 600_000), (NEW, 400_000))
    assert rules.without([(ONE, 1_000_000), (TWO, 0), (NEW, 3)], ONE) == ((NEW, 1_000_000),)


@pytest.mark.requirement("A084")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("state", "org", "given", "codes"),
    [
        (AssetState.GRANTED, ONE, [], []),
        (AssetState.GRANTED, ONE, [TWO], []),
        (AssetState.GRANTED, ONE, [ONE], ["ALREADY_SIGNED"]),
        (AssetState.GRANTED, NEW, [], ["FORBIDDEN_SCOPE"]),
        (AssetState.GRANTED, None, [], ["FORBIDDEN_SCOPE"]),
        (AssetState.EXPIRED, ONE, [], ["STATE_CONFLICT"]),
    ],
)
def test_an_owner_consents_once_to_giving_up_what_there_is(
    state: AssetState, org: UUID | None, given: list[UUID], codes: list[str]
) -> None:
    assert failed_codes(rules.giving_up_checks(state, org, [ONE, TWO], given)) == codes


@pytest.mark.requirement("A084")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("cause", "consenting", "missing"),
    [
        (AbandonCause.DECLARED, [ONE, TWO], []),
        (AbandonCause.DECLARED, [TWO, NEW], [ONE]),
        (AbandonCause.DECLARED, [], [ONE, TWO]),
        # Who leaves out how it came about gets round nobody.
        (None, [ONE], [TWO]),
        (None, [ONE, TWO], []),
        # What was missed ends by law.
        (AbandonCause.DEEMED, [], []),
    ],
)
def test_no_right_is_given_up_without_the_word_of_each_owner(
    cause: AbandonCause | None, consenting: list[UUID], missing: list[UUID]
) -> None:
    [check] = rules.abandonment_checks(cause, [ONE, TWO], consenting)
    assert (check.refuses, check.params["orgs"]) == (bool(missing), [str(one) for one in missing])
