"""Which cosignature is taken, and how many a payment waits for; no database."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from ip_ledger.witnesses import rules
from ip_ledger.witnesses.rules import State
from shared.rules import Policy, failed_codes

NOW = datetime(2026, 6, 1, tzinfo=UTC)
AT = int(NOW.timestamp())


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("state", "size", "last", "signed_at", "codes"),
    [
        (State.APPROVED, 5, None, AT, []),
        (State.APPROVED, 5, 4, AT + 300, []),
        (State.APPROVED, 5, 4, AT + 301, ["COSIGNATURE_INVALID"]),
        (State.APPROVED, 5, 4, None, ["COSIGNATURE_INVALID"]),
        (State.APPROVED, 5, 5, AT, ["COSIGNATURE_STALE"]),
        (State.APPROVED, 5, 6, AT, ["COSIGNATURE_STALE"]),
        (State.PROPOSED, 5, None, AT, ["STATE_CONFLICT"]),
        (State.REVOKED, 5, None, AT, ["STATE_CONFLICT"]),
    ],
)
def test_a_cosignature_is_of_an_approved_key_and_of_a_larger_tree(
    state: State, size: int, last: int | None, signed_at: int | None, codes: list[str]
) -> None:
    assert failed_codes(rules.cosignature_checks(state, size, last, signed_at, NOW)) == codes


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("parameters", "needed"),
    [({}, 0), ({"X07": {}}, 0), ({"X07": {"witnesses_before_payment": 2}}, 2)],
)
def test_a_payment_waits_for_as_many_witnesses_as_the_policy_says(
    parameters: dict[str, dict[str, int]], needed: int
) -> None:
    policy = Policy("2016", {}, parameters)
    assert rules.witnesses_needed(policy) == needed
    for seen in range(4):
        checks = rules.payment_checks(policy, seen)
        assert failed_codes(checks) == ["WITNESSES_MISSING"] * (seen < needed)


@pytest.mark.requirement("X03")
def test_another_person_approves_than_the_one_who_registered() -> None:
    one, other = UUID(int=1), UUID(int=2)
    assert failed_codes(rules.approval_checks(one, other)) == []
    assert failed_codes(rules.approval_checks(one, one)) == ["SOD_VIOLATION"]
    assert failed_codes([rules.key_check(passed=False)]) == ["WITNESS_KEY_INVALID"]
